// The chat list and its form. Everything a stranger wrote goes through textContent.

const KEPT = 200;
const NAME_KEY = "influencer.name";
const NEAR_END_PX = 60;
const REFUSALS = { "too-fast": "too_fast", "room-busy": "too_fast", "text-too-long": "too_long", "name-too-long": "too_long" };

export class Chat {
  #authors = new Map();
  #sent = []; // what this page sent and has not seen in the room yet
  #mine = new Set(); // seqs of this viewer's own messages
  #called = new Set(); // own questions that were announced as next

  constructor(room, words) {
    this.words = words;
    this.room = room;
    this.list = byId("messages");
    this.form = byId("talk");
    this.name = byId("name");
    this.message = byId("message");
    this.notice = byId("notice");
    this.jump = byId("jump");
    this.name.value = stored(NAME_KEY) ?? "";
    this.name.addEventListener("change", () => store(NAME_KEY, this.name.value.trim()));
    this.form.addEventListener("submit", (event) => this.#send(event));
    this.jump.addEventListener("click", () => this.#toEnd());
    this.list.addEventListener("scroll", () => this.#nearEnd() && (this.jump.hidden = true), { passive: true });
    for (const kind of ["chat", "answer"]) room.addEventListener(kind, (event) => this.#add(kind, event.detail));
    room.addEventListener("turn", (event) => this.#turn(event.detail));
    room.addEventListener("rejected", (event) => this.#refused(event.detail));
    room.addEventListener("moderated", (event) => this.#moderated(event.detail));
    room.addEventListener("link", (event) => this.#link(event.detail));
  }

  #send(event) {
    event.preventDefault();
    const text = this.message.value.trim();
    if (!text) return;
    const author = this.name.value.trim() || this.words.name_hint;
    const sent = this.room.send({ author, text });
    this.#say(sent ? "" : this.words.not_sent);
    if (!sent) return;
    this.message.value = "";
    this.#sent = [...this.#sent, text].slice(-10);
  }

  #add(kind, message) {
    const follow = this.#nearEnd();
    byId("chat-empty").hidden = true;
    this.#authors.set(message.seq, message.author);
    if (kind === "chat" && this.#sent.includes(message.text)) {
      this.#sent = this.#sent.filter((text) => text !== message.text);
      this.#mine.add(message.seq);
    }
    this.list.append(this.#item(kind, message));
    if (kind === "answer" && this.#mine.has(message.reply_to)) byId("chat-news").textContent = `${message.author}: ${message.text}`;
    while (this.list.childElementCount > KEPT) this.list.firstElementChild.remove();
    if (this.#authors.size > 2 * KEPT) this.#authors.delete(this.#authors.keys().next().value);
    if (follow) this.#toEnd();
    else this.jump.hidden = false;
  }

  #item(kind, message) {
    const item = element("li", `message ${message.role ?? "viewer"}`);
    item.dataset.kind = kind;
    item.dataset.seq = message.seq;
    const author = element("span", "author", message.author);
    author.dataset.hue = hue(message.author);
    item.append(author);
    if (message.role === "host") item.append(element("span", "tag", kind === "answer" ? this.words.answer : this.words.host));
    const asker = this.#authors.get(message.reply_to);
    if (asker) item.append(element("span", "reply", `@${asker}`));
    const text = element("span", "text", message.text);
    text.dir = "auto";
    item.append(text);
    return item;
  }

  // Marks the questions that are answered aloud now and next; the viewer's own is announced, once.
  #turn({ now, next }) {
    for (const mark of this.list.querySelectorAll(".turn")) mark.remove();
    for (const [seqs, word] of [[now, this.words.turn_now], [next, this.words.turn_next]]) {
      for (const seq of seqs) this.list.querySelector(`[data-kind="chat"][data-seq="${seq}"]`)?.append(element("span", "turn", word));
    }
    const called = next.find((seq) => this.#mine.has(seq) && !this.#called.has(seq));
    if (called === undefined) return;
    this.#called.add(called);
    this.#say(this.words.turn_yours);
  }

  #refused(detail) {
    this.#say(this.words[REFUSALS[detail.reason]] ?? this.words.not_sent);
  }

  #moderated({ outcome, until }) {
    const time = until ? new Date(until).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" }) : "";
    this.#say((this.words[`message_${outcome}`] ?? "").replace("{time}", time));
  }

  #link({ open, ended }) {
    this.message.disabled = ended;
    this.#say(open ? "" : ended ? this.words.ended : this.words.chat_offline);
  }

  #say(text) {
    this.notice.textContent = text;
  }

  #nearEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_END_PX;
  }

  #toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.jump.hidden = true;
  }
}

function byId(id) {
  return document.getElementById(id);
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// One of eight colours, the same for a name each time.
function hue(name) {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.codePointAt(0)) % 9973;
  return sum % 8;
}

// Storage may be switched off; the chat works without.
function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // the name is asked again next time
  }
}
