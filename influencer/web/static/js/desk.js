// The desk of one show. What is shown comes over a socket and only from there; what is done goes through the JSON API. A change to
// the lines names the version it was made on: when another operator was first, the server says so, and nothing is lost.

import { showAlerts } from "./alerts.js";
import { api } from "./api.js";
import { byId, element } from "./dom.js";
import { live } from "./live.js";
import { Microphone } from "./microphone.js";
import { toast } from "./ui.js";

const PICTURE_MS = 1500;
const desk = byId("desk");
const base = `/api/shows/${desk.dataset.show}`;
const list = byId("lines");
const microphone = new Microphone(base);
let lines = [];
let version = 0;
let editing = null; // the id of the line whose words are being changed
let dragged = null;

// --- what is shown ----------------------------------------------------------------------------------------------------

function show({ desk: now, lines: coming, alerts }) {
  showAlerts(alerts);
  version = coming.version;
  lines = coming.lines;
  for (const name of ["state", "market", "persona_name", "viewers"]) put(name, now.show[name]);
  field("state").dataset.showState = now.show.state;
  field("mode").hidden = coming.mode === "script";
  put("mode", coming.mode.replaceAll("-", " "));
  put("on_air", coming.on_air ?? "");
  field("stats").replaceChildren(...now.stats.map(({ name, value, unit }) => element("div", {}, element("dt", {}, name), element("dd", {}, unit ? `${value} ${unit}` : value))));
  field("orders").replaceChildren(...now.orders.map((order) => element("p", { class: "fine" }, element("code", {}, order.id), ` ${order.lines.map((line) => `${line.quantity} × ${line.product_id}`).join(", ")}, ${order.total.iso}, ${order.state}`)));
  microphone.show(now.microphone);
  if (dragged === null) showLines();
}

// Rows are made anew only when what they say has changed: a row that is dragged, or holds the focus, must stay the one it is.
const rows = new Map();

function showLines() {
  const kept = editing === null ? null : rows.get(editing)?.item;
  if (kept && !lines.some((line) => line.id === editing)) {
    toast("The line you were changing is on air or gone; your words are still in its box.", "warn");
  }
  for (const id of rows.keys()) if (id !== editing && !lines.some((line) => line.id === id)) rows.delete(id);
  const wanted = lines.map((line, index) => rowOf(line, index));
  if (kept && !wanted.includes(kept)) wanted.unshift(kept); // its words are not thrown away
  if (wanted.length !== list.children.length || wanted.some((item, index) => list.children[index] !== item)) list.replaceChildren(...wanted);
}

function rowOf(line, index) {
  const { planned_at: at, ...rest } = line;
  const key = JSON.stringify([rest, index, index === lines.length - 1]);
  const known = rows.get(line.id);
  if (!known || (known.key !== key && line.id !== editing)) rows.set(line.id, { key, item: row(line, index) });
  const { item } = rows.get(line.id);
  const time = item.querySelector("time");
  if (time) time.textContent = at ? new Date(at).toLocaleTimeString() : "";
  return item;
}

function row(line, index) {
  const item = element("li", { "data-id": line.id, draggable: "true" });
  const at = () => lines.findIndex(({ id }) => id === line.id);
  const act = (label, run, { name = label, disabled = false } = {}) => {
    const button = element("button", { class: "button small", type: "button", "aria-label": `${name}: line ${index + 1}`, disabled }, label);
    button.addEventListener("click", run);
    return button;
  };
  item.append(
    element("div", { class: "card-head" }, element("span", { class: "fine" }, `${line.segment.replaceAll("-", " ")} · ${line.product_id} · ${Math.round(line.seconds)} s `, element("time")), element("span", { class: "badge", "data-kind": line.edited ? "accent" : "" }, line.edited ? "yours" : line.state)),
    element("p", { class: "line-text", lang: desk.dataset.language }, line.text || "…"),
    element(
      "div",
      { class: "actions" },
      act("↑", () => move(at(), at() - 1), { name: "Earlier", disabled: index === 0 }),
      act("↓", () => move(at(), at() + 1), { name: "Later", disabled: index === lines.length - 1 }),
      act("Edit", () => edit(item, line), { disabled: !line.text }),
      act("Say now", () => change("POST", `/lines/${line.id}/say`, {}), { disabled: !line.text }),
      act("Remove", () => change("DELETE", `/lines/${line.id}?version=${version}`)),
    ),
  );
  return item;
}

function edit(item, line) {
  editing = line.id;
  item.draggable = false;
  const text = element("textarea", { rows: 3, maxlength: 400, lang: desk.dataset.language, "aria-label": "The line's words" });
  text.value = line.raw || line.text;
  const mistake = element("p", { class: "mistake fine", role: "status" });
  const done = () => {
    editing = null;
    rows.delete(line.id);
    showLines();
  };
  const save = element("button", { class: "button small primary", type: "button" }, "Keep");
  save.addEventListener("click", async () => {
    const problem = await change("PATCH", `/lines/${line.id}`, { text: text.value });
    if (problem) mistake.textContent = problem.message;
    else done();
  });
  const back = element("button", { class: "button small", type: "button" }, "Leave it");
  back.addEventListener("click", done);
  item.replaceChildren(text, mistake, element("div", { class: "actions" }, save, back));
  text.focus();
}

function field(name) {
  return document.querySelector(`[data-field="${name}"]`);
}

function put(name, text) {
  field(name).textContent = text;
}

// --- what is done -----------------------------------------------------------------------------------------------------

// The problem, or null. Every change of the lines answers with the list as it is then.
async function change(method, path, body) {
  try {
    const answer = await api(method, base + path, body ? { version, ...body } : undefined);
    if (answer?.lines) {
      version = answer.version;
      lines = answer.lines;
      showLines();
    }
    byId("told").textContent = "";
    return null;
  } catch (problem) {
    const current = problem.rest?.current;
    if (current) {
      version = current.version;
      lines = current.lines;
      showLines();
    }
    byId("told").textContent = problem.message;
    toast(problem.message, "bad");
    return problem;
  }
}

async function send(method, path, body) {
  try {
    await api(method, base + path, body);
    return null;
  } catch (problem) {
    toast(problem.message, "bad");
    return problem;
  }
}

function move(from, to) {
  const ids = lines.map(({ id }) => id);
  ids.splice(to, 0, ...ids.splice(from, 1));
  return change("PUT", "/lines/order", { ids });
}

list.addEventListener("dragstart", (event) => {
  dragged = Number(event.target.dataset.id);
  event.dataTransfer.effectAllowed = "move";
});
list.addEventListener("dragover", (event) => {
  event.preventDefault();
  const over = event.target.closest("li");
  for (const item of list.children) item.classList.toggle("over", item === over);
});
list.addEventListener("drop", async (event) => {
  event.preventDefault();
  const target = event.target.closest("li");
  const [from, to] = [dragged, Number(target?.dataset.id)].map((id) => lines.findIndex((line) => line.id === id));
  dragged = null;
  if (from >= 0 && to >= 0 && from !== to) await move(from, from < to ? to - 1 : to);
});
list.addEventListener("dragend", () => {
  dragged = null;
  showLines();
});

function onSubmit(selector, run) {
  document.querySelector(selector).addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = Object.fromEntries(new FormData(form));
    const problem = await run(data, event.submitter);
    const mistake = form.querySelector(".mistake");
    if (mistake) mistake.textContent = problem ? [problem.message, ...(problem.rest?.reasons ?? [])].join(" ") : "";
    if (!problem) for (const area of form.querySelectorAll("textarea")) area.value = "";
  });
}

onSubmit("[data-insert]", ({ text }) => change("POST", "/lines", { text }));
onSubmit("[data-say]", ({ text, at }) => send("POST", "/say", { text, at }));
onSubmit("[data-break]", ({ seconds, text }, button) => (button.value === "slate" ? send("POST", "/slate", text ? { text } : {}) : send("POST", "/break", { seconds: Number(seconds), ...(text ? { text } : {}) })));
document.querySelector('[data-do="skip"]').addEventListener("click", () => change("POST", "/lines/skip", {}));
document.querySelector("[data-jump] select").addEventListener("change", async (event) => {
  const [kind, value] = event.target.value.split(":");
  event.target.value = "";
  await change("POST", "/lines/jump", kind === "product" ? { product_id: value } : { segment: value });
});
for (const button of document.querySelectorAll("[data-post]")) button.addEventListener("click", () => send("POST", `/${button.dataset.post}`));
for (const button of document.querySelectorAll("[data-delete]")) button.addEventListener("click", () => send("DELETE", `/${button.dataset.delete}`));

// --- the socket, and the picture ----------------------------------------------------------------------------------------

function heard(now) {
  byId("lost").hidden = true;
  show(now);
}

function closed(code) {
  byId("lost").hidden = false;
  if (code === 4404) byId("lost").textContent = "The show has ended.";
  if (code === 1008) byId("lost").textContent = "You are signed out. Load the page again to sign in.";
  return code !== 4404 && code !== 1008;
}

function picture() {
  if (!document.hidden) byId("picture").src = `/shows/${desk.dataset.show}/poster?at=${Date.now()}`;
  setTimeout(picture, PICTURE_MS);
}

show(JSON.parse(byId("now").textContent));
live(`/operator/shows/${desk.dataset.show}/live`, heard, closed);
setTimeout(picture, PICTURE_MS);
