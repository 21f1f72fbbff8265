// The editor of a host or a market: one document, edited by a form or as YAML, and looked at while it changes. What is asked for a
// picture is the newest state only: an older question is dropped here, and on the server when it still waits there.

import { api, showMistakes } from "./api.js";
import { byId, element } from "./dom.js";
import { blobOf, dataUrl } from "./media.js";
import { fieldsOf } from "./packs-form.js";
import { ask, toast } from "./ui.js";

const LOOK_AFTER_MS = 350;
const CHECK_AFTER_MS = 700;
const editor = byId("editor");
const { kind } = editor.dataset;
const pack = JSON.parse(byId("pack").textContent);
const form = byId("pack-form");
const yaml = byId("yaml");
const state = byId("state");
const wish = crypto.randomUUID();
let { document: draft, version } = pack;
let inYaml = false;
let dirty = false;
let timers = [];
let looking = null;
let checks = 0;

// --- what is written --------------------------------------------------------------------------------------------------

const path = () => `/api/packs/${kind}/${encodeURIComponent(pack.id || draft.id || "new")}`;
const written = () => (inYaml ? { yaml: yaml.value } : { document: draft });

const fields = fieldsOf(kind, JSON.parse(byId("vocabulary").textContent), { isNew: Boolean(editor.dataset.new) });

function draw() {
  byId("panel-form").replaceChildren(...fields.draw(draft, changed));
}

function changed() {
  dirty = true;
  for (const timer of timers) clearTimeout(timer);
  timers = [setTimeout(look, LOOK_AFTER_MS), setTimeout(check, CHECK_AFTER_MS)];
}

// A list's item that is wrong, or an attribute in a layer that is not shown, has no control of its own.
function tell(mistakes) {
  const homes = mistakes.map((mistake) => {
    const home = [mistake.field, mistake.field.replace(/\[\d+\].*$/, ""), mistake.field.replace(/^(attributes|styles\.[^.]+)\./, "attribute.")];
    const field = inYaml ? undefined : home.find((name) => form.elements.namedItem(name));
    return { ...mistake, allowed: field && field !== mistake.field ? `${mistake.field}: ${mistake.allowed}` : mistake.allowed, field: field ?? mistake.field };
  });
  const rest = showMistakes(form, { fields: homes });
  byId("rest").replaceChildren(...rest.slice(0, 20).map(({ field, given, allowed }) => element("li", {}, `${field}: got ${given}; allowed: ${allowed}`)));
  state.textContent = mistakes.length ? `${mistakes.length} ${mistakes.length === 1 ? "field is" : "fields are"} wrong` : "Nothing is wrong";
}

// True, false, or nothing when something else was asked meanwhile.
async function check() {
  const mine = (checks += 1);
  try {
    const answer = await api("POST", `${path()}/check`, written());
    if (mine !== checks) return undefined;
    tell(answer.fields);
    if (answer.document) {
      if (inYaml) draft = answer.document;
      else yaml.value = answer.yaml;
      sample();
    }
    return answer.fields.length === 0;
  } catch (problem) {
    if (mine !== checks) return undefined;
    if (problem.fields?.length) tell(problem.fields);
    else state.textContent = problem.message;
    return false;
  }
}

// --- what it looks, sounds and reads like -------------------------------------------------------------------------------

async function look() {
  if (!editor.dataset.looks) return;
  looking?.abort();
  const mine = (looking = new AbortController());
  const picture = byId("look");
  picture.setAttribute("aria-busy", "true");
  byId("look-state").textContent = "drawing…";
  try {
    const blob = await blobOf(`${path()}/still`, { ...written(), editor: wish, ...market() }, mine.signal);
    picture.src = await dataUrl(blob);
    picture.hidden = false;
    byId("look-state").textContent = "";
  } catch (problem) {
    if (mine !== looking) return; // outdated: a newer picture is on its way
    byId("look-state").textContent = problem.fields?.length ? "as it was before the mistake" : problem.message;
  }
  if (mine === looking) picture.removeAttribute("aria-busy");
}

function market() {
  const chosen = byId("look-market")?.value;
  return chosen ? { market: chosen } : {};
}

async function sample() {
  const list = byId("sample");
  if (!list) return;
  try {
    const made = await api("POST", `${path()}/sample`, written());
    byId("sample-state").textContent = `Label on the picture: ${made.label}. It is ${made.local_time} there. Lines about ${made.product}, bound as now.`;
    byId("forms").replaceChildren(...made.forms.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", { lang: pack.id }, value))));
    list.replaceChildren(...[...made.own, ...made.script].map(line));
  } catch (problem) {
    byId("sample-state").textContent = problem.fields?.length ? "Not while a field is wrong." : problem.message;
  }
}

function line({ field, text, refused, because }) {
  return element(
    "li",
    {},
    element("div", { class: "card-head" }, element("span", { class: "fine" }, field), element("span", { class: "badge", "data-kind": refused ? "bad" : "good" }, refused ? "never said" : "may be said")),
    element("p", { lang: pack.id }, text),
    refused ? element("p", { class: "fine" }, refused) : because.length ? element("p", { class: "fine", lang: pack.id }, because.join(" · ")) : null,
  );
}

byId("listen")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.setAttribute("aria-busy", "true");
  byId("look-state").textContent = "It takes about ten seconds…";
  try {
    const video = element("video", { controls: true, playsinline: true, "aria-label": "The host, speaking" });
    video.src = URL.createObjectURL(await blobOf(`${path()}/listen`, { ...written(), ...market() }));
    byId("listen-place").replaceChildren(video);
    byId("look-state").textContent = "";
    await video.play().catch(() => {}); // a browser may want another click
  } catch (problem) {
    byId("look-state").textContent = problem.message;
  }
  button.removeAttribute("aria-busy");
});

// --- versions -----------------------------------------------------------------------------------------------------------

function showChanges(told, changes, { clash = false } = {}) {
  byId("changes-told").textContent = told;
  byId("changes-rows").replaceChildren(...changes.map((one) => element("tr", {}, element("th", { scope: "row" }, one.field), element("td", {}, one.before || "–"), element("td", {}, one.after || "–"))));
  byId("over").hidden = byId("theirs").hidden = !clash;
  byId("changes").showModal();
}

async function save(approve) {
  const body = { ...written(), version, note: byId("note").value, approve, new: Boolean(editor.dataset.new) };
  const saved = await api("PUT", path(), body);
  dirty = false;
  location.assign(`/operator/packs/${kind}/${saved.id}`);
}

let approving = false;

async function trySave() {
  try {
    await save(approving);
  } catch (problem) {
    const current = problem.rest?.current;
    if (current) {
      version = current.version;
      showChanges(problem.message, current.changes, { clash: true });
    } else if (problem.fields?.length) {
      tell(problem.fields);
      form.querySelector('[aria-invalid="true"]')?.focus();
    } else {
      state.textContent = problem.message;
    }
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  approving = event.submitter?.value === "approve";
  event.submitter?.setAttribute("aria-busy", "true");
  await trySave();
  event.submitter?.removeAttribute("aria-busy");
});

byId("over").addEventListener("click", async () => {
  byId("changes").close();
  await trySave();
});
byId("theirs").addEventListener("click", () => {
  dirty = false;
  location.reload();
});

async function act(run, told) {
  try {
    await run();
    dirty = false;
    toast(told, "good");
    location.reload();
  } catch (problem) {
    const current = problem.rest?.current;
    if (current) showChanges(problem.message, current.changes, { clash: true });
    else toast([problem.message, ...(problem.fields ?? []).map(({ field, allowed }) => `${field}: ${allowed}`)].join(" "), "bad");
  }
}

byId("versions")?.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { compare, restore, approve } = button.dataset;
  if (compare) {
    const before = compare - 1;
    const { changes } = await api("GET", `${path()}/compare?before=${before}&after=${compare}`);
    showChanges(changes.length ? `From ${before ? `version ${before}` : "the file"} to version ${compare}` : "Nothing differs", changes);
  }
  if (restore) await act(() => api("POST", `${path()}/restore`, { restores: Number(restore), version }), "Restored");
  if (approve) await act(() => api("POST", `${path()}/versions/${approve}/approve`), "In use for shows that begin from now on");
});
byId("take-back")?.addEventListener("click", async () => {
  const question = pack.has_file ? "Let the file count again?" : `Take ${pack.id} out?`;
  if (await ask(question, { yes: "Yes", detail: "Shows on air keep what they have. Every version stays, and can be restored." })) {
    await act(() => api("DELETE", `${path()}?version=${version}`), "Taken back");
  }
});

// --- the two ways to edit -----------------------------------------------------------------------------------------------

byId("tab-yaml").addEventListener("click", async () => {
  if (inYaml) return;
  yaml.readOnly = true;
  await check(); // brings the form into the text, when it is right
  inYaml = true;
  yaml.readOnly = false;
});
byId("tab-form").addEventListener("click", async () => {
  if (!inYaml) return;
  if (await check()) {
    inYaml = false;
    draw();
  } else {
    toast("The YAML has mistakes: the form still shows it as it was", "warn");
    byId("tab-yaml").click();
  }
});
yaml.addEventListener("input", changed);
byId("look-market")?.addEventListener("change", (event) => {
  fields.show(event.target.value);
  look();
});
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

yaml.value = pack.yaml;
fields.fillMarkets(byId("look-market"), draft);
draw();
look();
sample();
