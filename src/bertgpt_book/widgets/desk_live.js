// The prompt desk on a prompt of the reader's own: the entry that PromptDesk stores for a prompt, by the engine.

import { findings, PAIR, readable, sizeOf, textReader, tokenOf, withBlanks } from "./live.js";
import { randomNumbers, sample, softmax } from "./sampling.js";

const CANNOT = { BERT: "BERT has no next word to give: it fills blanks. Type _ where a word is missing, and it does.",
  GPT: "GPT does not see what stands after the blank." };

const named = (words) => ({ names: words.map(({ token }) => readable(token)), shares: words.map(({ p }) => p) });

// What both models predict for a text: BERT at its first blank, which is shown while GPT comes, GPT what comes next; no
// text of GPT's yet.
export async function firstAnswers(engine, typed, top, show = () => {}) {
  const text = withBlanks(typed);
  const { cls, sep, mask, eos } = engine.special;
  const { ids } = await engine.encode(text);
  const at = ids.indexOf(mask);
  const before = at < 0 ? ids : ids.slice(0, at);
  const row = before.length ? before : [eos];
  const run = async (name, tokens, position) =>
    named((await engine.run(PAIR[name], tokens, { rows: [position], top })).words[0]);
  const BERT = at < 0 ? null : { asked: text.trim(), ...await run("BERT", [cls, ...ids, sep], at + 1) };
  const notes = BERT ? { GPT: CANNOT.GPT } : { BERT: CANNOT.BERT };
  show({ text: typed, ids: row, notes, BERT, GPT: null });
  return { text: typed, ids: row, notes, BERT, GPT: { asked: "next", ...await run("GPT", row, row.length - 1) } };
}

// GPT continues ids: into run, which outlives an error, come each token and the probability that it had at
// temperature 1, as in prompt_desk.py, `go_on`
export async function write(engine, ids, count, { temperature, numbers }, { tokens, p }) {
  const row = [...ids];
  while (tokens.length < count && (row.length === ids.length || row.at(-1) !== engine.special.eos)) {
    const { logits } = await engine.next(PAIR.GPT, row);
    const id = sample(logits, temperature, numbers[tokens.length]);
    const token = await tokenOf(engine, id);
    row.push(id);
    tokens.push(token);
    p.push(softmax(logits)[id]);
  }
}

// -> { node, field, end, entry(rule) }: the entry of the reader's prompt, null until one is typed; GPT's text under a
// rule is there when redraw() is called
export function ownPrompt(model, { top, redraw }) {
  let own = null;
  const runs = findings(async (rule) => {
    const { ids } = own;
    const [, temperature, seed] = model.get("rules")[rule];
    const count = model.get("length");
    const run = { tokens: [], p: [] };
    await reader.run((engine) => write(engine, ids, count, { temperature, numbers: randomNumbers(seed, count) }, run));
    return run;
  }, redraw);
  const take = (entry) => {
    if (entry?.text !== own?.text) runs.clear();
    own = entry;
    redraw();
  };
  const how = `_ is a blank (fetches the models, ${sizeOf(PAIR.GPT)} each)`;
  const reader = textReader(model, { label: "Or your own prompt", how, take,
    read: (engine, typed, show) => firstAnswers(engine, typed, top, show) });
  return {
    ...reader,
    entry(rule) {
      if (own) runs.of(rule);
      return own && { ...own, runs: model.get("rules").map((_, i) =>
        ({ waits: !runs.peek(i), tokens: [], p: [], ...runs.peek(i) })) };
    },
  };
}
