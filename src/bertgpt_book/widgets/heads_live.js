// The head switcher's own text: its hidden states by the engine, and what the layers fitted in Python make of them.

import { findings, PAIR, readable, sizeOf, textReader, tokenOf, withBlanks } from "./live.js";

export function poolRows(rows, reading) {
  if (reading === "first") return rows[0];
  if (reading === "last") return rows.at(-1);
  return rows[0].map((_, c) => rows.reduce((sum, row) => sum + row[c], 0) / rows.length);
}

// A linear layer as the page has it: the T states of a text (T rows of D) -> T rows of C logits.
export function votes(states, { step, weight, bias }) {
  return states.map((state) => weight.map((row, c) =>
    bias[c] + step * row.reduce((sum, steps, i) => sum + steps * state[i], 0)));
}

// At which tokens of a row the tags of a text's words and marks are read, each at its first piece (head_switcher.py,
// word_to_token). spelled: the text's tokens, where a letter is a byte; before them is one more.
function taggedTokens(text, spelled) {
  const given = text.replace(/\s+\[MASK\]/g, "[MASK]"); // that token takes the space before it
  const holder = spelled.flatMap((token, t) => Array(token.length).fill(t + 1));
  const upTo = (end) => new TextEncoder().encode(given.slice(0, end)).length;
  return new Set([...given.matchAll(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu)].map(({ 0: word, index }) =>
    holder[upTo(index + [...word][0].length) - 1]));
}

// What every head gives for the states (T, D), as the stored looks have it; words: what stands under each token.
function outputs(heads, layers, states, tagged, words) {
  const by = {
    classes: (of) => Object.fromEntries(Object.entries(of).map(([reading, layer]) => [reading, votes(states, layer)])),
    tags: (layer) => votes(states, layer).map((row, t) => (tagged.has(t) ? row : null)),
    words: () => words,
  };
  return heads.map(({ kind }, i) => by[kind](layers[i]));
}

// A text as one model reads it: a look as the stored ones are.
async function lookOf(engine, model, name, text) {
  const { cls, sep, eos } = engine.special;
  const { ids: typed } = await engine.encode(text);
  const { tokens: spelled } = await engine.cut("course", text);
  const ids = name === "BERT" ? [cls, ...typed, sep] : [eos, ...typed];
  const { hidden, words } = await engine.run(PAIR[name], ids, { top: 1 });
  const D = model.get("width")[name];
  const states = ids.map((_, t) => Array.from(hidden.at(-1).subarray(t * D, (t + 1) * D)));
  const tokens = await Promise.all(ids.map((id) => tokenOf(engine, id)));
  const best = words.map(([{ token, p }]) => [readable(token), p]);
  const tagged = taggedTokens(text, spelled);
  return { tokens: tokens.map(readable),
    heads: outputs(model.get("heads"), model.get("layers")[name], states, tagged, best) };
}

// A text of the reader's own, read by the engine -> { node, field, text, look(name) }; text: null while there is none;
// look: undefined while that model reads, and redraw() follows
export function ownStates(model, redraw) {
  const own = { text: null };
  const looks = findings((name) => {
    const text = withBlanks(own.text);
    return reader.run((engine) => lookOf(engine, model, name, text));
  }, redraw);
  const take = (_, text) => {
    own.text = text || null;
    looks.clear();
    redraw();
  };
  const how = `_ is a blank, a [MASK] to both (fetches the models, ${sizeOf(PAIR.BERT)} each)`;
  const reader = textReader(model, { label: "Or your own text", how, read: () => true, take });
  return Object.assign(own, reader, { look: looks.of });
}
