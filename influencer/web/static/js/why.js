// What was said about a product, newest first, and why each sentence may be said: the facts it rests on.

import { api } from "./api.js";
import { byId, element } from "./dom.js";

export class Why {
  #card = null;
  #opener = null;

  constructor(room, words, showId) {
    Object.assign(this, { words, showId, dialog: byId("why-dialog") });
    room.addEventListener("card", (event) => this.show(event.detail.card));
    byId("why").addEventListener("click", () => this.open());
    this.dialog.addEventListener("close", () => this.#opener?.focus());
  }

  show(card) {
    this.#card = card;
  }

  async open(card = this.#card) {
    if (!card) return;
    this.#opener = document.activeElement;
    byId("why-product").textContent = card.name;
    this.#fill([]);
    this.dialog.showModal();
    const query = new URLSearchParams({ product_id: card.product_id });
    const answer = await api("GET", `/api/shows/${this.showId}/said?${query}`).catch(() => null);
    if (answer) this.#fill(answer.said); // else the connection is down: the page says so elsewhere
  }

  #fill(said) {
    byId("why-empty").hidden = said.length > 0;
    byId("why-said").hidden = said.length === 0;
    byId("why-said").replaceChildren(...said.map((line) => this.#line(line)));
  }

  #line(line) {
    const time = new Date(line.spoken_at).toLocaleTimeString(document.documentElement.lang);
    return element(
      "li",
      {},
      line.person ? element("p", {}, this.words.person_said) : element("q", {}, line.text),
      element("time", { datetime: line.spoken_at }, time),
      element("ul", {}, ...line.because.map((fact) => this.#fact(fact))),
    );
  }

  #fact(fact) {
    return element("li", {}, fact.text, fact.evidence ? element("small", {}, `${this.words.evidence}: ${fact.evidence}`) : null);
  }
}
