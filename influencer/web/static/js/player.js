// The video: WHEP first, again with growing pauses, HLS after two failures in a row, "failed" when nothing is left. While
// HLS plays, WHEP is tried again now and then, unseen, and takes over when it delivers pictures.
// The state is on the element: data-state = connecting | playing | fallback | failed.

import { WhepError, WhepSession } from "./whep.js";

const FIRST_PAUSE_MS = 500;
const GROWTH = 1.5;
const LONGEST_PAUSE_MS = 10000;
const FAILURES_BEFORE_HLS = 2;
const BACK_AFTER_MS = 30000;

export class Player {
  #failures = 0;
  #session = null;
  #hls = null;
  #timer = 0;

  constructor(video, { whep, hls, token, onState }) {
    Object.assign(this, { video, whep, hls, token, onState });
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", (event) => event.persisted && this.start());
    addEventListener("online", () => this.video.dataset.state !== "playing" && this.start()); // no need to wait any longer
  }

  start() {
    this.stop();
    this.#failures = 0;
    this.#join();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#session?.close();
    this.#session = null;
    this.#hls?.destroy();
    this.#hls = null;
  }

  // Numbers about the way the picture comes, null while none comes.
  async report() {
    const { state } = this.video.dataset;
    if (state === "playing") return this.#session?.report() ?? null;
    if (state !== "fallback") return null;
    const { videoWidth: width, videoHeight: height } = this.video;
    return { kind: "hls", width, height, delay: this.#hls?.latency || null };
  }

  async #join() {
    this.#state("connecting");
    const session = new WhepSession(this.whep, {
      token: this.token,
      onPlaying: () => {
        this.#failures = 0;
        this.#state("playing");
      },
      onEnd: (error) => this.#failed(session, error),
    });
    this.#session = session;
    try {
      await session.start(this.video);
    } catch (error) {
      session.close();
      this.#failed(session, error);
    }
  }

  #failed(session, error) {
    if (session !== this.#session) return;
    this.#session = null;
    if (error.status !== 409) this.#failures += 1; // 409: the show is about to begin
    if (error instanceof WhepError && error.final && error.status !== 406) {
      this.#state("failed");
    } else if (this.#failures >= FAILURES_BEFORE_HLS && this.hls) {
      this.#fallBack();
    } else {
      this.#state("connecting");
      this.#timer = setTimeout(() => this.#join(), this.#pause(error));
    }
  }

  // Full jitter on the upper half, so that viewers of a restarted server do not all come back at once.
  #pause(error) {
    const step = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * GROWTH ** Math.max(0, this.#failures - 1));
    return Math.max(error.retryAfterMs ?? 0, step * (0.5 + Math.random() / 2));
  }

  async #fallBack() {
    this.video.srcObject = null;
    const { default: Hls } = await import("../vendor/hls.light.min.mjs");
    if (Hls.isSupported()) this.#playWith(Hls);
    else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.#playNatively();
    else this.#state("failed");
  }

  #playWith(Hls) {
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    const hls = new Hls({
      enableWorker: false, // a worker from a blob would need a wider content security policy
      liveSyncDurationCount: 3,
      xhrSetup: (xhr) => Object.entries(headers).forEach(([name, value]) => xhr.setRequestHeader(name, value)),
    });
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (!data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else this.#giveUp();
    });
    hls.loadSource(this.hls);
    hls.attachMedia(this.video);
    this.#hls = hls;
    this.#awaitPicture();
  }

  #playNatively() {
    this.video.src = this.hls;
    this.video.addEventListener("error", () => this.#giveUp(), { once: true });
    this.#awaitPicture();
  }

  #awaitPicture() {
    this.video.addEventListener("playing", () => this.#fellBack(), { once: true });
    this.video.play().catch(() => {});
  }

  #fellBack() {
    if (this.video.srcObject) return; // another session plays meanwhile
    this.#state("fallback");
    this.#timer = setTimeout(() => this.#tryBack(), BACK_AFTER_MS);
  }

  async #tryBack() {
    const unseen = document.createElement("video");
    unseen.muted = true;
    const session = new WhepSession(this.whep, {
      token: this.token,
      onPlaying: () => this.#back(session),
      onEnd: (error) => (this.#hls || !this.video.srcObject ? this.#notYet(session) : this.#failed(session, error)),
    });
    this.#session = session;
    await session.start(unseen).catch(() => {
      session.close();
      this.#notYet(session);
    });
  }

  #back(session) {
    if (session !== this.#session) return;
    this.#hls?.destroy();
    this.#hls = null;
    this.video.removeAttribute("src");
    session.attach(this.video);
    this.#failures = 0;
    this.#state("playing");
  }

  #notYet(session) {
    if (session !== this.#session) return;
    this.#session = null;
    this.#timer = setTimeout(() => this.#tryBack(), BACK_AFTER_MS);
  }

  #giveUp() {
    this.stop();
    this.#state("failed");
  }

  #state(state) {
    this.video.dataset.state = state;
    this.onState(state);
  }
}
