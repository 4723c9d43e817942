"use strict";
/* Keys on the screen, for a kiosk that has none of its own. */

const KEY_ROWS = {
  fr: ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbnéèàç", "'?,.-êùôî"],
  en: ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "'?,.-"],
};

function keyButton(text, name, press, wide) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.setAttribute("aria-label", name);
  if (wide) button.className = "wide";
  button.addEventListener("click", press);
  return button;
}

function insert(input, text) {
  input.setRangeText(text, input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length, "end");
}

function eraseOne(input) {
  const [from, to] = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
  input.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
}

/* Fills `place` with the keys of a language that write into `input`. */
function drawKeyboard(place, input, language, names) {
  const rows = (KEY_ROWS[language] || KEY_ROWS.en).map((keys) => {
    const row = document.createElement("div");
    row.append(...[...keys].map((key) => keyButton(key, key, () => insert(input, key), false)));
    return row;
  });
  const last = document.createElement("div");
  last.append(
    keyButton("␣", " ", () => insert(input, " "), true),
    keyButton("⌫", names.code_erase, () => eraseOne(input), false),
  );
  place.replaceChildren(...rows, last);
}

/* A keypad that writes into the code's field. */
function drawPad(place, input, names) {
  const keys = [..."123456789"].map((key) => keyButton(key, key, () => { input.value += key; }, false));
  keys.push(
    keyButton("⌫", names.code_erase, () => { input.value = input.value.slice(0, -1); }, false),
    keyButton("0", "0", () => { input.value += "0"; }, false),
  );
  place.replaceChildren(...keys);
}
