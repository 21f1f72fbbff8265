// What components do beside looking right: toasts, questions, tabs, dialogs that are opened by a button, the theme.
// A page that extends shell.html has it running; others import what they need and call start() for the attributes.

import { byId, element } from "./dom.js";

const TOAST_MS = 5000;
const TWO_YEARS_S = 2 * 365 * 24 * 3600;

// A short confirmation. Errors belong beside what failed; a toast may repeat them.
export function toast(text, kind = "") {
  const place = byId("toasts") ?? document.body.appendChild(element("div", { id: "toasts", class: "toasts", role: "status", popover: "manual" }));
  const note = element("p", { class: "toast", "data-kind": kind }, text);
  place.append(note);
  if (place.showPopover) {
    if (place.matches(":popover-open")) place.hidePopover();
    place.showPopover(); // above a dialog that is open
  }
  setTimeout(() => {
    note.remove();
    if (!place.childElementCount && place.matches(":popover-open")) place.hidePopover();
  }, TOAST_MS);
}

// Ask before something that cannot be undone: resolves to true or false.
export function ask(question, { yes = "Yes", no = "Cancel", detail = "" } = {}) {
  const dialog = element(
    "dialog",
    { class: "dialog", "aria-labelledby": "ask-question" },
    element("h2", { id: "ask-question" }, question),
    detail ? element("p", {}, detail) : null,
    element(
      "form",
      { method: "dialog" },
      element("div", { class: "actions end" }, element("button", { class: "button", value: "no", autofocus: true }, no), element("button", { class: "button danger", value: "yes" }, yes)),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

// Tabs as in the ARIA authoring practices: one stop in the tab order, arrows move and select.
export function tabs(list) {
  const all = [...list.querySelectorAll('[role="tab"]')];
  const select = (chosen, focus) => {
    for (const tab of all) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !on;
    }
    if (focus) chosen.focus();
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) select(tab, false);
  });
  list.addEventListener("keydown", (event) => {
    const rtl = getComputedStyle(list).direction === "rtl" ? -1 : 1;
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + rtl, ArrowLeft: at - rtl, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    select(all[(to + all.length) % all.length], true);
  });
  select(all.find((tab) => tab.getAttribute("aria-selected") === "true") ?? all[0], false);
}

// "light", "dark" or "auto"; the server writes the choice into the next page, so that it never flashes.
export function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${TWO_YEARS_S}; samesite=lax`;
}

// data-opens="id" opens a dialog, data-closes closes the one it stands in, data-theme-toggle changes the theme.
export function start(root = document) {
  for (const list of root.querySelectorAll('[role="tablist"]')) tabs(list);
  root.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) byId(opener.dataset.opens).showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    if (event.target.closest("[data-theme-toggle]")) setTheme(isDark() ? "light" : "dark");
  });
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
