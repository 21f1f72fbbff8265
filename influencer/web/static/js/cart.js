// The cart: kept and priced by the server; what is shown is always its last answer.

import { api } from "./api.js";
import { byId, element, icon } from "./dom.js";
import { toast } from "./ui.js";

export class Cart {
  #cart = null;

  // checkout() places the cart as an order and returns when the payment is offered; it throws what the server refused.
  constructor({ words, show, checkout }) {
    Object.assign(this, { words, checkout, path: `/api/shows/${show}/cart`, images: `/shows/${show}/products`, dialog: byId("cart") });
    byId("cart-open").addEventListener("click", () => this.open());
    byId("cart-coupon").addEventListener("submit", (event) => this.#code(event));
    byId("cart-checkout").addEventListener("click", () => this.#order());
    this.dialog.addEventListener("close", () => byId("cart-open").focus());
  }

  async load() {
    this.#take(await api("GET", this.path).catch(() => null));
  }

  async add(card) {
    const inside = this.#cart?.lines.find((line) => line.product_id === card.product_id)?.quantity ?? 0;
    if (await this.#change("PUT", `/lines/${card.product_id}`, { quantity: inside + 1 })) toast(this.words.cart_added);
    else toast(byId("cart-error").textContent, "error");
  }

  async open(error = "") {
    byId("cart-error").textContent = error;
    if (!this.dialog.open) this.dialog.showModal();
    await this.load();
  }

  // Whether the server took the change; its reason is shown when it did not.
  async #change(method, path, body) {
    byId("cart-error").textContent = "";
    try {
      this.#take(await api(method, `${this.path}${path}`, body));
      return true;
    } catch (problem) {
      byId("cart-error").textContent = problem.detail;
      this.#take(this.#cart);
      return false;
    }
  }

  #take(cart) {
    if (!cart) return;
    this.#cart = cart;
    const units = cart.lines.reduce((sum, line) => sum + line.quantity, 0);
    byId("cart-count").textContent = units;
    byId("cart-empty").hidden = units > 0;
    byId("cart-sums").hidden = byId("cart-coupon").hidden = byId("cart-actions").hidden = units === 0;
    const focused = document.activeElement?.dataset?.focus;
    byId("cart-lines").replaceChildren(...cart.lines.map((line) => this.#line(line)));
    if (focused) byId("cart-lines").querySelector(`[data-focus="${focused}"]`)?.focus();
    byId("cart-code").value = cart.coupon?.code ?? "";
    byId("cart-coupon").querySelector(".mistake").textContent = cart.coupon?.problem ?? "";
    byId("cart-discount-row").hidden = !cart.discount?.amount;
    byId("cart-discount").textContent = cart.discount?.amount ? `−${cart.discount.text}` : "";
    byId("cart-total").textContent = cart.total?.text ?? "";
    byId("cart-checkout").disabled = !cart.ready;
  }

  #line(line) {
    const { words } = this;
    const quantity = element("input", { type: "number", min: 1, max: 20, value: line.quantity, inputmode: "numeric", "aria-label": `${words.quantity}, ${line.name}`, "data-focus": `units-${line.product_id}` });
    quantity.addEventListener("change", () => quantity.checkValidity() && this.#change("PUT", `/lines/${line.product_id}`, { quantity: quantity.valueAsNumber }));
    const remove = element("button", { class: "button small icon-only", type: "button", "aria-label": `${words.cart_remove}: ${line.name}` }, icon("close"));
    remove.addEventListener("click", async () => {
      await this.#change("DELETE", `/lines/${line.product_id}`);
      byId("cart-title").focus();
    });
    return element(
      "li",
      {},
      line.has_image ? element("img", { src: `${this.images}/${line.product_id}/image`, alt: "", width: 56, height: 56 }) : element("span", { class: "no-image" }),
      element("div", {}, element("h3", {}, line.name), element("p", { class: "fine" }, line.unit.text), line.left < line.quantity ? element("p", { class: "mistake", lang: document.documentElement.lang }, words.cart_left.replace("{n}", line.left)) : null),
      quantity,
      element("strong", { class: "line-total" }, line.total.text),
      remove,
    );
  }

  async #code(event) {
    event.preventDefault();
    const code = byId("cart-code").value.trim();
    await (code ? this.#change("PUT", "/coupon", { code }) : this.#change("DELETE", "/coupon"));
  }

  async #order() {
    const button = byId("cart-checkout");
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    try {
      await this.checkout();
      this.dialog.close();
    } catch (problem) {
      byId("cart-error").textContent = problem.detail ?? this.words.order_failed;
    } finally {
      button.removeAttribute("aria-busy");
      await this.load();
    }
  }
}
