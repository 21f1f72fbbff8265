// The heart: taps are gathered for a second and sent together; the number shown is the server's, with what is on its way.

import { api } from "./api.js";
import { byId, icon } from "./dom.js";

const GATHER_MS = 1000;
const MOST_AT_ONCE = 20;

export class Likes {
  #known;
  #waiting = 0;
  #sent = 0;
  #timer = 0;

  constructor(room, words, showId, onLike) {
    Object.assign(this, { words, onLike, path: `/api/shows/${showId}/likes`, button: byId("like"), count: byId("likes") });
    this.#known = Number(this.count.dataset.count);
    this.button.addEventListener("click", () => this.like());
    byId("video").addEventListener("dblclick", () => this.like());
    room.addEventListener("likes", ({ detail }) => this.#know(detail.likes));
  }

  like() {
    this.button.toggleAttribute("data-liked", true);
    this.#float();
    if (this.#waiting >= MOST_AT_ONCE) return;
    this.#waiting += 1;
    this.#show();
    if (this.#waiting === 1 && !this.#sent) this.onLike();
    this.#timer ||= setTimeout(() => this.#send(), GATHER_MS);
  }

  async #send() {
    this.#timer = 0;
    const count = this.#waiting;
    this.#waiting = 0;
    this.#sent += count;
    const { likes } = (await api("POST", this.path, { count }).catch(() => null)) ?? {};
    this.#sent -= count;
    this.#know(likes ?? this.#known); // what was refused was not counted
  }

  #know(likes) {
    this.#known = Math.max(this.#known, likes);
    this.#show();
  }

  #show() {
    const likes = this.#known + this.#waiting + this.#sent;
    this.count.dataset.count = likes;
    const [shown, said] = this.count.children;
    shown.textContent = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" }).format(likes);
    said.textContent = this.words.likes.replace("{n}", likes);
  }

  #float() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const heart = icon("heart");
    heart.setAttribute("class", "heart");
    heart.addEventListener("animationend", () => heart.remove());
    byId("stage").append(heart);
  }
}
