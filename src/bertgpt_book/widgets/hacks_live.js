// The hacks on a beginning of the reader's own: seven_hacks.py, `write`, with the engine's models.

import { findings, PAIR, readable, sizeOf, textReader, tokenOf, upToBlank } from "./live.js";
import { randomNumbers, sample, softmax } from "./sampling.js";

// Continue a prompt. way: [name, what it shows behind the slots, how many blanks it begins with]; order: the slots in
// the order of their predictions; predict(row, position) -> { id, ... }; mask, stop: the ids of a blank and a full stop
// -> { at, ...prediction } for each step
export async function write(predict, prompt, [name, behind, blanks], order, { mask, stop }) {
  const slots = Array(blanks).fill(mask);
  const steps = [];
  for (const at of order) {
    const [row, position] = [[...prompt, ...slots], prompt.length + at];
    if (name === "all blanks at once") row.fill(mask, prompt.length);
    else if (blanks) row[position] = mask;
    else row.push(...Array(behind.split("[MASK]").length - 1).fill(mask));
    if (behind.endsWith(".")) row.push(...stop);
    const prediction = await predict(row, behind ? position : position - 1);
    slots.splice(at, 1, prediction.id);
    steps.push({ at, ...prediction });
  }
  return steps;
}

// One pass -> the id that is taken, its probability and the most probable words, as the widget shows them.
async function predictAt(engine, name, ids, row, { top, temperature, number }) {
  const { logits: [logits], words: [words] } = await engine.run(name, ids, { rows: [row], top });
  const id = sample(logits, temperature, number);
  return { id, token: readable(await tokenOf(engine, id)), p: softmax(logits)[id],
    top: words.map(({ token, p }) => [readable(token), p]), judged: null };
}

// -> { node, field, end, text, prompt, steps(way) }: text is null until the reader types; steps are null while they are computed,
// and redraw() follows. The slots are predicted in the order of the stored text.
export function ownBeginning(model, redraw) {
  const own = { text: null };
  let ids = [];
  const traces = findings(async (way, rule) => {
    const [stored, [kind]] = [model.get("traces")[0][way][rule], model.get("ways")[way]];
    const numbers = randomNumbers(1, stored.length);
    const settings = { top: stored[0].top.length, temperature: model.get("temperatures")[rule] };
    const steps = await reader.run(async (engine) => {
      const { cls, sep, mask } = engine.special;
      const predict = (row, at) => {
        const number = { ...settings, number: numbers.shift() };
        return kind === "GPT" ? predictAt(engine, PAIR.GPT, row, at, number)
          : predictAt(engine, PAIR.BERT, [cls, ...row, sep], at + 1, number);
      };
      const { ids: stop } = await engine.encode(".");
      return write(predict, ids, model.get("ways")[way], stored.map(({ at }) => at), { mask, stop });
    });
    return steps ?? []; // what failed is not tried again: the reader changes the text
  }, redraw);

  const take = (cut, text) => {
    own.text = cut?.ids.length ? text : null;
    traces.clear();
    if (own.text) [ids, own.prompt] = [cut.ids, cut.tokens.map(readable)];
    redraw();
  };
  const size = sizeOf(...Object.values(PAIR));
  const reader = textReader(model, { label: "Or your own beginning", how: `up to the first blank _ (fetches the models, ${size})`, take,
    read: (engine, text) => engine.encode(upToBlank(text)) });
  return Object.assign(own, reader, {
    steps: (...ways) => ways.map((way) => traces.of(way, model.get("rule")) ?? []),
  });
}
