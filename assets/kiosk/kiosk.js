"use strict";
/* Draws what the assistant says is on the screen, and tells it what is touched. It keeps no truth of its own. */

const find = (id) => document.getElementById(id);
const LANGUAGES = ["fr", "en"];
let words = {};
let socket = null;
let shown = { phase: "idle", language: "en", captions: [], entry: "code" };
let touchedAt = 0;

const label = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), (words[shown.language] || {})[name] || "");

function tell(command, values = {}) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ do: command, ...values }));
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/* Drawing. */

function drawLabels() {
  document.documentElement.lang = shown.language;
  setText(find("title"), label("title", { brand: shown.brand || "Candide" }));
  document.title = find("title").textContent;
  for (const node of document.querySelectorAll("[data-label]")) setText(node, label(node.dataset.label));
  for (const node of document.querySelectorAll("[data-label-aria]")) node.setAttribute("aria-label", label(node.dataset.labelAria));
  for (const node of document.querySelectorAll("[data-label-placeholder]")) node.placeholder = label(node.dataset.labelPlaceholder);
  const other = LANGUAGES.find((each) => each !== shown.language);
  setText(find("language"), words[other].language_name);
  find("language").lang = other;
  drawKeyboard(find("keyboard"), find("text"), shown.language, words[shown.language]);
  drawPad(find("pad"), find("code"), words[shown.language]);
}

function drawStarts() {
  for (const place of document.querySelectorAll(".starts")) {
    place.replaceChildren(...LANGUAGES.map((language) => {
      const button = element("button", words[language].start);
      button.type = "button";
      button.className = "first";
      button.lang = language;
      button.dataset.start = language;
      button.addEventListener("click", () => tell("start", { language }));
      return button;
    }));
  }
}

function captionNode(caption, current) {
  const node = element("li");
  node.className = caption.who;
  const spoken = element("p");
  spoken.className = "words";
  const at = current ? caption.text.indexOf(current) : -1;
  if (at >= 0) {
    spoken.append(caption.text.slice(0, at), element("mark", current), caption.text.slice(at + current.length));
  } else {
    spoken.textContent = caption.text;
  }
  const who = element("p", label(caption.who === "caller" ? "you" : "assistant"));
  who.className = "who";
  node.append(who, spoken);
  if (caption.uses && caption.uses.length) {
    const uses = element("p", label("caption_uses", { kinds: caption.uses.map((kind) => label("kind_" + kind)).join(", ") }));
    uses.className = "uses";
    node.append(uses);
  }
  return node;
}

/* Only what is new is put in, so that a screen reader says it once. */
function drawCaptions(before) {
  const list = find("captions");
  const last = shown.captions.map((each) => each.who).lastIndexOf("assistant");
  list.querySelector(".hearing")?.remove();
  while (list.children.length > shown.captions.length) list.lastChild.remove();
  shown.captions.forEach((caption, index) => {
    const current = index === last ? shown.speaking : "";
    const drawn = JSON.stringify([caption, current, shown.language]);
    const old = list.children[index];
    if (old && old.dataset.drawn === drawn) return;
    const node = captionNode(caption, current);
    node.dataset.drawn = drawn;
    if (old) old.replaceWith(node);
    else list.append(node);
  });
  if (shown.hearing) {
    const node = captionNode({ who: "caller", text: shown.hearing }, "");
    node.classList.add("hearing");
    list.append(node);
  }
  const grown = !before || shown.captions.length !== before.captions.length || shown.hearing !== before.hearing;
  if (grown) toTheEnd();
}

const toTheEnd = () => { find("captions").scrollTop = find("captions").scrollHeight; };

function drawNotices(connected) {
  const told = [];
  if (!connected) told.push(label("disconnected"));
  if (shown.phase === "talking" && shown.microphone === "lost") told.push(label("microphone_lost"));
  if (shown.phase === "talking" && shown.loudspeaker === "lost") told.push(label("loudspeaker_lost"));
  if (shown.person) told.push(label("person_" + shown.person));
  const place = find("notices");
  if ([...place.children].map((each) => each.textContent).join("\n") !== told.join("\n")) {
    place.replaceChildren(...told.map((text) => element("p", text)));
  }
}

function drawEar() {
  const ear = find("ear");
  ear.classList.toggle("lost", shown.microphone === "lost");
  ear.firstElementChild.style.transform = `scaleX(${Math.max(0, Math.min(1, (shown.level + 60) / 50))})`;
}

function openPanel(panel, open) {
  if (open && !panel.open) panel.showModal();
  else if (!open && panel.open) panel.close();
}

/* A customer number is no secret, and may have letters. */
function drawEntry() {
  setText(find("code-title"), label(shown.entry + "_title"));
  setText(find("code-more"), label(shown.entry + "_more"));
  find("code").type = shown.entry === "number" ? "text" : "password";
  find("code").inputMode = shown.entry === "number" ? "text" : "numeric";
}

function drawPanels(before) {
  const code = find("code-panel");
  drawEntry();
  if (before && before.entry !== shown.entry) {
    find("code").value = "";
    if (shown.code_wanted) find("code").focus();
  }
  if (!before || before.code_wanted !== shown.code_wanted) {
    openPanel(code, shown.code_wanted && shown.phase === "talking");
    find("code").value = "";
  }
  const outcome = shown.code_outcome
    ? label("code_" + shown.code_outcome, { left: shown.tries_left, seconds: shown.locked_seconds })
    : "";
  setText(find("code-outcome"), outcome);
  if (shown.code_outcome === "wrong" && before && before.tries_left !== shown.tries_left) find("code").value = "";
  if (shown.data) drawData(find("known"), shown.data, shown.language, words[shown.language]);
  openPanel(find("data-panel"), Boolean(shown.data));
  if (!shown.data) find("known").replaceChildren();
}

function draw(before) {
  if (!words[shown.language]) return;
  document.body.dataset.phase = shown.phase;
  if (!before || before.language !== shown.language || before.brand !== shown.brand) drawLabels();
  if (shown.phase === "over") setText(find("ended"), label(shown.ended === "nobody there" ? "over_nobody" : "over"));
  drawCaptions(before);
  drawNotices(true);
  drawEar();
  const same = before && JSON.stringify([before.data, before.code_wanted, before.entry, before.code_outcome, before.tries_left, before.language])
    === JSON.stringify([shown.data, shown.code_wanted, shown.entry, shown.code_outcome, shown.tries_left, shown.language]);
  if (!same || before.phase !== shown.phase) drawPanels(before);
  find("leaving").hidden = shown.leaving === null || shown.phase !== "talking";
  setText(find("leaving-more"), shown.leaving === null ? "" : label("leaving_more", { seconds: shown.leaving }));
  find("sound").setAttribute("aria-pressed", String(shown.muted));
  setText(find("sound"), label(shown.muted ? "sound_on" : "sound_off"));
  find("identify").disabled = shown.authenticated;
  find("data-identify").hidden = shown.authenticated;
  setText(find("identify"), label(shown.authenticated ? "identified" : "identify"));
  if (before && before.phase !== "talking" && shown.phase === "talking") find("text").focus();
  if (shown.phase !== "talking") {
    find("text").value = "";
    find("code").value = "";
  }
}

/* Talking to the assistant. */

function connect() {
  socket = new WebSocket(`ws://${location.host}/talk`);
  socket.addEventListener("message", (message) => {
    const before = document.body.dataset.drawn ? shown : null;
    shown = JSON.parse(message.data);
    draw(before);
    document.body.dataset.drawn = "yes";
  });
  socket.addEventListener("close", () => {
    drawNotices(false);
    setTimeout(connect, 1000);
  });
}

function say(name) {
  if (shown.data) tell("data", { wanted: false });
  tell("say", { text: label(name) });
}

function closeCode() {
  find("code").value = "";
  tell("identify", { wanted: false });
  openPanel(find("code-panel"), false);
}

function listen() {
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => {
      if (Date.now() - touchedAt > 1000) {
        touchedAt = Date.now();
        tell("touch");
      }
    }, { capture: true, passive: true });
  }
  for (const button of document.querySelectorAll("[data-say]")) button.addEventListener("click", () => say(button.dataset.say));
  find("language").addEventListener("click", () => tell("language", { language: LANGUAGES.find((each) => each !== shown.language) }));
  find("sound").addEventListener("click", () => tell("mute", { muted: !shown.muted }));
  for (const id of ["human", "code-human"]) find(id).addEventListener("click", () => { openPanel(find("code-panel"), false); tell("human"); });
  find("stop").addEventListener("click", () => tell("stop"));
  find("here").addEventListener("click", () => tell("touch"));
  find("identify").addEventListener("click", () => tell("identify", { wanted: true }));
  find("data").addEventListener("click", () => tell("data", { wanted: true }));
  find("data-close").addEventListener("click", () => tell("data", { wanted: false }));
  find("data-identify").addEventListener("click", () => { tell("data", { wanted: false }); tell("identify", { wanted: true }); });
  find("data-panel").addEventListener("cancel", () => tell("data", { wanted: false }));
  find("code-close").addEventListener("click", closeCode);
  find("code-panel").addEventListener("cancel", closeCode);
  find("code-form").addEventListener("submit", (event) => {
    event.preventDefault();
    tell("code", { code: find("code").value });
    find("code").value = "";
  });
  find("write").addEventListener("submit", (event) => {
    event.preventDefault();
    if (find("text").value.trim()) tell("say", { text: find("text").value });
    find("text").value = "";
  });
  find("keys").addEventListener("click", () => {
    find("keyboard").hidden = !find("keyboard").hidden;
    find("keys").setAttribute("aria-expanded", String(!find("keyboard").hidden));
  });
  document.addEventListener("keydown", (event) => {
    const writing = event.target instanceof HTMLInputElement;
    if (event.key === "0" && !writing && shown.phase === "talking") tell("human");
  });
  new ResizeObserver(toTheEnd).observe(find("captions"));
  document.addEventListener("contextmenu", (event) => event.preventDefault());
}

fetch("/labels.json").then((answer) => answer.json()).then((answer) => {
  words = answer;
  drawStarts();
  listen();
  draw(null);
  connect();
});
