// "Why can you say this?": what the host said about the product, and the facts each sentence rests on.

export class Why {
  #product = null;

  constructor(room, words, showId) {
    this.words = words;
    this.showId = showId;
    this.dialog = byId("why-dialog");
    room.addEventListener("card", (event) => this.show(event.detail.card));
    byId("why").addEventListener("click", () => this.#open());
    this.dialog.addEventListener("close", () => byId("why").focus());
  }

  show(card) {
    this.#product = card?.product_id ?? null;
  }

  async #open() {
    if (!this.#product) return;
    this.#fill([]);
    this.dialog.showModal();
    try {
      const query = new URLSearchParams({ product_id: this.#product });
      const answer = await fetch(`/api/shows/${this.showId}/said?${query}`);
      if (answer.ok) this.#fill((await answer.json()).said);
    } catch {
      // The connection is down: the page says so elsewhere, and the list stays empty.
    }
  }

  #fill(said) {
    byId("why-empty").hidden = said.length > 0;
    byId("why-said").replaceChildren(...said.map((line) => this.#line(line)));
  }

  #line(line) {
    const item = document.createElement("li");
    const text = document.createElement("q");
    text.textContent = line.text;
    const time = document.createElement("time");
    time.dateTime = line.spoken_at;
    time.textContent = new Date(line.spoken_at).toLocaleTimeString();
    const because = document.createElement("ul");
    because.replaceChildren(...line.because.map((fact) => this.#fact(fact)));
    item.append(text, time, because);
    return item;
  }

  #fact(fact) {
    const item = document.createElement("li");
    item.textContent = fact.text;
    if (fact.evidence) {
      const proof = document.createElement("small");
      proof.textContent = `${this.words.evidence}: ${fact.evidence}`;
      item.append(proof);
    }
    return item;
  }
}

function byId(id) {
  return document.getElementById(id);
}
