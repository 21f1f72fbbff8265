// The viewer page: wires the video, the room, the shop and the small controls together.

import { Chat } from "./chat.js";
import { Cues } from "./cues.js";
import { Events } from "./events.js";
import { Player } from "./player.js";
import { Room } from "./room.js";
import { Shop } from "./shop.js";
import { Why } from "./why.js";

const TICKS_A_SECOND = 48000;
const CAPTION_GRACE_MS = 1500;

const words = JSON.parse(byId("words").textContent);
const { show, market, whep, hls, chat } = byId("show").dataset;
const video = byId("video");

const room = new Room(chat);
new Chat(room, words);
new Cues(room);
const events = new Events(room, show, video);
for (const part of [new Shop(room, words, show), new Why(room, words, show)]) part.show(JSON.parse(byId("card").textContent));
const player = new Player(video, { whep, hls: hls || null, token: viewerToken(), onState: showState });

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
  byId("sound").hidden = !muted;
}

// The picture carries its own captions; on a phone the panel lies over them, so the page's are on from the start.
function showCaptions(shown) {
  document.body.classList.toggle("captions-on", shown);
  byId("captions-toggle").setAttribute("aria-pressed", String(shown));
}

let captionTimer = 0;
room.addEventListener("caption", ({ detail }) => {
  byId("caption").textContent = detail.text;
  clearTimeout(captionTimer);
  const length = ((detail.end - detail.start) / TICKS_A_SECOND) * 1000;
  captionTimer = setTimeout(() => (byId("caption").textContent = ""), length + CAPTION_GRACE_MS);
});

room.addEventListener("viewers", ({ detail }) => {
  byId("viewers").dataset.count = detail.viewers;
  byId("viewers").textContent = words.watching.replace("{n}", detail.viewers);
});

room.addEventListener("state", ({ detail }) => {
  if (detail.market !== market) location.reload(); // the page speaks the market's language
  const badge = document.querySelector(".who .badge");
  badge.dataset.showState = detail.state;
  badge.textContent = { live: words.live, starting: words.starting, paused: words.paused, stopped: words.ended }[detail.state];
  byId("persona").textContent = detail.persona_name;
  byId("label").textContent = detail.label;
  byId("title").textContent = detail.title;
});

byId("sound").addEventListener("click", () => setMuted(false));
byId("mute").addEventListener("click", () => setMuted(!video.muted));
byId("retry").addEventListener("click", () => player.start());
byId("captions-toggle").addEventListener("click", () => {
  showCaptions(!document.body.classList.contains("captions-on"));
  events.tell(document.body.classList.contains("captions-on") ? "captions-on" : "captions-off");
});
byId("share").addEventListener("click", async () => {
  const link = { title: document.title, url: location.href.split("#")[0] };
  try {
    if (navigator.share) {
      await navigator.share(link);
      return;
    }
    await navigator.clipboard.writeText(link.url);
    byId("status").textContent = words.copied;
    setTimeout(() => showState(video.dataset.state), 2000);
  } catch {
    // the viewer closed the sheet, or the browser has no clipboard here
  }
});

function byId(id) {
  return document.getElementById(id);
}

showCaptions(matchMedia("(max-width: 899px)").matches);
room.open();
player.start();
