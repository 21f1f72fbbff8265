// The operator's desk: forms become API calls, every answer is shown beside the form, live numbers every two seconds.

import { api } from "./api.js";

const REFRESH_MS = 2000;

const COMMANDS = {
  start: (data) => ["POST", "/api/shows", { brief_ids: data.getAll("brief_ids"), market: data.get("market"), persona: data.get("persona") || null }],
  stop: (_, id) => ["DELETE", `/api/shows/${id}`],
  pause: (_, id) => ["POST", `/api/shows/${id}/pause`],
  cut: (_, id) => ["POST", `/api/shows/${id}/cut`],
  resume: (_, id) => ["POST", `/api/shows/${id}/resume`],
  say: (data, id) => ["POST", `/api/shows/${id}/say`, { text: data.get("text"), at: data.get("at") }],
  market: (data, id) => ["POST", `/api/shows/${id}/market`, { market: data.get("market") }],
  persona: (data, id) => ["POST", `/api/shows/${id}/persona`, { persona: data.get("persona") }],
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const { command, confirm: question } = form.dataset;
  if (!command) return;
  event.preventDefault();
  if (question && !confirm(question)) return;
  const box = form.closest(".box");
  const button = form.querySelector("button");
  button.disabled = true;
  tell(box, "Working…", "");
  const problem = await call(...COMMANDS[command](new FormData(form), box.dataset.show));
  button.disabled = false;
  tell(box, problem ?? "Done.", problem ? "error" : "ok");
  if (problem) return;
  if (command === "start" || command === "stop") location.reload();
  if (command === "say") form.reset();
});

// The problem in one line, null when it went well.
const call = (...request) => api(...request).then(() => null, (problem) => problem.message);

function tell(box, text, kind) {
  const result = box.querySelector(".result");
  result.textContent = text;
  result.dataset.kind = kind;
}

async function refresh(box) {
  let desk;
  try {
    desk = await api("GET", `/api/shows/${box.dataset.show}/desk`);
  } catch (problem) {
    if (problem.status === 404) location.reload();
    return;
  }
  box.dataset.state = desk.show.state;
  const state = field(box, "state");
  state.dataset.showState = desk.show.state;
  for (const name of ["state", "market", "persona_name", "viewers"]) field(box, name).textContent = desk.show[name];
  field(box, "on_air").textContent = desk.on_air ?? "";
  field(box, "stats").replaceChildren(...desk.stats.map(stat));
  field(box, "orders").replaceChildren(...desk.orders.map(orderRow));
}

function stat({ name, value, unit }) {
  const row = document.createElement("div");
  const [term, number] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  number.textContent = unit ? `${value} ${unit}` : value;
  row.append(term, number);
  return row;
}

function orderRow(order) {
  const row = document.createElement("tr");
  for (const text of [order.id, order.lines.map((line) => `${line.quantity} × ${line.product_id}`).join(", "), order.state, order.total.iso]) {
    row.append(Object.assign(document.createElement("td"), { textContent: text }));
  }
  return row;
}

function field(box, name) {
  return box.querySelector(`[data-field="${name}"]`);
}

async function loop() {
  if (!document.hidden) await Promise.all([...document.querySelectorAll("[data-show]")].map(refresh));
  setTimeout(loop, REFRESH_MS);
}

loop();
