// What widgets share that run the engine on the reader's own text: a field, the progress of loading, errors in words.

import { h } from "./common.js";
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

const tokenTexts = new Map();

// The text of a token, fetched once.
export async function tokenOf(engine, id) {
  if (!tokenTexts.has(id)) tokenTexts.set(id, await engine.decode([id]));
  return tokenTexts.get(id);
}

// -> { node, run(act) }. run loads the models where that is still to do, shows how far it is, and passes the engine to
// act; an error is shown in the node, and the answer is undefined.
export function port(model, names = Object.values(PAIR)) {
  const bar = h("progress", { max: 1, hidden: true, "aria-label": "fetching the models" });
  const words = h("span", { role: "status" });
  const say = (text, share = null) => {
    if (words.textContent !== text) words.textContent = text; // what is put in anew is read out anew
    bar.hidden = share === null;
    if (share !== null) bar.value = share;
  };
  return {
    node: h("p", { class: "port" }, bar, words),
    async run(act) {
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

// A field for texts, which are read one at a time, the newest next -> a port, with the field and end(), which empties it.
// take(found, text) gets what read(engine, text) returned, unless that is undefined or the text was given up meanwhile;
// it gets null where there is no text any more.
export function textReader(model, { label, hint = "type here", read, take, names }) {
  const door = port(model, names);
  let ended = 0; // how often a text was given up: a call from before that is out of date
  const next = newest(async (text, before) => {
    const found = ended === before ? await door.run((engine) => read(engine, text)) : undefined;
    if (found !== undefined && ended === before) take(found, text);
  });
  const end = () => {
    ended += 1;
    field.show("");
    take(null, "");
  };
  const field = ownText(label, hint, (text) => (text.trim() ? next(text.trim(), ended) : end()));
  return { ...door, field, end };
}

// Tab reaches one item of a strip; the arrow keys, Home and End reach the others. items() -> those that are there
// -> point(index): from now on Tab reaches this one
export function rovingFocus(strip, items) {
  let current = 0;
  function point(index = current) {
    const all = items();
    current = Math.max(0, Math.min(index, all.length - 1));
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
export function ownText(label, hint, onInput) {
  const field = h("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: 1000, dir: "auto",
    placeholder: hint, oninput: () => onInput(field.value) });
  return {
    node: h("label", { class: "field own" }, label, field),
    show(text) { if (document.activeElement !== field) field.value = text; },
    get value() { return field.value; },
  };
}
