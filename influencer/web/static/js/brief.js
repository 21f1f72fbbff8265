// One brief: its preview with evidence, a look at the host saying it, the budget, and the decision.

import { api, apiBlob } from "./api.js";
import { byId, element } from "./dom.js";
import { ask, toast } from "./ui.js";

const brief = byId("brief");
const url = `/api/briefs/${brief.dataset.id}`;
const version = Number(brief.dataset.version);

// --- preview ----------------------------------------------------------------------------------------------------------

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
// As staff and advertisers read money on every page: USD 24.90.
const money = (minor, currency) => `${currency} ${new Intl.NumberFormat("en", { minimumFractionDigits: digits(currency) }).format(minor / 10 ** digits(currency))}`;
const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

function line({ text, because }, market) {
  return element(
    "div",
    { class: "script-line" },
    element("p", { lang: market }, text),
    because.length
      ? element(
          "details",
          {},
          element("summary", {}, "Why can we say this?"),
          element("ul", {}, ...because.map((fact) => element("li", {}, element("span", { lang: market }, fact.text), fact.evidence ? ` (${fact.evidence})` : " (your brief)"))),
        )
      : null,
  );
}

function refusal({ field, text, reasons }, market) {
  return element("li", {}, element("code", {}, field), " ", element("q", { lang: market }, text), element("ul", {}, ...reasons.map((reason) => element("li", {}, reason))));
}

async function preview() {
  const place = byId("preview");
  const { market, minutes } = Object.fromEntries(new FormData(byId("preview-form")));
  place.replaceChildren(element("p", { class: "skeleton" }, "Writing the script"));
  try {
    const shown = await api("GET", `${url}/preview?market=${encodeURIComponent(market)}&minutes=${encodeURIComponent(minutes)}`);
    place.replaceChildren(
      shown.refused.length
        ? element("div", { class: "note", "data-kind": "bad" }, element("strong", {}, `${shown.refused.length} of your texts will not be said in ${market}`), element("ul", {}, ...shown.refused.map((one) => refusal(one, market))))
        : element("p", { class: "note", "data-kind": "good" }, "Every text of the brief may be said in this market."),
      ...shown.warnings.map((warning) => element("p", { class: "note", "data-kind": "warn" }, warning)),
      ...shown.segments.map((segment) =>
        element("section", {}, element("h3", {}, `${clock(segment.at)} · ${segment.kind.replaceAll("-", " ")}`), element("p", { class: "fine" }, `${segment.goal}, ${Math.round(segment.seconds)} s`), ...segment.lines.map((one) => line(one, market))),
      ),
    );
    const { amount, airtime, speech, currency } = shown.cost;
    byId("cost").textContent = `This pass of ${clock(shown.seconds)}: ${money(amount, currency)} (airtime ${money(airtime, currency)}, new speech ${money(speech, currency)}). A repeated pass costs airtime only.`;
  } catch (problem) {
    place.replaceChildren(element("p", { class: "note", "data-kind": "bad" }, problem.message));
  }
}

byId("preview-form").addEventListener("submit", (event) => {
  event.preventDefault();
  preview();
});
if (byId("preview").dataset.ready === "yes") preview();

// --- look, budget -----------------------------------------------------------------------------------------------------

byId("look")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const says = byId("look-state");
  const { persona } = Object.fromEntries(new FormData(event.target));
  const market = byId("preview-form").elements.market.value;
  event.submitter.setAttribute("aria-busy", "true");
  says.textContent = "The host is rehearsing…";
  try {
    const made = await apiBlob("POST", `${url}/look`, persona ? { market, persona } : { market });
    const video = element("video", { controls: true, playsinline: true, src: URL.createObjectURL(made), "aria-label": "Ten seconds of the host" });
    byId("look-place").replaceChildren(video);
    says.textContent = "";
    video.play().catch(() => {});
  } catch (problem) {
    says.textContent = problem.message;
  }
  event.submitter.removeAttribute("aria-busy");
});

byId("budget")?.addEventListener("input", (event) => {
  const { airtime, currency } = event.currentTarget.dataset;
  const minor = Math.round(Number(event.target.value) * 10 ** digits(currency));
  const minutes = Number(airtime) ? Math.floor(minor / Number(airtime)) : Infinity;
  byId("budget-says").textContent = Number.isFinite(minutes) ? `That is about ${Math.floor(minutes / 60)} h ${minutes % 60} min on air, new speech not counted.` : "Airtime costs nothing here.";
});

// --- decisions --------------------------------------------------------------------------------------------------------

const QUESTIONS = { withdraw: "Take this brief back? No new show will present it.", approve: null, "request-changes": null };

for (const button of document.querySelectorAll("[data-decide]")) {
  button.addEventListener("click", async () => {
    const what = button.dataset.decide;
    if (QUESTIONS[what] && !(await ask(QUESTIONS[what], { yes: "Withdraw" }))) return;
    const note = byId("decision")?.elements.note.value.trim();
    button.setAttribute("aria-busy", "true");
    try {
      await api("POST", `${url}/${what}`, note ? { version, note } : { version });
      location.reload();
    } catch (problem) {
      const place = byId("decision")?.querySelector(".mistake");
      if (place) place.textContent = problem.message;
      toast(problem.message, "bad");
    }
    button.removeAttribute("aria-busy");
  });
}
