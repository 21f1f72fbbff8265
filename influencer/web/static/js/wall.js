// The wall: a tile a show, told by a socket. Pictures are fetched anew every other second, and only while the page is seen.

import { showAlerts } from "./alerts.js";
import { byId, element } from "./dom.js";
import { live, signedOut } from "./live.js";

const PICTURE_MS = 2000;
const wall = byId("wall");
const tiles = new Map();

function show({ shows, alerts }) {
  showAlerts(alerts);
  for (const [id, tile] of tiles) {
    if (shows.some((one) => one.id === id)) continue;
    tile.item.remove();
    tiles.delete(id);
  }
  for (const now of shows) {
    if (!tiles.has(now.id)) {
      tiles.set(now.id, tileOf(now));
      wall.append(tiles.get(now.id).item);
    }
    tiles.get(now.id).update(now);
  }
  byId("wall-empty").hidden = shows.length > 0;
}

function tileOf({ id, title }) {
  const picture = element("img", { src: pictureOf(id), alt: "", width: "180", height: "320" });
  const parts = Object.fromEntries(["state", "health"].map((name) => [name, element("span", { class: "badge" })]));
  const words = Object.fromEntries(["cast", "on_air"].map((name) => [name, element("p", { class: name === "cast" ? "fine" : "said" })]));
  const numbers = Object.fromEntries(["Viewers", "Orders", "Revenue", "Waiting"].map((name) => [name, element("dd", {})]));
  const item = element(
    "li",
    { class: "card tile", "data-show": id },
    element("a", { class: "picture", href: `/shows/${id}`, "aria-label": `Watch ${title}` }, picture),
    element(
      "div",
      { class: "stack" },
      element("h2", {}, element("a", { href: `/operator/shows/${id}` }, title)),
      element("p", { class: "badges" }, parts.state, " ", parts.health),
      words.cast,
      element("dl", { class: "stats" }, ...Object.entries(numbers).map(([name, value]) => element("div", {}, element("dt", {}, name), value))),
      words.on_air,
    ),
  );
  function update(now) {
    parts.state.textContent = now.state;
    parts.state.dataset.showState = now.state;
    parts.health.textContent = now.health.text;
    parts.health.dataset.kind = now.health.kind;
    words.cast.textContent = `${now.host} · ${now.market}`;
    words.on_air.textContent = now.on_air ?? "";
    words.on_air.lang = now.language;
    numbers.Viewers.textContent = now.viewers;
    numbers.Orders.textContent = now.orders;
    numbers.Revenue.textContent = now.revenue.join(" + ") || "0";
    numbers.Waiting.textContent = [now.held && `${now.held} held`, now.hand_offs && `${now.hand_offs} for a person`].filter(Boolean).join(", ") || "nothing";
  }
  return { item, update, picture };
}

function pictureOf(id) {
  return `/shows/${id}/poster?at=${Math.floor(Date.now() / PICTURE_MS)}`;
}

show(JSON.parse(byId("wall-now").textContent));
live(
  "/operator/wall/live",
  (now) => {
    byId("wall-lost").hidden = true;
    show(now);
  },
  (code) => {
    if (!signedOut(code)) return false;
    byId("wall-lost").hidden = false;
    return true;
  },
);
setInterval(() => {
  if (!document.hidden) for (const [id, { picture }] of tiles) picture.src = pictureOf(id);
}, PICTURE_MS);
