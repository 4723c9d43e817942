"use strict";
// Playback only: the page is complete without it. Times come from data-begin and data-end, in seconds of sound.
(() => {
  const sound = document.getElementById("sound");
  if (!sound) return;
  const byId = (id) => document.getElementById(id);
  const play = byId("play"), seek = byId("seek"), head = byId("playhead"), time = byId("time");
  const length = Number(document.querySelector(".player").dataset.length);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const spans = (selector) => [...document.querySelectorAll(selector)].map((node) => ({
    node, begin: Number(node.dataset.begin), end: Number(node.dataset.end),
  }));
  const lines = spans(".bubble").sort((a, b) => a.begin - b.begin);
  const words = spans(".word[data-begin]");
  let shown = null;

  document.documentElement.classList.add("js");
  sound.controls = false;
  sound.hidden = true;
  for (const node of [play, seek, head, time, byId("keys"), ...document.querySelectorAll(".listen")]) node.hidden = false;

  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

  function show() {
    const now = sound.currentTime;
    head.style.left = `${(100 * now) / length}%`;
    seek.value = now;
    seek.setAttribute("aria-valuetext", `${clock(now)} / ${clock(length)}`);
    time.textContent = `${clock(now)} / ${clock(length)}`;
    const inside = ({ begin, end }) => begin <= now && now < end;
    for (const word of words) word.node.classList.toggle("now", inside(word));
    for (const line of lines) line.node.classList.toggle("now", inside(line));
    const line = lines.find(inside);
    if (line && line !== shown && !sound.paused) {
      line.node.scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
    }
    shown = line || shown;
  }
  function tick() {
    show();
    if (!sound.paused) requestAnimationFrame(tick);
  }
  function go(to, andPlay) {
    sound.currentTime = Math.min(Math.max(to, 0), length);
    show();
    if (andPlay) sound.play();
  }
  function toggle() {
    if (sound.paused) sound.play(); else sound.pause();
  }
  function step(by) {
    const at = sound.currentTime;
    const next = by > 0 ? lines.find((l) => l.begin > at + 0.05) : lines.findLast((l) => l.begin < at - 0.6);
    if (next) { go(next.begin); next.node.scrollIntoView({ block: "center", behavior: "auto" }); }
  }

  sound.addEventListener("play", () => {
    play.classList.add("playing");
    play.setAttribute("aria-label", play.dataset.pause);
    tick();
  });
  for (const name of ["pause", "ended"]) sound.addEventListener(name, () => {
    play.classList.remove("playing");
    play.setAttribute("aria-label", play.dataset.play);
    show();
  });
  sound.addEventListener("seeked", show);
  play.addEventListener("click", toggle);
  seek.addEventListener("input", () => go(Number(seek.value)));
  for (const { node, begin } of lines) node.addEventListener("click", () => {
    if (String(getSelection()) === "") go(begin, true);
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const onButton = event.target.closest("button");
    if (event.key === " " && !onButton) toggle();
    else if (event.key === "ArrowLeft") go(sound.currentTime - 5);
    else if (event.key === "ArrowRight") go(sound.currentTime + 5);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "ArrowDown") step(1);
    else return;
    event.preventDefault();
  });
  show();
})();
