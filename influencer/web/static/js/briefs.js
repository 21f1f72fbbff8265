// The list of briefs: importing files and feeds, with what each product still lacks.

import { api, showMistakes } from "./api.js";
import { upload } from "./upload.js";
import { element } from "./dom.js";

const form = document.querySelector("[data-import]");
const place = form.querySelector("[data-imported]");
const kind = form.elements.kind;

function show() {
  for (const field of form.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(" ").includes(kind.value);
}

function told({ source, brief, fields, described }) {
  const lacks = fields.map(({ field, allowed }) => element("li", {}, `${field}: ${allowed}`));
  return element(
    "div",
    { class: "card" },
    element("div", { class: "card-head" }, brief ? element("a", { href: `/advertiser/briefs/${brief.id}/edit` }, source) : element("strong", {}, source), element("span", { class: "badge", "data-kind": brief ? (lacks.length ? "warn" : "good") : "bad" }, brief ? (lacks.length ? "draft, incomplete" : "draft, complete") : "not taken")),
    lacks.length ? element("details", {}, element("summary", {}, `${lacks.length} fields to go`), element("ul", {}, ...lacks)) : null,
    described ? element("details", {}, element("summary", {}, "What the product page says"), element("p", { class: "fine" }, described)) : null,
  );
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { kind: what, file, url, market, currency, advertiser_id } = Object.fromEntries(new FormData(form));
  event.submitter.setAttribute("aria-busy", "true");
  place.replaceChildren();
  try {
    const answer =
      what === "feed"
        ? await api("POST", "/api/imports/feed", { url, market, currency, ...(advertiser_id ? { advertiser_id } : {}) })
        : await upload("/api/imports", { kind: what, file, ...(what === "products" ? { market, currency } : {}), advertiser_id });
    place.replaceChildren(...answer.imported.map(told));
  } catch (problem) {
    const rest = showMistakes(form, problem);
    place.replaceChildren(element("p", { class: "note", "data-kind": "bad" }, rest.length ? rest.map(({ field, allowed }) => `${field}: ${allowed}`).join("; ") : problem.message));
  }
  event.submitter.removeAttribute("aria-busy");
});
kind.addEventListener("change", show);
show();
