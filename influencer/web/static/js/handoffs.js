// The questions that a person answers: take one, answer into the chat, close. The list is read anew every five seconds.

import { api } from "./api.js";

const REFRESH_MS = 5000;
const KINDS = { order_help: "order", complaint: "complaint", legal: "legal", anger: "angry", medical: "health" };

class HandOffs {
  #items = new Map();

  constructor(section) {
    this.path = `/api/shows/${section.dataset.handOffs}/hand-offs`;
    this.section = section;
    this.list = section.querySelector("ol");
    this.result = section.querySelector(".result");
    section.addEventListener("submit", (event) => this.#submit(event));
  }

  async refresh() {
    const answer = await api("GET", this.path).catch(() => null);
    if (!answer) return; // the next look tells
    const { hand_offs: found } = answer;
    this.section.hidden = !found.length && !this.result.textContent;
    this.section.querySelector("[data-count]").textContent = found.length;
    for (const [id, item] of this.#items) {
      if (found.some((one) => one.id === id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    for (const one of found) this.#show(one);
  }

  // An item that is there already keeps what is being typed into it.
  #show(one) {
    let item = this.#items.get(one.id);
    if (!item) {
      item = document.getElementById("hand-off").content.firstElementChild.cloneNode(true);
      item.dataset.id = one.id;
      item.querySelector(".kind").textContent = KINDS[one.kind] ?? one.kind;
      item.querySelector(".author").textContent = one.author;
      const text = item.querySelector("q");
      text.textContent = one.text;
      text.lang = one.language;
      item.querySelector("textarea").lang = one.language;
      this.#items.set(one.id, item);
      this.list.append(item);
    }
    item.querySelector(".who").textContent = one.taken_by ? `with ${one.taken_by}` : "waiting";
    item.querySelector('[value="take"]').hidden = one.state !== "waiting";
  }

  async #submit(event) {
    event.preventDefault();
    const command = event.submitter.value;
    const item = event.target.closest("[data-id]");
    const text = item.querySelector("textarea").value.trim();
    if (command === "answer" && !text) return this.#tell("Write the answer first.", "error");
    try {
      await api("POST", `${this.path}/${item.dataset.id}/${command}`, command === "answer" ? { text } : undefined);
      this.#tell("Done.", "ok");
    } catch (problem) {
      this.#tell(problem.message, "error");
    }
    await this.refresh();
  }

  #tell(text, kind) {
    this.result.textContent = text;
    this.result.dataset.kind = kind;
  }
}

const lists = [...document.querySelectorAll("[data-hand-offs]")].map((section) => new HandOffs(section));

async function loop() {
  if (!document.hidden) await Promise.all(lists.map((list) => list.refresh()));
  setTimeout(loop, REFRESH_MS);
}

loop();
