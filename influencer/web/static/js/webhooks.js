// The pages of webhooks: forms and buttons become API calls; a secret is put on the page once, and nowhere else.

import { api, showMistakes } from "./api.js";
import { byId } from "./dom.js";
import { ask } from "./ui.js";

const page = byId("webhook");
const own = page ? `/api/webhooks/${page.dataset.id}` : "";

function show(secret) {
  byId("secret").textContent = secret;
  byId("issued").hidden = false;
  byId("issued-title").focus();
}

for (const form of document.querySelectorAll("[data-webhook]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const body = { url: data.get("url").trim(), description: data.get("description"), events: data.getAll("events") };
    const result = form.querySelector(".result");
    const events = form.querySelector('[data-for="events"]');
    events.textContent = result.textContent = "";
    event.submitter.setAttribute("aria-busy", "true");
    try {
      if (form.dataset.webhook === "change") {
        await api("PATCH", own, body);
        location.reload();
        return;
      }
      const made = await api("POST", "/api/webhooks", body);
      byId("issued-open").href = `${location.pathname}/${made.id}`;
      form.reset();
      show(made.secret);
    } catch (problem) {
      const fields = problem.fields ?? [];
      events.textContent = fields.find(({ field }) => field === "events")?.allowed ?? "";
      showMistakes(form, { fields: fields.filter(({ field }) => field !== "events") });
      result.textContent = problem.message;
      result.dataset.kind = "error";
    }
    event.submitter.removeAttribute("aria-busy");
  });
}

const ACTIONS = {
  test: () => api("POST", `${own}/test`),
  enable: () => api("PATCH", own, { enabled: true }),
  disable: () => api("PATCH", own, { enabled: false }),
  resend: (button) => api("POST", `${own}/deliveries/${button.dataset.delivery}/resend`),
  rotate: async () => show((await api("POST", `${own}/rotate`)).secret),
  delete: () => api("DELETE", own),
};
const QUESTIONS = { delete: "Delete this webhook and its deliveries?", rotate: "Make a new secret?" };

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  const what = button.dataset.do;
  if (QUESTIONS[what] && !(await ask(QUESTIONS[what]))) return;
  button.disabled = true;
  try {
    await ACTIONS[what](button);
    if (what === "delete") location.assign(page.dataset.base);
    else if (what !== "rotate") location.reload();
  } catch (problem) {
    Object.assign(byId("told"), { textContent: problem.message }).dataset.kind = "error";
  }
  button.disabled = false;
});
