// The show's room: a WebSocket that comes back by itself and replays what was missed. Emits one event a kind:
// chat, answer, caption, card, state, viewers, rejected, and "link" with { open, ended }.

const FIRST_PAUSE_MS = 500;
const GROWTH = 1.5;
const LONGEST_PAUSE_MS = 15000;
const ENDED = new Set([1001, 4404]);

export class Room extends EventTarget {
  #path;
  #socket = null;
  #seen = 0;
  #failures = 0;
  #timer = 0;

  constructor(path) {
    super();
    this.#path = path;
    addEventListener("pagehide", () => this.#socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    addEventListener("online", () => this.#socket?.readyState === WebSocket.CLOSED && this.open());
  }

  open() {
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("after", this.#seen);
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.#emit("link", { open: true, ended: false });
    });
    socket.addEventListener("message", (message) => this.#read(message.data));
    socket.addEventListener("close", (event) => this.#closed(event.code));
  }

  // False when the room is not reachable right now.
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #read(text) {
    const batch = JSON.parse(text);
    const last = batch.at(-1).seq;
    if (last > 0 && last < this.#seen) this.#seen = 0; // the room began to count again: its server was restarted
    for (const event of batch) {
      if (event.seq > 0 && event.seq <= this.#seen) continue;
      this.#seen = Math.max(this.#seen, event.seq);
      this.#emit(event.kind, { ...event.payload, seq: event.seq });
    }
  }

  #closed(code) {
    this.#emit("link", { open: false, ended: ENDED.has(code) });
    if (code === 4404) return;
    this.#failures += 1;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * GROWTH ** (this.#failures - 1));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.readyState === WebSocket.CLOSED && this.open(), pause * (0.5 + Math.random() / 2));
  }

  #emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
