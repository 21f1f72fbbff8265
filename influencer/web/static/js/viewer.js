// The viewer page: wires the video, the room, the products and the small controls together.

import { Cart } from "./cart.js";
import { Captions } from "./captions.js";
import { Chat } from "./chat.js";
import { Countdowns, ServerClock } from "./countdown.js";
import { Cues } from "./cues.js";
import { byId } from "./dom.js";
import { Events } from "./events.js";
import { Likes } from "./likes.js";
import { Player } from "./player.js";
import { Quality } from "./quality.js";
import { Room } from "./room.js";
import { Shop } from "./shop.js";
import { Tray } from "./tray.js";
import { start, toast } from "./ui.js";
import { Why } from "./why.js";

const TWO_YEARS_S = 2 * 365 * 24 * 3600;

const words = JSON.parse(byId("words").textContent);
const { show, market, language, whep, hls, chat, now } = byId("show").dataset;
const video = byId("video");
const card = JSON.parse(byId("card").textContent);

const room = new Room(chat);
new Chat(room, words);
new Cues(room);
new Captions(room, words, { show, market, language });
const events = new Events(room, show, video);
const shop = new Shop(room, words, show);
const why = new Why(room, words, show);
const clock = new ServerClock(now);
const cart = new Cart({ words, show, checkout: () => shop.checkout((reason) => cart.open(reason)) });
const tray = new Tray(room, {
  words, show, clock,
  buy: (chosen) => shop.open(chosen),
  add: (chosen) => cart.add(chosen),
  ask: (chosen) => why.open(chosen),
});
new Likes(room, words, show, () => events.tell("like"));
for (const part of [shop, why]) part.show(card);
tray.show(card, JSON.parse(byId("cards").textContent));
new Countdowns(clock, words, async () => shop.show((await tray.refresh()) ?? card));
const player = new Player(video, { whep, hls: hls || null, token: viewerToken(), onState: showState });
new Quality(player, words);
start();

// A house that wants a viewer token hands out links with #token=…: a fragment never reaches a log.
function viewerToken() {
  return new URLSearchParams(location.hash.slice(1)).get("token");
}

function showState(state) {
  const texts = { connecting: words.connecting, playing: "", fallback: words.delayed, failed: words.failed };
  byId("status").textContent = texts[state];
  byId("retry").hidden = state !== "failed";
  byId("sound").hidden = !(video.muted && (state === "playing" || state === "fallback"));
}

function setMuted(muted) {
  if (video.muted && !muted) events.tell("sound-on");
  video.muted = muted;
  if (!muted) video.play().catch(() => {});
  byId("mute").setAttribute("aria-label", muted ? words.sound : words.mute);
  byId("mute").querySelector("use").setAttribute("href", `/static/icons.svg#${muted ? "muted" : "sound"}`);
  if (!muted && document.activeElement === byId("sound")) byId("mute").focus(); // the button goes, the place stays
  byId("sound").hidden = !muted;
}

// The picture carries its own captions; on a phone the panel lies over them, and a viewer may read another language.
function showCaptions(shown) {
  document.body.classList.toggle("captions-on", shown);
  byId("captions-toggle").setAttribute("aria-pressed", String(shown));
}

room.addEventListener("viewers", ({ detail }) => {
  byId("viewers").dataset.count = detail.viewers;
  byId("viewers").textContent = words.watching.replace("{n}", detail.viewers);
});

room.addEventListener("state", ({ detail }) => {
  if (detail.market !== market) location.reload(); // prices, names and perhaps the page's own language are others
  const badge = document.querySelector(".who .badge");
  badge.dataset.showState = detail.state;
  badge.textContent = { live: words.live, starting: words.starting, paused: words.paused, stopped: words.ended }[detail.state];
  byId("persona").textContent = detail.persona_name;
  byId("title").textContent = detail.title;
  byId("person").hidden = !detail.person;
});

byId("sound").addEventListener("click", () => setMuted(false));
byId("mute").addEventListener("click", () => setMuted(!video.muted));
byId("retry").addEventListener("click", () => player.start());
byId("captions-toggle").addEventListener("click", () => {
  showCaptions(!document.body.classList.contains("captions-on"));
  events.tell(document.body.classList.contains("captions-on") ? "captions-on" : "captions-off");
});
for (const [button, dialog] of [["ai", "ai-dialog"], ["settings", "settings-dialog"]]) {
  byId(button).addEventListener("click", () => byId(dialog).showModal());
}
byId("language").addEventListener("change", ({ target }) => {
  document.cookie = `language=${target.value}; path=/; max-age=${TWO_YEARS_S}; samesite=lax`;
  location.reload();
});

byId("share").addEventListener("click", async () => {
  const link = { title: document.title, url: location.href.split("#")[0] };
  try {
    if (navigator.share) {
      await navigator.share(link);
      return;
    }
    await navigator.clipboard.writeText(link.url);
    toast(words.copied);
  } catch (refused) {
    if (refused.name === "AbortError") return; // the viewer closed the sheet
    byId("share-link").value = link.url; // no clipboard here: the link to copy by hand
    byId("share-dialog").showModal();
    byId("share-link").select();
  }
});

showCaptions(matchMedia("(max-width: 899px)").matches || language !== market);
room.open();
player.start();
cart.load();
