// The form of a brief. Every control is named by its field's path, the same path the server's messages use: what is sent is
// the list of [path, text], and what comes back finds its control by name.

import { api, showMistakes } from "./api.js";
import { byId, element } from "./dom.js";
import { upload } from "./upload.js";
import { toast } from "./ui.js";

const CHECK_AFTER_MS = 700;
const form = byId("brief");
const choices = JSON.parse(byId("choices").textContent);
const given = JSON.parse(byId("document").textContent);
const state = byId("state");
const pictures = new Map(); // of this visit: name to what the browser shows
let edits = 0; // since the page was opened
let kept = 0; // of them, those that the server has: what is typed while a save is on its way is not among them
let asked = 0; // questions to the server: only the answer to the latest is shown
let timer;

// --- controls -------------------------------------------------------------------------------------------------------

function valueOf(path) {
  let here = given;
  for (const step of path.match(/[^.[\]]+/g)) here = here?.[step];
  if (Array.isArray(here)) return here.join(" | ");
  return here === null || here === undefined || typeof here === "object" ? "" : String(here);
}

function text(path, label, { rows = 0, hint = "", type = "text", lang, list } = {}) {
  const id = `f-${path}`;
  const control = rows
    ? element("textarea", { id, name: path, rows, lang })
    : element("input", { id, name: path, type, lang, list, autocomplete: "off" });
  control.value = valueOf(path);
  return element("div", { class: "field" }, element("label", { for: id }, label), control, hint ? element("p", { class: "hint" }, hint) : null, element("p", { class: "mistake" }));
}

function pick(path, label, options, none = "") {
  const id = `f-${path}`;
  const control = element("select", { id, name: path });
  if (none !== null) control.append(element("option", { value: "" }, none));
  for (const one of options) control.append(element("option", { value: one }, one.replaceAll("-", " ")));
  control.value = valueOf(path);
  return element("div", { class: "field" }, element("label", { for: id }, label), control, element("p", { class: "mistake" }));
}

// The same text in every market's language; only the chosen markets are shown and sent.
function local(path, label, options = {}) {
  return element(
    "fieldset",
    { class: "fields" },
    element("legend", {}, label),
    ...choices.markets.map(({ id, name }) => {
      const field = text(`${path}.${id}`, name, { ...options, lang: id });
      field.dataset.market = id;
      return field;
    }),
  );
}

function section(title, hint, ...children) {
  return element("section", { class: "card" }, element("h2", {}, title), hint ? element("p", { class: "fine" }, hint) : null, ...children);
}

// A list of things: `item(path)` makes one; its controls are named anew when one above it goes.
function items(path, title, hint, noun, item) {
  const place = element("div", { class: "stack", "data-items": path });
  const add = () => {
    const at = `${path}[${place.childElementCount}]`;
    const remove = element("button", { class: "button small", type: "button" }, `Remove this ${noun}`);
    const one = element("div", { class: "item" }, ...item(at), element("div", { class: "actions end" }, remove));
    remove.addEventListener("click", () => {
      one.remove();
      rename(place, path);
      changed();
    });
    place.append(one);
    showMarkets();
    return one;
  };
  const button = element("button", { class: "button", type: "button" }, `Add a ${noun}`);
  button.addEventListener("click", () => add().querySelector("input, textarea, select").focus());
  const known = given[path];
  const built = section(title, hint, place, element("div", { class: "actions" }, button));
  queueMicrotask(() => {
    for (let index = 0; index < (Array.isArray(known) ? known.length : 0); index += 1) add();
  });
  return built;
}

function rename(place, path) {
  [...place.children].forEach((one, index) => {
    for (const control of one.querySelectorAll("[name]")) control.name = control.name.replace(/^[a-z_]+\[\d+\]/, `${path}[${index}]`);
  });
}

function markets() {
  const chosen = valueOf("markets").split(" | ");
  return element(
    "fieldset",
    { class: "field" },
    element("legend", {}, "Sold in"),
    element(
      "div",
      { class: "fields" },
      ...choices.markets.map(({ id, name }) => {
        const box = element("input", { type: "checkbox", "data-chooses": id });
        box.checked = chosen.includes(id);
        return element("label", { class: "check" }, box, `${name} (${id})`);
      }),
    ),
    element("input", { type: "hidden", name: "markets" }),
    element("p", { class: "mistake" }),
  );
}

function showMarkets() {
  const chosen = [...form.querySelectorAll("[data-chooses]")].filter((box) => box.checked).map((box) => box.dataset.chooses);
  form.elements.namedItem("markets").value = chosen.join(" | ");
  for (const field of form.querySelectorAll("[data-market]")) field.hidden = !chosen.includes(field.dataset.market);
}

function prices() {
  return element(
    "fieldset",
    { class: "stack" },
    element("legend", {}, "Prices"),
    ...choices.markets.map(({ id, name }) =>
      element(
        "div",
        { class: "fields", "data-market": id },
        element("p", { class: "market-name" }, name),
        text(`prices.${id}.currency`, "Currency", { hint: "ISO 4217, such as USD" }),
        text(`prices.${id}.amount`, "Price now"),
        text(`prices.${id}.list_price`, "Regular price", { hint: "Only if it was really asked for" }),
      ),
    ),
  );
}

function images() {
  const names = element("input", { type: "hidden", name: "images" });
  names.value = valueOf("images");
  const shown = element("div", { class: "brief-images" });
  const file = element("input", { type: "file", accept: "image/png,image/jpeg,image/webp", id: "f-image" });
  const mistake = element("p", { class: "mistake" });
  const show = () => {
    const list = names.value.split(" | ").filter(Boolean);
    shown.replaceChildren(
      ...list.map((name, index) => {
        const away = element("button", { class: "button small", type: "button" }, `Remove picture ${index + 1}`);
        away.addEventListener("click", () => {
          names.value = list.filter((other) => other !== name).join(" | ");
          show();
          changed();
        });
        const source = pictures.get(name) ?? (form.dataset.images ? form.dataset.images + name : null);
        return element("div", { class: "stack" }, source ? element("img", { src: source, width: 120, height: 120, alt: `Picture ${index + 1}` }) : element("code", {}, name), away);
      }),
    );
  };
  file.addEventListener("change", async () => {
    mistake.textContent = "";
    try {
      const kept = await upload("/api/images", { image: file.files[0], advertiser_id: byId("advertiser")?.value });
      pictures.set(kept.name, await asData(file.files[0]));
      names.value = [...names.value.split(" | ").filter(Boolean), kept.name].join(" | ");
      show();
      changed();
    } catch (problem) {
      mistake.textContent = problem.message;
    }
    file.value = "";
  });
  show();
  return section("Pictures", "PNG, JPEG or WebP, at most 8 MB; we keep the pixels only.", element("div", { class: "field" }, element("label", { for: "f-image" }, "Add a picture"), file, names, mistake), shown);
}

// The policy of the page lets pictures come from here or from data: URLs.
function asData(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

// --- what is sent, and what is said about it --------------------------------------------------------------------------

function fields() {
  return [...form.elements]
    .filter((control) => control.name && control.value.trim() && !control.closest("[data-market]")?.hidden)
    .map((control) => [control.name, control.value]);
}

function body() {
  const advertiser = byId("advertiser")?.value;
  return advertiser ? { fields: fields(), advertiser_id: advertiser } : { fields: fields() };
}

// "returns is missing" belongs beside every empty field of returns that is shown.
function beside(mistake) {
  if (form.elements.namedItem(mistake.field)) return [mistake];
  const parts = [...form.elements].filter(({ name, value }) => name?.startsWith(`${mistake.field}.`) && !value.trim());
  const shown = parts.filter((control) => !control.closest("[data-market]")?.hidden);
  return shown.length ? shown.map(({ name }) => ({ ...mistake, field: name })) : [mistake];
}

function tell(problem) {
  const rest = showMistakes(form, { fields: problem.fields.flatMap(beside) });
  byId("rest").replaceChildren(...rest.slice(0, 20).map(({ field, given: got, allowed }) => element("li", {}, `${field}: got ${got}; allowed: ${allowed}`)));
}

async function check() {
  const mine = ++asked;
  const { fields: found, message } = await api("POST", "/api/briefs/check", body()).catch((problem) => problem);
  if (mine !== asked) return;
  if (found?.length || !message) tell({ fields: found });
  if (!message) state.textContent = found.length ? `${found.length} fields to go` : "Nothing is missing";
  else if (!found?.length) state.textContent = message;
}

function changed() {
  edits += 1;
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_AFTER_MS);
}

async function save() {
  const { id, version, revision } = form.dataset;
  const sent = edits;
  const saved = id
    ? await api("PUT", `/api/briefs/${id}`, { fields: fields(), version: Number(version), revision: Number(revision) })
    : await api("POST", "/api/briefs", body());
  Object.assign(form.dataset, { id: saved.id, version: saved.version, revision: saved.revision, images: `/api/briefs/${saved.id}/images/` });
  kept = sent;
  history.replaceState(null, "", `/advertiser/briefs/${saved.id}/edit`);
  state.textContent = `Saved: version ${saved.version}, ${saved.state}`;
  return saved;
}

async function handIn(button) {
  const mine = ++asked;
  button?.setAttribute("aria-busy", "true");
  try {
    const saved = edits > kept || !form.dataset.id ? await save() : { id: form.dataset.id, version: Number(form.dataset.version) };
    if (button?.value === "submit") {
      await api("POST", `/api/briefs/${saved.id}/submit`, { version: saved.version });
      location.assign(`/advertiser/briefs/${saved.id}`);
    } else {
      toast("Saved", "good");
    }
  } catch (problem) {
    if (mine === asked || !problem.fields?.length) { // else a check of later words has told what is missing
      if (problem.fields?.length) tell(problem);
      state.textContent = problem.fields?.length ? `${problem.fields.length} fields to go` : problem.message;
      form.querySelector('[aria-invalid="true"]')?.focus();
    }
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

let before = Promise.resolve(); // one after the other: each save builds on the version of the one before
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { submitter } = event;
  before = before.then(() => handIn(submitter));
});
form.addEventListener("input", (event) => {
  if (event.target.dataset.chooses) showMarkets();
  changed();
});
addEventListener("beforeunload", (event) => {
  if (edits > kept) event.preventDefault();
});

byId("sections").append(
  section(
    "The product",
    "",
    element("div", { class: "fields" }, text("id", "Your id of it", { hint: "Lower-case letters, digits, hyphens; it stays" }), text("sku", "SKU"), text("brand", "Brand"), pick("category", "Category", choices.category), pick("tone", "Tone", choices.tone), text("stock", "Units in stock", { type: "number" })),
    markets(),
    local("name", "Name"),
    local("summary", "What it is, in one phrase", { rows: 2 }),
    local("audience", "Who it is for", { rows: 2 }),
  ),
  section("Price and offer", "The host says a price only as it is at that second.", prices(), element("fieldset", { class: "fields" }, element("legend", {}, "Coupon (all four, or none)"), text("offer.coupon", "Code", { hint: "Such as GLOW20" }), text("offer.percent_off", "Percent off", { type: "number" }), text("offer.starts", "Starts", { hint: "2026-01-01T00:00:00+09:00" }), text("offer.ends", "Ends", { hint: "2026-01-31T23:59:00+09:00" }))),
  items("key_points", "What may be said", "Each with its evidence. Health and efficacy claims need a test, a study or a certificate.", "key point", (at) => [
    element("div", { class: "fields" }, text(`${at}.id`, "Id"), pick(`${at}.claim`, "Kind of claim", choices.claim, "feature"), pick(`${at}.evidence.kind`, "Evidence", choices.evidence), text(`${at}.evidence.reference`, "Reference", { hint: "Where the proof is" }), text(`${at}.evidence.dated`, "Dated", { type: "date" })),
    local(`${at}.text`, "In every language, by you: we never translate a claim", { rows: 2 }),
    text(`${at}.markets`, "Valid only in", { hint: "Markets apart by |, or nothing for all" }),
  ]),
  items("specs", "Measures", "Numbers and properties: size, weight, power.", "measure", (at) => [element("div", { class: "fields" }, text(`${at}.id`, "Id"), text(`${at}.value`, "Value"), text(`${at}.unit`, "Unit")), local(`${at}.label`, "Label")]),
  items("faq", "Questions and answers", "What viewers ask, and your own answer.", "question", (at) => [text(`${at}.id`, "Id"), local(`${at}.question`, "Question"), local(`${at}.answer`, "Answer", { rows: 2 })]),
  section("Delivery, returns, use", "", local("shipping", "Shipping", { rows: 2 }), local("returns", "Returns", { rows: 2 }), local("how_to_use", "How to use it", { rows: 2 })),
  section("Never say", "Words and phrases, apart by |.", text("forbidden_claims", "Forbidden", { rows: 2 })),
  images(),
);
showMarkets();
