// How well the show arrives: a level on the button, the numbers behind it in the settings. Measured by the browser.

import { byId, element } from "./dom.js";

const EVERY_MS = 2000;
const POOR = { lost: 0.05, frames: 15, delay: 1.5 };
const FAIR = { lost: 0.01, frames: 22, delay: 0.6 };

export class Quality {
  #before = null;

  constructor(player, words) {
    Object.assign(this, { player, words, button: byId("settings"), text: byId("quality"), list: byId("quality-numbers") });
    setInterval(() => !document.hidden && this.#look(), EVERY_MS);
  }

  async #look() {
    const report = await this.player.report();
    const now = report && measured(report, this.#before?.kind === report.kind ? this.#before : null);
    this.#before = report;
    const level = now ? levelOf(now) : "none";
    this.button.dataset.level = level;
    const said = level === "none" ? this.words.connecting : this.words[`quality_${level}`];
    this.button.setAttribute("aria-label", `${this.words.settings}. ${this.words.connection}: ${said}`);
    this.text.textContent = said;
    this.list.replaceChildren(...(now ? this.#numbers(now) : []));
  }

  #numbers({ kind, width, height, frames, delay, lost, kilobits }) {
    const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
    const rows = [
      [this.words.way, kind === "webrtc" ? "WebRTC" : "HLS"],
      [this.words.delay, delay === null ? null : `${number.format(delay)} s`],
      [this.words.resolution, width ? `${width} × ${height}` : null],
      [this.words.frames, frames === null ? null : number.format(frames)],
      [this.words.bit_rate, kilobits === null ? null : `${number.format(kilobits)} kbit/s`],
      [this.words.lost, lost === null ? null : `${number.format(100 * lost)} %`],
    ];
    return rows.filter(([, value]) => value !== null).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }
}

export function levelOf({ lost, frames, delay }) {
  const worse = (limits) => (lost ?? 0) > limits.lost || (frames ?? 25) < limits.frames || (delay ?? 0) > limits.delay;
  if (worse(POOR)) return "poor";
  return worse(FAIR) ? "fair" : "good";
}

// Rates come from what was counted since the report before; the delay is what the browser adds to the way (half a round
// trip, the jitter buffer), not what the encoder and the network's queues took.
function measured(report, before) {
  const { kind, width, height } = report;
  if (kind === "hls") return { kind, width, height, delay: report.delay, frames: null, lost: null, kilobits: null };
  if (!before) return null;
  const seconds = (report.at - before.at) / 1000;
  const change = (name) => report[name] - before[name];
  const packets = change("received") + change("lost");
  const waited = change("emitted") > 0 ? change("buffered") / change("emitted") : 0;
  return {
    kind, width, height,
    delay: waited + report.roundTrip / 2,
    frames: change("decoded") / seconds,
    lost: packets > 0 ? Math.max(0, change("lost")) / packets : 0,
    kilobits: (change("bytes") * 8) / 1000 / seconds,
  };
}
