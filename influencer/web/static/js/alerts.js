// Open alerts on the operator's pages: shown as soon as the socket tells, and said politely to screen readers.

import { api } from "./api.js";
import { byId, element } from "./dom.js";
import { live, signedOut } from "./live.js";
import { toast } from "./ui.js";

const KINDS = { critical: "bad", warning: "warn", info: "" };
const place = byId("alerts");
let known = null; // ids, after the first list
let shown = "";

export function showAlerts(alerts) {
  const text = JSON.stringify(alerts);
  if (!place || text === shown) return;
  shown = text;
  place.hidden = alerts.length === 0;
  byId("alerts-count").textContent = alerts.length;
  const held = document.activeElement?.closest?.("#alerts [data-alert]")?.dataset.alert;
  byId("alerts-list").replaceChildren(...alerts.map(row));
  if (held) (place.querySelector(`[data-alert="${held}"] button`) ?? byId("alerts-title")).focus();
  const ids = new Set(alerts.map(({ id }) => id));
  if (known) {
    const fresh = alerts.filter(({ id }) => !known.has(id));
    const gone = [...known].filter((id) => !ids.has(id)).length;
    const said = [...fresh.map(({ title, subject }) => `${title}: ${subject}.`), gone ? `${gone} resolved.` : ""].join(" ").trim();
    if (said) byId("alerts-said").textContent = said;
  }
  known = ids;
}

function row({ id, severity, title, subject, detail, opened_at: opened, acknowledged_by: seen }) {
  const button = element("button", { class: "button small", type: "button", "aria-label": `Acknowledge: ${title}, ${subject}` }, "Acknowledge");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await api("POST", `/api/alerts/${id}/acknowledge`);
    } catch (problem) {
      button.disabled = false;
      toast(problem.message, "bad");
    }
  });
  return element(
    "li",
    { class: "note", "data-kind": KINDS[severity] || null, "data-alert": id },
    element("p", {}, element("strong", {}, `${severity}: ${title}`), " ", element("code", {}, subject)),
    element("p", { class: "fine" }, `${detail} · since `, element("time", { datetime: opened }, new Date(opened).toLocaleTimeString())),
    seen ? element("p", { class: "fine" }, `Seen by ${seen}`) : element("div", { class: "actions" }, button),
  );
}

// A page with no socket of its own that tells alerts, such as the wall.
export function connectAlerts() {
  live("/operator/live", ({ alerts }) => showAlerts(alerts), signedOut);
}

if (place) {
  showAlerts(JSON.parse(byId("alerts-now").textContent));
  if ("socket" in place.dataset) connectAlerts();
}
