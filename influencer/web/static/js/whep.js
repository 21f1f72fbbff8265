// A WHEP player (draft-ietf-wish-whep): one offer, one answer, receive only. It reports and never retries by itself.

const GATHER_MS = 500;
const CHECK_MS = 500;
const STALL_MS = 3000;
const CONNECT_MS = 12000;

export class WhepError extends Error {
  constructor(message, { status = 0, retryAfterMs = 0 } = {}) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  // The show is gone or we may not watch it: asking again cannot help.
  get final() {
    return [401, 403, 404, 406].includes(this.status);
  }
}

export class WhepSession {
  #pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  #stream = new MediaStream();
  #timer = 0;
  #resource = null;
  #headers;
  #ended = false;

  // `onPlaying` is called at the first decoded frame, `onEnd(error)` once when the session is over by itself.
  constructor(url, { token = null, onPlaying, onEnd }) {
    this.url = url;
    this.onPlaying = onPlaying;
    this.onEnd = onEnd;
    this.#headers = token ? { Authorization: `Bearer ${token}` } : {};
  }

  async start(video) {
    const pc = this.#pc;
    for (const kind of ["video", "audio"]) pc.addTransceiver(kind, { direction: "recvonly" });
    pc.addEventListener("track", (event) => this.#stream.addTrack(event.track));
    pc.addEventListener("connectionstatechange", () => {
      if (["failed", "closed"].includes(pc.connectionState)) this.#end(new WhepError("the connection failed"));
    });
    await pc.setLocalDescription();
    await gathered(pc);
    const answer = await this.#post(pc.localDescription.sdp);
    if (this.#ended) return;
    await pc.setRemoteDescription({ type: "answer", sdp: answer });
    this.attach(video);
    this.#watch();
  }

  // Show the stream in this element.
  attach(video) {
    video.srcObject = this.#stream;
    video.play().catch(() => {}); // autoplay refused: the page shows its own button
  }

  // What the browser has counted since the session began (WebRTC statistics, W3C), null before there is any.
  async report() {
    let [video, pair] = [null, null];
    for (const report of (await this.#pc.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "video") video = report;
      if (report.type === "candidate-pair" && report.nominated && report.state === "succeeded") pair = report;
    }
    if (!video) return null;
    return {
      kind: "webrtc",
      at: video.timestamp,
      width: video.frameWidth ?? 0,
      height: video.frameHeight ?? 0,
      decoded: video.framesDecoded ?? 0,
      received: video.packetsReceived ?? 0,
      lost: video.packetsLost ?? 0,
      bytes: video.bytesReceived ?? 0,
      buffered: video.jitterBufferDelay ?? 0,
      emitted: video.jitterBufferEmittedCount ?? 0,
      roundTrip: pair?.currentRoundTripTime ?? 0,
    };
  }

  // Leave: DELETE frees the server's place at once; keepalive lets it outlive the page.
  close() {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#pc.close();
    if (this.#resource) {
      fetch(this.#resource, { method: "DELETE", headers: this.#headers, keepalive: true }).catch(() => {});
      this.#resource = null;
    }
  }

  async #post(sdp) {
    const headers = { ...this.#headers, "Content-Type": "application/sdp" };
    const response = await fetch(this.url, { method: "POST", headers, body: sdp });
    if (response.status !== 201) {
      const retryAfterMs = 1000 * Number(response.headers.get("Retry-After") ?? 0) || 0;
      throw new WhepError(`join refused: ${response.status}`, { status: response.status, retryAfterMs });
    }
    this.#resource = new URL(response.headers.get("Location"), response.url).href;
    const answer = await response.text();
    if (this.#ended) this.close(); // closed while the answer was on its way
    return answer;
  }

  // Frames must keep being decoded; a hidden page may rightly decode nothing.
  #watch() {
    let frames = 0;
    let moved = performance.now();
    let playing = false;
    this.#timer = setInterval(async () => {
      const decoded = await framesDecoded(this.#pc);
      const now = performance.now();
      if (decoded > frames || document.hidden) moved = now;
      if (decoded > 0 && !playing) {
        playing = true;
        this.onPlaying();
      }
      frames = decoded;
      if (now - moved > (playing ? STALL_MS : CONNECT_MS)) this.#end(new WhepError("the picture stands still"));
    }, CHECK_MS);
  }

  #end(error) {
    if (this.#ended) return;
    this.close();
    this.onEnd(error);
  }
}

// Host candidates come within milliseconds; the server learns anything later from our checks.
function gathered(pc) {
  if (pc.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, GATHER_MS);
    pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && resolve());
  });
}

async function framesDecoded(pc) {
  for (const report of (await pc.getStats()).values()) {
    if (report.type === "inbound-rtp" && report.kind === "video") return report.framesDecoded ?? 0;
  }
  return 0;
}
