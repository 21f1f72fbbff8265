// What the viewer does, told to the server in small batches: what is not acknowledged is sent again under its own key,
// so that nothing is lost and nothing counted twice. Elements with data-event="product-click" (or another kind, and
// perhaps data-product) tell by themselves when they are pressed. Names no person and stores nothing in the browser.

const FLUSH_MS = 5000;
const HEARTBEAT_MS = 15000;
const BATCH = 20;
const KEPT = 400;
const GIVE_UP_ON = new Set([400, 403, 404, 409, 422]);

export class Events {
  #path;
  #waiting = [];
  #sending = false;
  #watched = 0;
  #since = 0;
  #utterance = null;
  #product = null;

  constructor(room, showId, video) {
    this.#path = `/api/shows/${showId}/events`;
    room.addEventListener("caption", ({ detail }) => {
      this.#utterance = detail.utterance_id ?? null;
      this.#product = detail.product_id || this.#product;
    });
    document.addEventListener("click", (event) => {
      const pressed = event.target.closest?.("[data-event]");
      if (pressed) this.tell(pressed.dataset.event, pressed.dataset.product || this.#product);
    }, { capture: true });
    for (const name of ["playing", "pause", "waiting", "ended", "emptied"]) video.addEventListener(name, () => this.#count(video));
    document.addEventListener("visibilitychange", () => this.#count(video));
    addEventListener("pagehide", () => {
      this.#count(video, false);
      this.#heartbeat();
      this.#leave();
    });
    setInterval(() => {
      this.#count(video);
      this.#heartbeat();
    }, HEARTBEAT_MS);
    setInterval(() => this.#flush(), FLUSH_MS);
    this.tell("view");
  }

  tell(kind, product = null, milliseconds = 0) {
    const event = { key: key(), kind, milliseconds, at: performance.now() };
    if (product) event.product_id = product;
    if (this.#utterance) event.utterance_id = this.#utterance;
    this.#waiting.push(event);
    if (this.#waiting.length > KEPT) this.#waiting.shift();
  }

  // Adds up the time the picture really moved in a page that is looked at.
  #count(video, goesOn = true) {
    const now = performance.now();
    if (this.#since) this.#watched += now - this.#since;
    const plays = goesOn && !document.hidden && !video.paused && video.readyState > 2;
    this.#since = plays ? now : 0;
  }

  #heartbeat() {
    const milliseconds = Math.min(Math.round(this.#watched), 60000);
    this.#watched = 0;
    if (milliseconds > 0) this.tell("watch", null, milliseconds);
  }

  #body(events) {
    const now = performance.now();
    const told = events.map(({ at, ...event }) => ({ ...event, ago_ms: Math.min(Math.round(now - at), 60000) }));
    return JSON.stringify({ events: told });
  }

  async #flush() {
    if (this.#sending || !this.#waiting.length) return;
    this.#sending = true;
    const batch = this.#waiting.slice(0, BATCH);
    try {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(this.#path, { method: "POST", headers, body: this.#body(batch) });
      if (response.ok || GIVE_UP_ON.has(response.status)) this.#waiting = this.#waiting.filter((one) => !batch.includes(one));
    } catch {
      // not reached: the same keys are sent next time
    } finally {
      this.#sending = false;
    }
  }

  #leave() {
    while (this.#waiting.length) {
      const batch = this.#waiting.splice(0, BATCH);
      navigator.sendBeacon?.(this.#path, new Blob([this.#body(batch)], { type: "application/json" }));
    }
  }
}

function key() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
