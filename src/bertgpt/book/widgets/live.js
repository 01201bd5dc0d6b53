// Widgets that ask the engine about the reader's own text: a field, the wait for the models, errors in plain words.

import { h, softmax } from "./common.js";
import { newest, openEngine } from "./engine/client.js";

// The models whose files lie beside the page (live.py).
export const PAIR = { BERT: "tinybert", GPT: "tinygpt" };

// What a model weighs on its way to the page, at most (engine/pack.py, `MOST`).
export const MODEL_SIZE = "6.5 MB";

// Space, line break and such as signs (base.py, `SIGNS`).
const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍" };
export const withSigns = (text) => text.replace(/[ \n\t\r]/g, (sign) => SIGNS[sign]);

// A token for a table: a piece that goes on with a word behind an ellipsis (base.py, `readable`).
export function readable(token) {
  const word = token.trim() || withSigns(token);
  return token === word && /^[\p{L}\p{N}]/u.test(word) ? `…${word}` : word;
}

// In this vocabulary a word begins with its space, the first one of a text too (tokenizer.py, `spaced`).
export const spaced = (text) => (/^(\s|$)/.test(text) ? text : ` ${text}`);

// What a reader types where a word is missing, as the tokenizer knows it.
const TYPED_BLANK = /\s*(?:\[MASK\]|▁+|_+)/g;
export const withBlanks = (text) => spaced(text.replace(TYPED_BLANK, " [MASK]").trim());

// Mulberry32: n numbers from [0, 1), the same for the same seed in any browser.
export function randomNumbers(seed, n) {
  let state = seed >>> 0;
  return Array.from({ length: n }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });
}

// The likeliest id, or at a temperature above 0 the one on whose stretch of [0, 1) a number falls.
export function drawnId(logits, temperature, number) {
  if (temperature === 0) return logits.indexOf(Math.max(...logits));
  let left = number;
  const id = softmax(Array.from(logits, (logit) => logit / temperature)).findIndex((share) => (left -= share) < 0);
  return id < 0 ? logits.length - 1 : id;
}

const tokenTexts = new Map();

// The text of a token, asked for once.
export async function tokenOf(engine, id) {
  if (!tokenTexts.has(id)) tokenTexts.set(id, await engine.decode([id]));
  return tokenTexts.get(id);
}

// -> { node, ask(act) }. ask fetches the models where they are not here yet, says how far it is, and gives the engine to
// act; whatever fails stands in the node, and the answer is undefined.
export function port(model, names) {
  const bar = h("progress", { max: 1, hidden: true, "aria-label": "fetching the models" });
  const words = h("span", { role: "status" });
  const say = (text, share = null) => {
    if (words.textContent !== text) words.textContent = text; // what is put in anew is read out anew
    bar.hidden = share === null;
    if (share !== null) bar.value = share;
  };
  return {
    node: h("p", { class: "port" }, bar, words),
    async ask(act) {
      try {
        const engine = openEngine(model);
        const wait = (share) => say(share < 1 ? " Fetching the models …" : "", share < 1 ? share : null);
        await engine.load(names, wait);
        say("");
        return await act(engine);
      } catch (error) {
        say(error.message);
        return undefined;
      }
    },
  };
}

// Read the texts that a reader types, one at a time, the newest next. take(found, text) gets what read(text) answered,
// unless that is undefined or the text was given up meanwhile; it gets null where there is no text any more.
export function textReader(read, take) {
  let ended = 0; // how often a text was given up: what was asked before is past
  const next = newest(async (text, before) => {
    const found = ended === before ? await read(text) : undefined;
    if (found !== undefined && ended === before) take(found, text);
  });
  const end = () => {
    ended += 1;
    take(null, "");
  };
  return { end, type: (text) => (text.trim() ? next(text.trim(), ended) : end()) };
}

// The head of a column, or an empty cell above a column that needs none; wide: the column of the bars.
export const head = (text, wide) => h(text ? "th" : "td", { scope: text ? "col" : null, class: wide ? "share" : null }, text);

// Tab reaches one item of a strip, the arrow keys, Home and End the others. items() -> those that are there
// -> point(place): from now on it is this one
export function oneByOne(strip, items) {
  let current = 0;
  function point(place = current) {
    const all = items();
    current = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((item, i) => { item.tabIndex = i === current ? 0 : -1; });
    return all[current];
  }
  strip.addEventListener("focusin", (event) => point(items().indexOf(event.target)));
  strip.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own, as in a tokenGrid
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: items().length - 1 }[event.key];
    if (to === undefined) return;
    point(to)?.focus();
    event.preventDefault();
  });
  return point;
}

// A field for a text of one's own, of a length that a page can show. Nothing is fetched before the first key press.
export function ownText(label, hint, hear) {
  const field = h("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: 1000, dir: "auto",
    placeholder: hint, oninput: () => hear(field.value) });
  return {
    node: h("label", { class: "field own" }, label, field),
    show(text) { if (document.activeElement !== field) field.value = text; },
    get value() { return field.value; },
  };
}
