// What widgets share that run the engine on the reader's own text: a field, the progress of loading, errors in words.

import { h } from "./common.js";
import { newest, openEngine } from "./engine/client.js";

// The models whose files lie beside the page (live.py).
export const PAIR = { BERT: "littlebert", GPT: "littlegpt" };

// What models weigh on their way to the page, at most (engine/pack.py, `MOST`).
export const sizeOf = (...names) => `${6.4 * names.length} MB`;

// Space, line break and such as signs (base.py, `SIGNS`).
const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍" };
export const withSigns = (text) => text.replace(/[ \n\t\r]/g, (sign) => SIGNS[sign]);

// A token for a table: a piece that goes on with a word behind an ellipsis (base.py, `readable`).
export function readable(token) {
  const word = token.trim() || withSigns(token);
  return token === word && /^[\p{L}\p{N}]/u.test(word) ? `…${word}` : word;
}

// In this vocabulary a word begins with its space, the first one of a text too (tokenizer.py, `with_leading_space`).
export const spaced = (text) => (/^(\s|$)/.test(text) ? text : ` ${text}`);

// One rule in every box: _, ▁ or [MASK], however many in a row, is a blank, and the label says so. The tokenizer knows it as
// [MASK]; who can only continue a text goes on from its first blank.
export const BLANKS = /(?:\[MASK\]|[_▁])+/g;
export const withBlanks = (text) => spaced(text.replace(BLANKS, " [MASK]").replace(/\s+\[MASK\]/g, " [MASK]").trim());
export const upToBlank = (text) => spaced(text.split(BLANKS)[0].trim());

const tokenTexts = new Map();

// The text of a token, fetched once.
export async function tokenOf(engine, id) {
  if (!tokenTexts.has(id)) tokenTexts.set(id, await engine.decode([id]));
  return tokenTexts.get(id);
}

const NAMES = { [PAIR.BERT]: "BERT", [PAIR.GPT]: "GPT" };

// -> { node, words, run(act), ... }. run passes the engine to act and shows how far the models have come that it
// waits for, in bytes; an error is shown in words, and the answer is undefined.
// names: all that the widget may want.
export function port(model, names = Object.values(PAIR)) {
  const bar = h("progress", { max: 1, hidden: true, "aria-label": "fetching the models" });
  const words = h("span", { role: "status" });
  let [waiting, trouble, said, coming] = [0, "", "", ""];
  const say = (text) => {
    said = text;
    if (words.textContent !== text) words.textContent = text; // what is put in anew is read out anew
  };
  const wait = (name = "", got = 0, size = 0) => {
    const total = size ? `, ${(0.75 * size / 1e6).toFixed(1)} MB` : ""; // four characters for three bytes
    say(`Fetching ${NAMES[name] ?? (name ? "the model" : "the engine")}${total} …`);
    [bar.hidden, coming] = [false, name];
    if (got) bar.value = Math.min(1, got / size);
    else bar.removeAttribute("value");
  };
  const rest = () => {
    bar.hidden = true;
    if (trouble || words.textContent === said) say(trouble);
  };
  const engine = () => openEngine(model);
  return {
    node: h("p", { class: "port" }, bar, words),
    words,
    holds: (name) => engine().holds(name),
    // What went wrong with a text is not said of another.
    forget() {
      trouble = "";
      rest();
    },
    // ahead: models that are fetched while the engine starts
    async run(act, ahead = []) {
      if (!waiting) trouble = "";
      waiting += 1;
      const end = engine().watch((name, got, size) => {
        if (got !== undefined) wait(name, got, size);
        else if (name === coming) rest(); // or else the next one has begun to come
      });
      try {
        if (!engine().special) wait();
        await Promise.all([engine().open(), ...ahead.map(engine().need)]);
        if (names.every(engine().holds)) rest();
        return await act(engine());
      } catch (error) {
        trouble = error.message;
        return undefined;
      } finally {
        end();
        waiting -= 1;
        if (!waiting || trouble) rest();
      }
    },
  };
}

// A field for texts, which are read one at a time, the newest next -> a port, with the field and end(), which empties it.
// read(engine, text, show) returns the result, and may show a part of it before; take(result, text) gets it, unless
// it is undefined or the text was given up meanwhile. take gets null where there is no text any more.
export function textReader(model, { label, how, read, take, names }) {
  const door = port(model, names);
  const next = newest(async (isNewest, text) => {
    const show = (result) => result !== undefined && isNewest() && take(result, text);
    show(await door.run((engine) => read(engine, text, show)));
  });
  const end = () => {
    next.drop();
    door.forget();
    field.show("");
    take(null, "");
  };
  const field = ownText(model, { label, how }, (text) => (text.trim() ? next(text.trim()) : end()));
  return { ...door, field, end };
}

// What the engine finds out about a text of the reader's, one thing at a time, the one asked for last next.
// find(...about) -> a promise of it, undefined where there was an error
// of(...about) -> what is known, or undefined while it is looked for, and redraw() follows; peek: without looking for it
export function findings(find, redraw) {
  let known = {};
  const peek = (...about) => known[about.join()];
  const look = newest(async (_, ...about) => {
    const now = known;
    if (now[about.join()]) return; // found before its turn came
    const found = await find(...about);
    if (found === undefined || now !== known) return;
    now[about.join()] = found;
    redraw();
  });
  return {
    peek,
    of(...about) {
      if (!peek(...about)) look(...about);
      return peek(...about);
    },
    // There is another text: what is still looked for is never shown.
    clear() {
      look.drop();
      known = {};
    },
  };
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

// A line that says so where a field is full: what was pasted beyond its length is not there.
export function sayFull(field) {
  const line = h("span", { class: "how", role: "status" });
  field.addEventListener("input", () => {
    const words = field.value.length < field.maxLength ? "" : `A text ends here after ${field.maxLength} characters: the rest is left out.`;
    if (line.textContent !== words) line.textContent = words;
  });
  return line;
}

// A field for a text of the reader's, of a length that a page can show. Nothing is fetched before the first key press. The
// page keeps the text over a reload (base.py), and reads it again: what that needs was asked for before.
// label: what stands above the field, and by which the page keeps its text; how: what to know while typing, below it
export function ownText(model, { label, how = "", hint = "type here" }, onInput) {
  const keep = (text) => { if (!model.send) model.set(label, text); };
  const field = h("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: 1000, dir: "auto",
    placeholder: hint, oninput: () => {
      keep(field.value);
      onInput(field.value);
    } });
  const typed = model.send ? "" : model.get(label);
  if (typed) {
    field.value = typed;
    queueMicrotask(() => onInput(typed)); // once the widget has been built
  }
  return {
    node: h("label", { class: "field own" }, label, field, ...(how ? [h("span", { class: "how" }, how)] : []), sayFull(field)),
    show(text) {
      if (document.activeElement !== field) field.value = text;
      keep(text);
    },
    get value() { return field.value; },
  };
}
