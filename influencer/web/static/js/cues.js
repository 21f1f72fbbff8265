// Lights up what the host is naming: the coupon, the price, the button, until the sentence is over.

const TICKS_A_SECOND = 48000;
const TARGETS = { coupon: "product-coupon", price: "product-price", "call-to-action": "buy" };

export class Cues {
  #timer = 0;

  constructor(room) {
    room.addEventListener("caption", ({ detail }) => this.#show(detail));
  }

  #show({ cues = [], start, end }) {
    clearTimeout(this.#timer);
    for (const [cue, id] of Object.entries(TARGETS)) document.getElementById(id)?.toggleAttribute("data-cued", cues.includes(cue));
    if (cues.length) this.#timer = setTimeout(() => this.#show({}), ((end - start) / TICKS_A_SECOND) * 1000);
  }
}
