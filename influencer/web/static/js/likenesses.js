// One person's likeness, for staff: revoking, withdrawing, links and corrections.

import { api, showMistakes } from "./api.js";
import { byId } from "./dom.js";
import { ask, toast } from "./ui.js";

const own = `/api/likenesses/${byId("likeness").dataset.key}`;

const ACTS = {
  async withdraw() {
    const detail = "Every record of theirs ends, and every show with their likeness stops at once. It cannot be undone.";
    if (!(await ask("Has the person withdrawn?", { yes: "Withdraw", detail }))) return;
    await api("POST", `${own}/withdraw`, {});
    location.reload();
  },
  async revoke({ id }) {
    if (!(await ask(`Revoke ${id}?`, { yes: "Revoke", detail: "It cannot be undone; sign a new one instead." }))) return;
    await api("POST", `/api/likenesses/consents/${id}/revoke`, { because: "revoked on the operator's page" });
    location.reload();
  },
  async link() {
    const { path } = await api("POST", `${own}/links`, {});
    const shown = byId("made-link");
    shown.value = `${location.origin}${path}`;
    byId("made").hidden = false;
    shown.focus();
    shown.select();
  },
  async end({ id }) {
    await api("DELETE", `/api/likenesses/links/${id}`);
    location.reload();
  },
};

for (const button of document.querySelectorAll("[data-act]")) {
  button.addEventListener("click", async () => {
    try {
      await ACTS[button.dataset.act](button.dataset);
    } catch (problem) {
      toast(problem.message, "bad");
    }
  });
}

const form = byId("correction");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { consent_id, month, milliseconds, amount, because } = Object.fromEntries(new FormData(form));
  const rest = form.querySelector("[data-rest]");
  rest.textContent = "";
  try {
    await api("POST", `${own}/corrections`, { consent_id, month, milliseconds: Number(milliseconds), amount: Number(amount), because });
    location.reload();
  } catch (problem) {
    const left = showMistakes(form, problem);
    rest.textContent = problem.fields.length ? left.map(({ field, allowed }) => `${field}: ${allowed}`).join("; ") : problem.message;
  }
});
