// Widgets that ask the engine about the reader's own text: a field, the wait for the models, errors in plain words.
// engine/client.js stands before this file.

// The models whose files lie beside the page (live.py).
export const PAIR = { BERT: "tinybert", GPT: "tinygpt" };

// What a model weighs on its way to the page, at most (engine/pack.py, `MOST`).
export const MODEL_SIZE = "6.5 MB";

// Space, line break and such as signs, a piece that goes on with a word behind an ellipsis (base.py, `readable`).
export function readable(token) {
  const signs = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍" };
  const word = token.trim() || token.replace(/[ \n\t\r]/g, (sign) => signs[sign]);
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
    words.textContent = text;
    bar.hidden = share === null;
    if (share !== null) bar.value = share;
  };
  return {
    node: h("p", { class: "port" }, bar, words),
    async ask(act) {
      try {
        const engine = openEngine(model);
        const wait = (share) => say(share < 1 ? ` Fetching the models: ${Math.round(100 * share)} %` : "", share < 1 ? share : null);
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

// A field for a text of one's own. Nothing is fetched before the first key press.
export function ownText(label, hint, hear) {
  const field = h("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: hint, oninput: () => hear(field.value) });
  return {
    node: h("label", { class: "field own" }, label, field),
    show(text) { if (document.activeElement !== field) field.value = text; },
    get value() { return field.value; },
  };
}
