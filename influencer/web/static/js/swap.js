// Another host, outfit or market for the show of this desk: looked at first, then put on air. What goes on air is what was looked at:
// the versions go along, and the server refuses when one has changed since.

import { api } from "./api.js";
import { byId } from "./dom.js";
import { toast } from "./ui.js";

const base = `/api/shows/${byId("desk").dataset.show}`;
const form = byId("swap");
const seen = byId("swap-seen");
const told = form.querySelector("[data-told]");
let ready = null; // what was looked at, with its versions
let asked = 0;

function wanted() {
  const { persona, market, ...outfit } = Object.fromEntries(new FormData(form));
  const changes = Object.fromEntries(Object.entries(outfit).filter(([, value]) => value.trim()));
  return { ...(persona && { persona }), ...(market && { market }), changes };
}

function tell(problem) {
  told.textContent = problem ? (problem.fields?.length ? problem.fields.map(({ given, allowed }) => `${given}: ${allowed}`).join(" ") : problem.message) : "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const mine = (asked += 1);
  const body = wanted();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  told.textContent = "It is being drawn…";
  try {
    const look = await api("POST", `${base}/swap/preview`, body);
    if (mine !== asked) return;
    ready = { ...body, ...(body.persona && { persona_version: look.persona_version }), ...(body.market && { market_version: look.market_version }) };
    seen.querySelector("img").src = look.picture;
    seen.querySelector("[data-who]").textContent = `${look.name} in ${look.market}`;
    seen.querySelector("[data-versions]").textContent = `Host: ${look.persona_version ? `version ${look.persona_version}` : "as its file"} · market: ${look.market_version ? `version ${look.market_version}` : "as its file"} · voice ${look.voice} · label “${look.label}”`;
    const line = seen.querySelector("[data-line]");
    line.lang = look.market;
    line.textContent = look.line || "… (it is being written)";
    seen.hidden = false;
    tell(null);
  } catch (problem) {
    if (mine !== asked) return;
    seen.hidden = true;
    tell(problem);
  } finally {
    button?.removeAttribute("aria-busy");
  }
});

// What is chosen now is not what was looked at.
form.addEventListener("input", () => {
  asked += 1;
  ready = null;
  seen.hidden = true;
  told.textContent = "";
});

seen.querySelector("[data-air]").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.setAttribute("aria-busy", "true");
  try {
    await api("POST", `${base}/swap`, ready);
    toast("It goes on air when the sentence is over", "good");
    seen.hidden = true;
    form.reset();
    tell(null);
  } catch (problem) {
    tell(problem);
  }
  button.removeAttribute("aria-busy");
});
