// An approved brief: the times an advertiser proposes for it, and its budgets.

import { api, showMistakes } from "./api.js";
import { byId } from "./dom.js";
import { ask, toast } from "./ui.js";

const brief_id = byId("brief").dataset.id;
const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

// Minor units of an amount as people write it ("250", "250.50"), exactly; NaN when it is none.
export function minor(text, currency) {
  const [, whole, part = ""] = /^\s*(\d{1,9})(?:[.,](\d{1,3}))?\s*$/.exec(text) ?? [];
  if (whole === undefined || part.length > digits(currency)) return NaN;
  return Number(whole + part.padEnd(digits(currency), "0"));
}

async function send(form, method, path, body) {
  const rest = form.querySelector("[data-rest]");
  if (rest) rest.textContent = "";
  try {
    await api(method, path, body);
    location.reload();
  } catch (problem) {
    const left = (form.elements ? showMistakes(form, problem) : problem.fields).map(({ field, allowed }) => `${field}: ${allowed}`);
    const text = problem.fields.length ? left.join("; ") : problem.message;
    if (rest) rest.textContent = text;
    else if (text) toast(text, "bad");
  }
}

// The amount of a form in minor units; without one, the mistake is shown beside its field.
function amount(form) {
  const { currency } = form.dataset;
  const given = minor(form.elements.amount.value, currency);
  if (Number.isNaN(given)) showMistakes(form, { fields: [{ field: "amount", allowed: `a number such as 250 in ${currency}, with at most ${digits(currency)} decimals` }] });
  return given;
}

byId("proposal")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const { market, earliest, latest, minutes, first_day, last_day } = Object.fromEntries(new FormData(form));
  const weekdays = [...form.querySelectorAll("[data-weekday]:checked")].map(({ value }) => Number(value));
  send(form, "POST", "/api/proposals", { brief_id, market, earliest, latest, minutes: Number(minutes), first_day, last_day: last_day || null, weekdays });
});

byId("new-budget")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const given = amount(form);
  const { first_day, last_day } = Object.fromEntries(new FormData(form));
  if (!Number.isNaN(given)) send(form, "POST", "/api/budgets", { brief_id, amount: given, currency: form.dataset.currency, first_day, last_day });
});

for (const form of document.querySelectorAll("[data-changes]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = amount(form);
    if (!Number.isNaN(given)) send(form, "PATCH", `/api/budgets/${form.dataset.changes}`, { amount: given });
  });
}

const TAKES = [
  ["ends", "DELETE", (id) => `/api/budgets/${id}`, "End this budget?", "Nothing limits the product's airtime then."],
  ["withdraws", "POST", (id) => `/api/proposals/${id}/withdraw`, "Take this proposal back?", ""],
];
for (const [name, method, path, question, detail] of TAKES) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) {
    button.addEventListener("click", async () => {
      if (!(await ask(question, { yes: "Yes", detail }))) return;
      await send(button.closest("section"), method, path(button.dataset[name]));
    });
  }
}
