// Captions: what the host says, in the page's language. Where nobody wrote the sentence in that language, the original is
// shown and the page says so: nothing is translated by machine.

import { api } from "./api.js";
import { byId } from "./dom.js";

const TICKS_A_SECOND = 48000;
const GRACE_MS = 1500;

export class Captions {
  #timer = 0;
  #now = null;

  constructor(room, words, { show, market, language }) {
    Object.assign(this, { words, market, language, path: `/api/shows/${show}/captions?market=${language}` });
    this.text = byId("caption");
    this.note = byId("caption-note");
    room.addEventListener("caption", ({ detail }) => this.#heard(detail));
    if (language !== market) room.addEventListener("link", ({ detail }) => detail.open && this.#ask());
  }

  // A long caption stays for its sentence and a moment, a text of the whole line as long as the line lasts.
  #heard(caption) {
    this.#now = caption;
    this.#show(caption.translated?.[this.language]);
    clearTimeout(this.#timer);
    const length = ((caption.end - caption.start) / TICKS_A_SECOND) * 1000;
    this.#timer = setTimeout(() => this.#clear(), length + GRACE_MS);
  }

  // The room carries a language once somebody has asked for it: asked again whenever the connection is new.
  async #ask() {
    const { text } = (await api("GET", this.path).catch(() => null)) ?? {};
    if (text && this.#now && !this.#now.translated?.[this.language]) this.#show(text);
  }

  #show(translated) {
    const own = this.language === this.market;
    const text = own ? this.#now.text : (translated ?? this.#now.text);
    if (this.text.textContent !== text) this.text.textContent = text;
    this.text.lang = own || !translated ? this.market : this.language;
    this.note.textContent = own || translated || !text ? "" : this.words.caption_only.replace("{language}", languageName(this.market));
  }

  #clear() {
    this.#now = null;
    this.text.textContent = this.note.textContent = "";
  }
}

function languageName(market) {
  return new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(market.split("-")[0]);
}
