// The hacks on a beginning of the reader's own: six_hacks.py, `write`, asked of the engine.

import { softmax } from "./common.js";
import { newest } from "./engine/client.js";
import {
  drawnId, PAIR, port, randomNumbers, readable, spaced, textReader, tokenOf,
} from "./live.js";

// Go on from a prompt. way: [name, what it shows behind the slots, how many blanks it begins with]; order: the slots as
// they are asked; ask(row, place) -> what was answered there, { id, ... }; mask, stop: the ids of a blank and a full stop
// -> { at, ...answer } for each step
export async function goOn(ask, prompt, [name, behind, blanks], order, { mask, stop }) {
  const slots = Array(blanks).fill(mask);
  const steps = [];
  for (const at of order) {
    const [row, place] = [[...prompt, ...slots], prompt.length + at];
    if (name === "all blanks at once") row.fill(mask, prompt.length);
    else if (blanks) row[place] = mask;
    else if (behind) row.push(mask);
    if (behind.endsWith(".")) row.push(...stop);
    const answer = await ask(row, behind ? place : place - 1);
    slots.splice(at, 1, answer.id);
    steps.push({ at, ...answer });
  }
  return steps;
}

// One pass -> the id that is taken, its probability and the likeliest words, as the widget shows them.
async function answerAt(engine, name, ids, row, { top, temperature, number }) {
  const { logits: [logits], words: [words] } = await engine.run(name, ids, { rows: [row], top });
  const id = drawnId(logits, temperature, number);
  return { id, token: readable(await tokenOf(engine, id)), p: softmax(Array.from(logits))[id],
    top: words.map(({ token, p }) => [readable(token), p]), judged: null };
}

// -> { node, text, prompt, steps(way) }: text is null until the reader types; steps are null while they are computed,
// and redraw() follows. The slots are asked in the order of the stored text.
export function ownBeginning(model, redraw) {
  const door = port(model, Object.values(PAIR));
  const own = { node: door.node, text: null };
  let ids = [];
  let known = {};
  const key = (way) => `${way},${model.get("rule")}`;

  const work = newest(async (way) => {
    const [text, rule, stored] = [own.text, model.get("rule"), model.get("traces")[0][way][model.get("rule")]];
    const place = key(way);
    const numbers = randomNumbers(1, stored.length);
    const [kind] = model.get("ways")[way];
    const steps = await door.ask(async (engine) => {
      const { cls, sep, mask } = engine.special;
      let step = 0;
      const ask = (row, at) => {
        const settings = { top: stored[0].top.length, temperature: model.get("temperatures")[rule], number: numbers[step++] };
        return kind === "GPT" ? answerAt(engine, PAIR.GPT, row, at, settings)
          : answerAt(engine, PAIR.BERT, [cls, ...row, sep], at + 1, settings);
      };
      const { ids: stop } = await engine.encode(".");
      return goOn(ask, ids, model.get("ways")[way], stored.map(({ at }) => at), { mask, stop });
    });
    if (text !== own.text) return;
    known[place] = steps ?? []; // what failed is not asked again: the reader changes the text
    redraw();
  });

  const reader = textReader((text) => door.ask((engine) => engine.encode(spaced(text))), (cut, text) => {
    [own.text, known] = [cut?.ids.length ? text : null, {}];
    if (own.text) [ids, own.prompt] = [cut.ids, cut.tokens.map(readable)];
    redraw();
  });
  return Object.assign(own, reader, {
    steps(...ways) {
      const missing = ways.find((way) => !known[key(way)]);
      if (missing !== undefined) work(missing);
      return ways.map((way) => known[key(way)] ?? []);
    },
  });
}
