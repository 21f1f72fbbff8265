// The controls of a host or a market. They write into the document they were drawn from; what a control stands for is its name, the
// path the server's messages use. Attributes are edited in one layer at a time: everywhere, or what differs in one market.

import { element } from "./dom.js";

const LISTS = ["greetings", "farewells", "fillers", "taboo_claims", "allowed_words"];

export function fieldsOf(kind, vocabulary, { isNew }) {
  let layer = ""; // the market whose differences are edited; "" is everywhere
  let redraw = () => {};

  function at(draft, path) {
    return path.reduce((here, step) => here?.[step], draft);
  }

  // An empty text takes the field out, and what it leaves empty with it.
  function put(draft, path, value) {
    const steps = [draft];
    for (const step of path.slice(0, -1)) steps.push((steps.at(-1)[step] ??= {}));
    const last = path.at(-1);
    if (value === "" || value === null) delete steps.at(-1)[last];
    else steps.at(-1)[last] = value;
    for (let depth = steps.length - 1; depth > 0; depth -= 1) {
      if (Object.keys(steps[depth]).length === 0 && path[depth - 1] !== "attributes") delete steps[depth - 1][path[depth - 1]];
    }
  }

  function wrap(id, label, control, hint) {
    return element("div", { class: "field" }, element("label", { for: id }, label), control, hint ? element("p", { class: "hint" }, hint) : null, element("p", { class: "mistake" }));
  }

  function draw(draft, changed) {
    const text = (path, label, { rows = 0, hint = "", lang, number = false, readonly = false } = {}) => {
      const name = path.join(".");
      const id = `f-${name}`;
      const control = rows ? element("textarea", { id, name, rows, lang }) : element("input", { id, name, lang, autocomplete: "off", readonly });
      control.value = at(draft, path) ?? "";
      control.addEventListener("input", () => {
        const value = control.value.trim();
        put(draft, path, number && value && !Number.isNaN(Number(value)) ? Number(value) : value);
        changed();
      });
      return wrap(id, label, control, hint);
    };
    const pick = (path, label, options, none = null) => {
      const name = path.join(".");
      const id = `f-${name}`;
      const control = element("select", { id, name });
      if (none !== null) control.append(element("option", { value: "" }, none));
      for (const one of options) control.append(element("option", { value: one }, one));
      control.value = at(draft, path) ?? (none === null ? options[0] : "");
      control.addEventListener("change", () => {
        put(draft, path, control.value);
        changed();
      });
      return wrap(id, label, control);
    };
    const lines = (name, label, rows) => {
      const id = `f-${name}`;
      const control = element("textarea", { id, name, rows, lang: draft.id });
      control.value = (draft[name] ?? []).join("\n");
      control.addEventListener("input", () => {
        const said = control.value.split("\n").map((one) => one.trim()).filter(Boolean);
        if (said.length || name !== "fillers") draft[name] = said;
        else delete draft[name];
        changed();
      });
      return wrap(id, label, control, "One a line");
    };
    const section = (title, ...children) => element("section", { class: "card" }, element("h2", {}, title), ...children);
    redraw = () => {
      for (const old of document.querySelectorAll("[data-attributes]")) old.replaceWith(attributes(draft, changed));
    };
    return kind === "persona" ? persona() : market();

    function persona() {
      const real = () => [text(["consent", "person"], "Person"), text(["consent", "scope"], "Agreed to"), text(["consent", "expires"], "Until")];
      return [
        section(
          "Who it is",
          element(
            "div",
            { class: "fields" },
            text(["id"], "Id", { hint: isNew ? "Lower-case letters, digits, hyphens; it stays" : "It stays", readonly: !isNew }),
            pick(["voice"], "Voice", vocabulary.voices),
            text(["manner"], "Manner", { hint: "How it speaks, in a few plain English words" }),
          ),
          element("fieldset", { class: "fields" }, element("legend", {}, "Name, as each market writes it"), ...vocabulary.markets.map(({ id, name }) => text(["name", id], name, { lang: id }))),
          draft.synthetic ? element("p", { class: "fine" }, "This host is nobody: a synthetic person.") : element("fieldset", { class: "fields" }, element("legend", {}, "A real person's likeness, under a consent record"), ...real()),
        ),
        attributes(draft, changed),
      ];
    }

    function market() {
      const voices = vocabulary.voices.map((voice) => element("fieldset", { class: "fields" }, element("legend", {}, `Voice, ${voice}`), text(["voices", voice, "id"], "Voice of the speech model"), text(["voices", voice, "speed"], "Speed", { number: true, hint: "0.7 to 1.4" })));
      return [
        section("How it speaks", element("div", { class: "fields" }, pick(["persona"], "Its own host", vocabulary.personas), text(["language_name"], "The language's own name", { lang: draft.id })), ...voices),
        section(
          "AI notice",
          element("div", { class: "fields" }, text(["label"], "Label on the picture", { lang: draft.id, hint: "At most 24 letters, with AI or IA" })),
          text(["disclosure"], "Disclosure, the first thing said", { rows: 2, lang: draft.id }),
        ),
        section("Manners", lines("greetings", "Greetings, at least three", 7), lines("farewells", "Farewells", 4), lines("fillers", "While an answer takes a moment", 4)),
        section("Never said", lines("taboo_claims", "Words and phrases that are never said here", 10), lines("allowed_words", "Idioms that only look like claims", 5)),
        section("Money, time, portraits", element("div", { class: "fields" }, text(["currency"], "Currency"), text(["time_zone"], "Time zone"), text(["style_card", "light"], "Light of portraits"), text(["style_card", "mood"], "Mood of portraits"))),
      ];
    }
  }

  // --- the attributes of one layer ---

  function attributes(draft, changed) {
    const base = layer ? ["styles", layer] : ["attributes"];
    const everywhere = draft.attributes ?? {};
    const chooser = element("select", { id: "layer" }, element("option", { value: "" }, "Everywhere"));
    for (const { id, name } of vocabulary.markets) chooser.append(element("option", { value: id }, `Only in ${name} (${id})`));
    chooser.value = layer;
    chooser.addEventListener("change", () => {
      layer = chooser.value;
      redraw();
      document.getElementById("layer").focus();
      const shown = document.getElementById("look-market");
      if (shown && layer && shown.value !== layer) {
        shown.value = layer;
        shown.dispatchEvent(new Event("change"));
      }
    });
    return element(
      "section",
      { class: "card", "data-attributes": "" },
      element("h2", {}, "How it looks"),
      wrap("layer", "Change it", chooser, layer ? "What is left empty is as everywhere" : ""),
      ...vocabulary.groups.map(([title, keys]) => element("fieldset", { class: "fields" }, element("legend", {}, title), ...keys.map((one) => attribute(one)))),
    );

    function attribute({ key, label, kind: sort, choices, names, span, default: usual }) {
      const path = [...base, key];
      const id = `f-${path.join(".")}`;
      const name = path.join(".");
      const inherited = layer ? (everywhere[key] ?? usual) : usual;
      const own = at(draft, path);
      const write = (value) => {
        put(draft, path, value);
        changed();
      };
      if (sort === "choice") {
        const control = element("select", { id, name }, element("option", { value: "" }, layer ? `as everywhere (${inherited})` : `usual (${inherited})`));
        for (const one of choices) control.append(element("option", { value: one }, one));
        control.value = own ?? "";
        control.addEventListener("change", () => write(control.value));
        return wrap(id, label, control);
      }
      if (sort === "number") {
        const [min, max, step] = span;
        const slide = element("input", { id, type: "range", min, max, step });
        const exact = element("input", { name, type: "number", min, max, step: key === "age" || key === "likeness" ? 1 : "any", "aria-label": `${label}, as a number`, placeholder: inherited });
        slide.value = own ?? inherited;
        exact.value = own ?? "";
        slide.addEventListener("input", () => write(Number((exact.value = slide.value))));
        exact.addEventListener("input", () => {
          slide.value = exact.value === "" ? inherited : exact.value;
          write(exact.value === "" ? "" : Number(exact.value));
        });
        return wrap(id, label, element("div", { class: "amount" }, slide, exact));
      }
      const list = `names-${key}`;
      const words = element("input", { id, name, autocomplete: "off", placeholder: inherited ?? "", list: Object.keys(names).length ? list : null });
      const swatch = element("input", { type: "color", "aria-label": `${label}, chosen by eye` });
      const seen = (colour) => names[colour] ?? (/^#[0-9a-f]{6}$/i.test(colour ?? "") ? colour : null) ?? "#888888";
      words.value = own ?? "";
      swatch.value = seen(own ?? inherited);
      words.addEventListener("input", () => {
        swatch.value = seen(words.value || inherited);
        write(words.value.trim());
      });
      swatch.addEventListener("input", () => write((words.value = swatch.value)));
      const known = element("datalist", { id: list }, ...Object.keys(names).map((one) => element("option", { value: one })));
      return wrap(id, label, element("div", { class: "colour" }, words, swatch, Object.keys(names).length ? known : null));
    }
  }

  return {
    draw,
    // Another market is looked at: what differs there is what one edits, if anything of it is shown.
    show(marketId) {
      if (layer && layer !== marketId) {
        layer = marketId;
        redraw();
      }
    },
    fillMarkets(select, draft) {
      if (!select) return;
      for (const { id, name } of vocabulary.markets) select.append(element("option", { value: id }, `${name} (${id})`));
      select.value = Object.keys(draft.name ?? {})[0] ?? "en-US";
    },
  };
}
