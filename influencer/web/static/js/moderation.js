// The queue of held messages beside each show: let in, keep out, mute the sender for some minutes. Text goes in as text.

import { api } from "./api.js";
import { element } from "./dom.js";

const REFRESH_MS = 4000;
const MINUTES = [10, 60, 1440];

class Queue {
  #seen = "";

  constructor(section) {
    this.section = section;
    this.base = `/api/shows/${section.dataset.moderation}`;
  }

  async refresh() {
    const [held, muted] = await Promise.all([api("GET", `${this.base}/held`), api("GET", `${this.base}/mutes`)]);
    const seen = JSON.stringify([held, muted]);
    if (seen === this.#seen || this.section.querySelector("ul").contains(document.activeElement)) return; // keep what is typed
    this.#seen = seen;
    this.#show(held, muted);
  }

  #show({ messages, waiting }, { mutes }) {
    this.#part("waiting").textContent = waiting;
    this.#part("held").replaceChildren(...messages.map((message) => this.#message(message)));
    this.#part("mutes").replaceChildren(...mutes.map((mute) => this.#mute(mute)));
    this.#part("none").hidden = messages.length > 0;
    this.#part("nobody").hidden = mutes.length > 0;
  }

  #message({ id, author, text, reasons, can_mute: canMute }) {
    const note = element("input", { class: "remark", maxlength: 400, "aria-label": `Note on the message of ${author}`, placeholder: "Note" });
    const minutes = element("select", { "aria-label": `How long ${author} is muted` }, ...MINUTES.map((each) => element("option", { value: each }, `${each} min`)));
    const act = (method, path, body) => () => this.#do(method, path, { note: note.value, ...body() });
    const none = () => ({});
    return element("li", {},
      element("p", {}, element("strong", {}, author), " ", element("q", {}, text), " ", element("span", { class: "badge" }, reasons.join(", "))),
      element("div", { class: "row" }, note,
        this.#button("Let in", act("POST", `held/${id}/release`, none), "primary"),
        this.#button("Keep out", act("POST", `held/${id}/drop`, none)),
        canMute && minutes,
        canMute && this.#button("Mute here", act("POST", "mutes", () => ({ held_id: id, minutes: Number(minutes.value) })), "danger"),
        canMute && this.#button("Mute everywhere", act("POST", "mutes", () => ({ held_id: id, minutes: Number(minutes.value), everywhere: true })), "danger")));
  }

  #mute({ id, author, until, everywhere, note, by }) {
    const time = new Date(until).toLocaleTimeString([], { timeStyle: "short" });
    return element("li", {},
      element("p", {}, element("strong", {}, author), ` until ${time}${everywhere ? ", in every show" : ""}, by ${by}`, note && `: ${note}`),
      this.#button("Let write again", () => this.#do("DELETE", `mutes/${id}`)));
  }

  #button(label, act, kind = "") {
    const button = element("button", { type: "button", class: `button small ${kind}`.trim() }, label);
    button.addEventListener("click", act);
    return button;
  }

  async #do(method, path, body) {
    const result = this.#part("result");
    try {
      await api(method, `${this.base}/${path}`, body);
      result.textContent = "Done.";
    } catch (problem) {
      result.textContent = problem.message;
    }
    document.activeElement?.blur();
    await this.refresh().catch(() => {});
  }

  #part(name) {
    return this.section.querySelector(`[data-part="${name}"]`);
  }
}

const queues = [...document.querySelectorAll("[data-moderation]")].map((section) => new Queue(section));

async function loop() {
  if (!document.hidden) await Promise.allSettled(queues.map((queue) => queue.refresh()));
  setTimeout(loop, REFRESH_MS);
}

loop();
