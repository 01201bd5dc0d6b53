// The head switcher's own text: its hidden states by the engine, and what the layers fitted in Python make of them.

import { MODEL_SIZE, ownText, PAIR, port, readable, textReader, tokenOf } from "./live.js";

export function poolRows(rows, reading) {
  if (reading === "first") return rows[0];
  if (reading === "last") return rows.at(-1);
  return rows[0].map((_, c) => rows.reduce((sum, row) => sum + row[c], 0) / rows.length);
}

// A layer as the page has it: the T states of a text (T rows of D) -> T rows of C logits.
export function votes(states, { step, weight, bias }) {
  return states.map((state) => weight.map((row, c) =>
    bias[c] + step * row.reduce((sum, steps, i) => sum + steps * state[i], 0)));
}

// Which tokens of a row tell the tags of a text's words and marks, each by its first piece or its last
// (tokenizer.py, word_to_token). spelled: the text's tokens, where a letter stands for a byte; before them is one more.
export function toldBy(text, spelled, piece) {
  const given = text.replace(/\s+\[MASK\]/g, "[MASK]"); // that token takes the space before it
  const holder = spelled.flatMap((token, t) => Array(token.length).fill(t + 1));
  const upTo = (end) => new TextEncoder().encode(given.slice(0, end)).length;
  return new Set([...given.matchAll(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu)].map(({ 0: word, index }) =>
    holder[upTo(index + (piece === "first" ? [...word][0] : word).length) - 1]));
}

// What every head makes of the states (T, D), as the stored looks have it; words: what stands under each token.
function heard(heads, layers, states, told, words) {
  const ray = (state) => {
    const length = Math.hypot(...state);
    return state.map((x) => x / length);
  };
  const by = {
    classes: (of) => Object.fromEntries(Object.entries(of).map(([reading, layer]) => [reading, votes(states, layer)])),
    tags: (layer) => votes(states, layer).map((row, t) => (told.has(t) ? row : null)),
    scores: (of) => Object.fromEntries(Object.entries(of).map(([reading, layer]) =>
      [reading, votes([ray(poolRows(states, reading))], layer)[0]])),
    words: () => words,
  };
  return heads.map(({ kind }, i) => by[kind](layers[i]));
}

// A text of the reader's own, read by the engine -> { node, field, text, look(name) }, a look as the stored ones are;
// text: null while there is none
export function ownStates(model, redraw) {
  const door = port(model, Object.values(PAIR));
  const own = { node: door.node, text: null };
  let looks = {};
  const read = async (engine, text) => {
    const rows = { BERT: (await engine.frame(text)).ids, GPT: [engine.special.eos, ...(await engine.encode(text)).ids] };
    const { tokens: spelled } = await engine.cut("course", text);
    const found = {};
    for (const [name, ids] of Object.entries(rows)) {
      const { hidden, words } = await engine.run(PAIR[name], ids, { top: 1 });
      const D = model.get("width")[name];
      const states = ids.map((_, t) => Array.from(hidden.at(-1).subarray(t * D, (t + 1) * D)));
      const tokens = await Promise.all(ids.map((id) => tokenOf(engine, id)));
      const likeliest = words.map(([{ token, p }]) => [readable(token), p]);
      const told = toldBy(text, spelled, model.get("pieces")[name]);
      found[name] = { tokens: tokens.map(readable),
        heads: heard(model.get("heads"), model.get("layers")[name], states, told, likeliest) };
    }
    return found;
  };
  const reader = textReader((text) => door.ask((engine) => read(engine, ` ${text}`)), (found, text) => {
    [own.text, looks] = [text || null, found];
    redraw();
  });
  own.field = ownText(`Or your own text (fetches the models, ${MODEL_SIZE} each)`, "type here", reader.type);
  own.end = () => {
    own.field.show("");
    reader.end();
  };
  own.look = (name) => looks[name];
  return own;
}
