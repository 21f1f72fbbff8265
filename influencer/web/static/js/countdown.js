// Counts down to the end of offers by the server's clock: the page's own may be wrong, and a viewer may set it.

import { element } from "./dom.js";

const TICK_MS = 250;
const CLOCK_FROM_MS = 48 * 3600 * 1000;

export class ServerClock {
  #server;
  #at;

  // `now`: the server's time when it wrote the page, ISO 8601; the page began to arrive then.
  constructor(now) {
    const [loaded] = performance.getEntriesByType("navigation");
    this.set(now, loaded?.responseStart ?? performance.now());
  }

  // What the server's clock said when this page's counted `at` milliseconds.
  set(now, at = performance.now()) {
    this.#server = Date.parse(now);
    this.#at = at;
  }

  now() {
    return this.#server + performance.now() - this.#at;
  }
}

export class Countdowns {
  #clock;
  #words;
  #onEnded;

  // Every element with data-ends counts down; `onEnded` is called when one of them has reached its end.
  constructor(clock, words, onEnded) {
    this.#clock = clock;
    this.#words = words;
    this.#onEnded = onEnded;
    setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  tick() {
    let ended = false;
    for (const timer of document.querySelectorAll("[data-ends]")) {
      const { ends } = timer.dataset;
      if (!ends) timer.textContent = "";
      else if (Date.parse(ends) > this.#clock.now()) this.#show(timer, Date.parse(ends));
      else {
        timer.dataset.ends = timer.textContent = "";
        ended = true;
      }
    }
    if (ended) this.#onEnded();
  }

  #show(timer, ends) {
    const left = ends - this.#clock.now();
    const text = left > CLOCK_FROM_MS ? this.#date(timer, ends) : this.#words.offer_ends_in.replace("{time}", clock(left));
    if (timer.textContent !== text) timer.textContent = text;
  }

  // The server may have written the date already.
  #date(timer, ends) {
    if (timer.textContent) return timer.textContent;
    const date = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium" }).format(ends);
    return this.#words.offer_until.replace("{date}", date);
  }
}

export function timer(ends) {
  return element("span", { class: "ends", role: "timer", "aria-live": "off", "data-ends": ends ?? "" });
}

function clock(left) {
  const seconds = Math.floor(left / 1000);
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}
