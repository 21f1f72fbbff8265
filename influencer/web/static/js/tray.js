// The products of the show: the card of the one on air, and the tray with all of them, the one on air first.

import { api } from "./api.js";
import { timer } from "./countdown.js";
import { byId, element } from "./dom.js";

export class Tray {
  #cards = [];

  // buy(card), add(card) and ask(card): order a product, put it into the cart, read what was said about it.
  constructor(room, { words, show, clock, buy, add, ask }) {
    Object.assign(this, { words, clock, buy, add, ask, path: `/api/shows/${show}/products`, images: `/shows/${show}/products` });
    this.dialog = byId("tray");
    room.addEventListener("card", ({ detail }) => this.show(detail.card, detail.cards));
    byId("bag").addEventListener("click", () => this.open());
    this.dialog.addEventListener("close", () => byId("bag").focus());
  }

  show(card, cards = []) {
    byId("product-ends").dataset.ends = card?.offer_ends ?? "";
    this.#cards = cards;
    byId("bag-count").textContent = cards.length;
    if (this.dialog.open) this.#draw(card?.product_id);
  }

  async open() {
    this.#draw(this.#cards[0]?.product_id);
    this.dialog.showModal();
    await this.refresh();
  }

  // What the server says now: an offer may have ended since the room last told.
  async refresh() {
    const told = await api("GET", this.path).catch(() => null);
    if (!told) return;
    this.clock.set(told.now);
    this.show(told.products[0] ?? null, told.products);
    return told.products[0];
  }

  #draw(onAir) {
    const focused = document.activeElement?.dataset?.focus;
    byId("tray-list").replaceChildren(...this.#cards.map((card) => this.#item(card, card.product_id === onAir)));
    if (focused) byId("tray-list").querySelector(`[data-focus="${focused}"]`)?.focus();
  }

  #item(card, onAir) {
    const { words } = this;
    const buy = element("button", { class: "button primary", type: "button", "data-event": "product-click", "data-product": card.product_id, "data-focus": `buy-${card.product_id}`, disabled: card.sold_out, lang: document.documentElement.lang }, card.sold_out ? words.sold_out : words.buy);
    buy.addEventListener("click", () => this.buy(card));
    const add = element("button", { class: "button", type: "button", "data-event": "cart", "data-product": card.product_id, "data-focus": `add-${card.product_id}`, disabled: card.sold_out, lang: document.documentElement.lang }, words.cart_add);
    add.addEventListener("click", () => this.add(card));
    const said = element("button", { class: "button", type: "button", "data-event": "why", "data-product": card.product_id, "data-focus": `said-${card.product_id}`, lang: document.documentElement.lang }, words.said);
    said.addEventListener("click", () => this.ask(card));
    const image = `${this.images}/${card.product_id}/image`;
    return element(
      "li",
      { "data-on-air": onAir, "data-product": card.product_id },
      card.has_image ? element("img", { src: image, alt: "", width: 72, height: 72 }) : element("span", { class: "no-image" }),
      element(
        "div",
        {},
        element("h3", {}, card.name, onAir ? element("span", { class: "badge", "data-kind": "accent", lang: document.documentElement.lang }, words.turn_now) : null),
        element("p", { class: "fine" }, card.summary),
        card.notice ? element("p", { class: "law" }, card.notice) : null,
        element("p", { class: "prices" }, element("strong", {}, card.price), element("s", {}, card.list_price), element("span", { class: "discount" }, card.discount)),
      ),
      element("p", { class: "offer" }, element("span", { class: "coupon" }, coupon(card)), timer(card.offer_ends), element("span", { class: "stock" }, card.stock)),
      element("div", { class: "actions" }, buy, add, said),
    );
  }
}

function coupon(card) {
  if (!card.coupon_code) return null;
  return card.coupon_price ? `${card.coupon_code} → ${card.coupon_price}` : card.coupon;
}

