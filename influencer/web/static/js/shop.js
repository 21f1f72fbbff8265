// The product card and the order: the price is the server's, a key makes sending twice harmless, and the payment is made
// on the provider's page in another tab while the show goes on in this one.

import { settled } from "./settled.js";

export class Shop {
  #card = null;
  #key = null;
  #waiting = null;
  #again = null;

  constructor(room, words, showId) {
    this.words = words;
    this.showId = showId;
    this.dialog = byId("order");
    room.addEventListener("card", (event) => this.show(event.detail.card));
    byId("buy").addEventListener("click", () => this.open());
    byId("order-cancel").addEventListener("click", () => this.dialog.close());
    byId("order-close").addEventListener("click", () => this.dialog.close());
    byId("order-form").addEventListener("submit", (event) => this.#submit(event));
    for (const id of ["order-quantity", "order-coupon"]) byId(id).addEventListener("input", () => this.#sum());
    byId("order-back").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => {
      this.#waiting?.abort();
      this.opener?.focus();
    });
  }

  show(card) {
    this.#card = card;
    byId("product").hidden = card === null;
    if (card === null) return;
    const texts = { name: card.name, price: card.price, "list-price": card.list_price, discount: card.discount };
    Object.assign(texts, { coupon: card.coupon, stock: card.stock, notice: card.notice });
    for (const [field, text] of Object.entries(texts)) byId(`product-${field}`).textContent = text ?? "";
    const image = byId("product-image");
    image.hidden = !card.has_image;
    const source = `/shows/${this.showId}/products/${card.product_id}/image`;
    if (card.has_image && image.getAttribute("src") !== source) image.src = source;
    const buy = byId("buy");
    buy.disabled = card.sold_out;
    buy.textContent = card.sold_out ? this.words.sold_out : this.words.buy;
  }

  open(card = this.#card) {
    if (!card) return;
    this.opener = document.activeElement;
    this.#key = randomKey();
    this.#again = null;
    byId("order-form").hidden = false;
    for (const id of ["order-done", "order-payment"]) byId(id).hidden = true;
    byId("order-error").textContent = "";
    byId("order-quantity").value = 1;
    byId("order-name").textContent = card.name;
    byId("order-price").textContent = card.price;
    const coupon = byId("order-coupon-row");
    coupon.hidden = !card.coupon_code;
    coupon.querySelector("span").textContent = this.words.use_coupon.replace("{code}", card.coupon_code ?? "");
    for (const term of ["shipping", "returns"]) {
      byId(`order-${term}`).textContent = card[term];
      byId(`order-${term}-row`).hidden = !card[term];
    }
    this.dialog.dataset.product = card.product_id;
    this.dialog.dataset.coupon = card.coupon_code ?? "";
    this.dialog.showModal();
    this.#sum();
  }

  // Orders the cart and offers the payment; `again` is called when it was not paid.
  async checkout(again) {
    this.#key ??= randomKey();
    const order = await this.#place({});
    this.opener = null;
    this.#again = again;
    byId("order-done").hidden = true;
    this.dialog.showModal();
    this.#pay(order);
  }

  async #submit(event) {
    event.preventDefault();
    const confirm = byId("order-confirm");
    confirm.disabled = true;
    byId("order-error").textContent = "";
    try {
      await this.#pay(await this.#place());
    } catch (error) {
      byId("order-error").textContent = error.detail ? `${this.words.order_failed} ${error.detail}` : this.words.order_failed;
    } finally {
      confirm.disabled = false;
    }
  }

  // What is asked for now, the same for the sum and for the order.
  #basket() {
    const { product, coupon } = this.dialog.dataset;
    const basket = { product_id: product, quantity: byId("order-quantity").valueAsNumber };
    if (coupon && byId("order-coupon").checked) basket.coupon = coupon;
    return basket;
  }

  async #sum() {
    if (!byId("order-quantity").checkValidity()) return;
    const asked = new URLSearchParams(this.#basket()).toString();
    const response = await fetch(`/api/shows/${this.showId}/quote?${asked}`).catch(() => null);
    if (asked !== new URLSearchParams(this.#basket()).toString()) return; // changed meanwhile
    const answer = response ? await response.json() : {};
    byId("order-sum").textContent = response?.ok ? answer.total.text : "";
    byId("order-error").textContent = response && !response.ok ? answer.detail : "";
  }

  #lines() {
    const { coupon, ...line } = this.#basket();
    return { lines: [line], ...(coupon && { coupon }) };
  }

  async #place(body = this.#lines()) {
    const response = await fetch(`/api/shows/${this.showId}/orders`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": this.#key },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) {
      // A refusal stored nothing, so the next attempt is a new order; a lost answer keeps the key.
      this.#key = randomKey();
      throw Object.assign(new Error(answer.title), { detail: answer.detail });
    }
    return answer;
  }

  async #pay(order) {
    byId("order-form").hidden = true;
    byId("order-payment").hidden = false;
    byId("order-due").textContent = order.total.text;
    byId("order-pay").href = order.payment?.url ?? `/orders/${order.id}`;
    byId("order-pay").focus();
    this.#waiting = new AbortController();
    settled(order.id, this.#waiting.signal).then((ended) => this.#ended(ended));
  }

  #ended(order) {
    byId("order-payment").hidden = true;
    this.#key = null;
    if (order.state !== "paid" && this.#again) {
      this.dialog.close();
      this.#again(this.words[`order_state_${order.state}`]);
      return;
    }
    if (order.state !== "paid") {
      byId("order-form").hidden = false;
      byId("order-error").textContent = this.words[`order_state_${order.state}`];
      this.#key = randomKey();
      return;
    }
    byId("order-id").textContent = order.id;
    byId("order-total").textContent = order.total.text;
    byId("order-done").hidden = false;
    byId("order-done").focus();
  }
}

function byId(id) {
  return document.getElementById(id);
}

// crypto.randomUUID needs a secure context, which a phone on the same network does not have.
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
