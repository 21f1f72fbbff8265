// The desk's microphone: a person speaks in the host's place. The browser's own echo and noise suppression, one Opus track by
// WHIP (RFC 9725), a level meter, and two ways to be heard: hold a key or the button, or latch it. What is really on air is told
// by the server over the desk's socket; this page never says "on air" by itself.

import { byId } from "./dom.js";
import { toast } from "./ui.js";

const CONSTRAINTS = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 } };
const GATHER_MS = 500;
const METER_MS = 100;
const FLOOR_DB = -60;
const HELD = "Space";

const reasons = {
  NotAllowedError: "The browser may not use the microphone. Allow it for this page, then press Speak again.",
  NotFoundError: "No microphone was found.",
  NotReadableError: "The microphone is used by another program.",
};

export class Microphone {
  #base;
  #pc = null;
  #stream = null;
  #resource = null;
  #meter = 0;
  #context = null;
  #latched = false;
  #held = false;
  #failed = "";

  constructor(base) {
    this.#base = `${base}/microphone`;
    this.speak = byId("mic-speak");
    this.stop = byId("mic-stop");
    this.talk = byId("mic-talk");
    this.latch = byId("mic-latch");
    this.level = byId("mic-level");
    this.speak.addEventListener("click", () => this.#open());
    this.stop.addEventListener("click", () => this.close());
    this.latch.addEventListener("click", () => this.#set({ latched: !this.#latched }));
    this.talk.addEventListener("pointerdown", (event) => {
      this.talk.setPointerCapture(event.pointerId);
      this.#set({ held: true });
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) this.talk.addEventListener(name, () => this.#set({ held: false }));
    addEventListener("keydown", (event) => this.#key(event, true));
    addEventListener("keyup", (event) => this.#key(event, false));
    addEventListener("blur", () => this.#set({ held: false })); // the key's release would not be told to this page
    addEventListener("pagehide", () => this.close());
  }

  // What the server says; see MicrophoneView.
  show({ speaker, on_air: onAir, heard, ended }) {
    const mine = this.#resource !== null;
    if (mine && !speaker) this.#closed(ended ?? "The microphone was closed.");
    this.speak.disabled = Boolean(speaker) || mine;
    let text = this.#failed || (ended ? `The microphone is closed: ${ended}.` : "");
    if (this.#resource) text = onAir ? "You are on air." : "Connected. The host finishes the sentence first.";
    else if (speaker) text = `${speaker} is at the microphone${onAir ? ", on air" : ""}.`;
    if (byId("mic-state").textContent !== text) byId("mic-state").textContent = text;
    byId("mic-air").hidden = !onAir;
    byId("mic-air").dataset.heard = String(heard);
    byId("mic-heard").textContent = heard ? "Viewers hear a voice" : "Viewers hear silence";
  }

  async #open() {
    this.speak.disabled = true;
    this.#failed = "";
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS);
      await this.#connect();
    } catch (error) {
      this.#failed = reasons[error.name] ?? error.message;
      byId("mic-state").textContent = this.#failed;
      this.#closed(this.#failed);
      return;
    }
    this.#measure();
    this.#set({ latched: false, held: false });
    byId("mic-open").hidden = false;
    this.stop.hidden = false;
    this.talk.focus();
  }

  async #connect() {
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#pc = pc;
    const [track] = this.#stream.getAudioTracks();
    track.enabled = false; // silence is sent until the operator speaks
    track.addEventListener("ended", () => this.close());
    pc.addTransceiver(track, { direction: "sendonly", streams: [this.#stream] });
    pc.addEventListener("connectionstatechange", () => pc.connectionState === "failed" && this.close());
    await pc.setLocalDescription();
    await gathered(pc);
    const response = await fetch(this.#base, { method: "POST", headers: { ...csrf(), "Content-Type": "application/sdp", Accept: "application/json" }, body: pc.localDescription.sdp });
    if (response.status !== 201) {
      const problem = await response.json().catch(() => ({}));
      throw new Error(problem.detail || problem.title || "The microphone could not be connected.");
    }
    this.#resource = new URL(response.headers.get("Location"), response.url).href;
    await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
  }

  // Leave: keepalive lets the DELETE outlive the page.
  close() {
    if (this.#resource) fetch(this.#resource, { method: "DELETE", headers: csrf(), keepalive: true }).catch(() => {});
    this.#closed("");
  }

  #closed(why) {
    const open = this.#pc !== null || this.#stream !== null;
    this.#resource = null;
    this.#pc?.close();
    this.#pc = null;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    clearInterval(this.#meter);
    this.#context?.close();
    this.#context = null;
    this.#set({ latched: false, held: false });
    byId("mic-open").hidden = true;
    this.stop.hidden = true;
    this.speak.disabled = false;
    this.level.value = FLOOR_DB;
    if (why) toast(why, "warn");
    if (open && document.activeElement === document.body) this.speak.focus();
  }

  #set({ latched = this.#latched, held = this.#held }) {
    this.#latched = latched;
    this.#held = held;
    const live = latched || held;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = live;
    this.latch.setAttribute("aria-pressed", String(latched));
    this.talk.dataset.held = String(held);
    byId("mic-muted").textContent = live ? "Your microphone is live" : "Muted";
  }

  // Hold the key to be heard. Where a key press means something already (typing, a button), it keeps that meaning.
  #key(event, down) {
    if (event.code !== HELD || !this.#stream) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target !== this.talk && target.closest("input, textarea, select, button, a, summary, [contenteditable]")) return;
    event.preventDefault();
    if (!event.repeat) this.#set({ held: down });
  }

  #measure() {
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 2048;
    this.#context.createMediaStreamSource(this.#stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#meter = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const level = Math.max(FLOOR_DB, 10 * Math.log10(power + 1e-9));
      this.level.value = level;
      this.level.textContent = `${Math.round(level)} dB`;
    }, METER_MS);
  }
}

function csrf() {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  return token ? { "X-CSRF-Token": token } : {};
}

// Host candidates come within milliseconds; the server learns anything later from our checks.
function gathered(pc) {
  if (pc.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, GATHER_MS);
    pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && resolve());
  });
}
