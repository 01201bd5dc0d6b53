// The prompt desk on a prompt of the reader's own: the entry that PromptDesk stores for each of its prompts, by the engine.

import { softmax } from "./common.js";
import { newest } from "./engine/client.js";
import {
  drawnId, PAIR, port, randomNumbers, readable, textReader, tokenOf, withBlanks,
} from "./live.js";

const CANNOT = { BERT: "BERT has no next word to give: it fills blanks. Type _ where a word is missing, and it does.",
  GPT: "GPT does not see what stands behind the blank." };

const named = (words) => ({ names: words.map(({ token }) => readable(token)), shares: words.map(({ p }) => p) });

// What both models say to a text at once: BERT at its first blank, GPT of what comes next; no text of GPT's yet.
export async function firstAnswers(engine, typed, top) {
  const text = withBlanks(typed);
  const { mask } = engine.special;
  const framed = (await engine.frame(text)).ids;
  const at = framed.indexOf(mask);
  const before = at < 0 ? framed.slice(1, -1) : framed.slice(1, at);
  const ids = before.length ? before : [engine.special.eos];
  const ask = async (name, row, place) => named((await engine.run(PAIR[name], row, { rows: [place], top })).words[0]);
  return { text: typed, ids, notes: at < 0 ? { BERT: CANNOT.BERT } : { GPT: CANNOT.GPT },
    BERT: at < 0 ? null : { asked: text.trim(), ...await ask("BERT", framed, at) },
    GPT: { asked: "next", ...await ask("GPT", ids, ids.length - 1) } };
}

// GPT goes on from ids: into run, which outlives a failure, come each token and the probability that it had at
// temperature 1, as in prompt_desk.py, `go_on`
export async function goOn(engine, ids, count, { temperature, numbers }, { tokens, p }) {
  const row = [...ids];
  while (tokens.length < count && (row.length === ids.length || row.at(-1) !== engine.special.eos)) {
    const { logits } = await engine.next(PAIR.GPT, row);
    const id = drawnId(logits, temperature, numbers[tokens.length]);
    const token = await tokenOf(engine, id);
    row.push(id);
    tokens.push(token);
    p.push(softmax(Array.from(logits))[id]);
  }
}

// -> { node, type, end, entry(rule) }: the entry of the reader's prompt, null until one is typed; GPT's text under a rule
// is there when redraw() is called
export function ownPrompt(model, { top, redraw }) {
  const door = port(model, Object.values(PAIR));
  let own = null;
  let runs = {};
  const write = newest(async (rule) => {
    if (!own) return; // given up before its turn came
    const { ids, text } = own;
    const [, temperature, seed] = model.get("rules")[rule];
    const count = model.get("length");
    const settings = { temperature, numbers: randomNumbers(seed, count) };
    const run = { tokens: [], p: [] };
    await door.ask((engine) => goOn(engine, ids, count, settings, run));
    if (own?.text !== text) return;
    runs[rule] = run;
    redraw();
  });
  const reader = textReader((typed) => door.ask((engine) => firstAnswers(engine, typed, top)), (found) => {
    [own, runs] = [found, {}];
    redraw();
  });
  return {
    node: door.node,
    ...reader,
    entry(rule) {
      if (own && !runs[rule]) write(rule);
      return own && { ...own, runs: model.get("rules").map(([name], i) =>
        ({ rule: name, waits: !runs[i], tokens: [], p: [], ...runs[i] })) };
    },
  };
}
