// The programme: putting an entry in and taking it out, and deciding on the times that advertisers propose.

import { api, showMistakes } from "./api.js";
import { byId } from "./dom.js";
import { ask, toast } from "./ui.js";

const form = byId("entry");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { market, persona, first_day, last_day, starts, minutes } = Object.fromEntries(new FormData(form));
  const brief_ids = [...form.elements.brief_ids.selectedOptions].map(({ value }) => value);
  const weekdays = [...form.querySelectorAll("[data-weekday]:checked")].map(({ value }) => Number(value));
  const rest = form.querySelector("[data-rest]");
  rest.textContent = "";
  try {
    await api("POST", "/api/programme", { brief_ids, market, persona: persona || null, first_day, last_day: last_day || null, weekdays, starts, minutes: Number(minutes) });
    location.reload();
  } catch (problem) {
    const left = showMistakes(form, problem);
    rest.textContent = problem.fields.length ? left.map(({ field, allowed }) => `${field}: ${allowed}`).join("; ") : problem.message;
  }
});

for (const button of document.querySelectorAll("[data-ends]")) {
  button.addEventListener("click", async () => {
    if (!(await ask("Take this entry out of the programme?", { yes: "Take out", detail: "If it is on air, its show ends." }))) return;
    try {
      await api("DELETE", `/api/programme/${button.dataset.ends}`);
      location.reload();
    } catch (problem) {
      toast(problem.message, "bad");
    }
  });
}

for (const one of document.querySelectorAll("[data-proposal]")) {
  one.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { starts, minutes, first_day, last_day, note } = Object.fromEntries(new FormData(one));
    const rest = one.querySelector("[data-rest]");
    const what = event.submitter.value;
    const body = what === "refuse" ? { reason: note } : { starts, minutes: Number(minutes), first_day, last_day: last_day || null, note: note || null };
    rest.textContent = "";
    if (what === "refuse" && !note.trim()) return void (rest.textContent = "Write the reason: the advertiser reads it.");
    event.submitter.setAttribute("aria-busy", "true");
    try {
      await api("POST", `/api/proposals/${one.dataset.proposal}/${what}`, body);
      location.reload();
    } catch (problem) {
      const left = showMistakes(one, problem);
      rest.textContent = problem.fields.length ? left.map(({ field, allowed }) => `${field}: ${allowed}`).join("; ") : problem.message;
    }
    event.submitter.removeAttribute("aria-busy");
  });
}
