// Your own minimal pair: what a word and its rival cost GPT, token by token, and BERT, at one blank with both sides in
// view. The pairs on offer are stored; of the reader's own the engine answers.

import { change, chips, fixed, follow, h, headRow, mark, root, tableRow } from "./common.js";
import { PAIR, readable, sizeOf, spaced, textReader, tokenOf } from "./live.js";
import { softmax } from "./sampling.js";

const MODELS = ["GPT", "BERT"];
const HINT = "Put a slash between the word and its rival: The dogs bark/barks.";

// minimal_pair.py, cut_pair: -> [before, word, rival, after], or null where there is not one slash between two words.
export function cutPair(text) {
  const match = /^([^/]*?)(\s*)([\p{L}\p{N}_'’-]+)\s*\/\s*([\p{L}\p{N}_'’-]+)([^/]*)$/u.exec(text);
  if (!match) return null;
  const [, before, gap, word, rival, after] = match;
  const space = gap || !before ? " " : "";
  return [before && spaced(before), space + word, space + rival, after];
}

// minimal_pair.py, surprisals, with the engine's models.
export async function surprisals(engine, before, word, after) {
  const { cls, sep, mask, eos } = engine.special;
  const encoded = async (...parts) => (await Promise.all(parts.map((part) => engine.encode(part)))).map(({ ids }) => ids);
  const [left, own, right] = await encoded(before, word, after);
  const bare = await encoded(before.trimStart(), before ? word : word.trimStart()); // GPT's texts had no space after <eos>
  const ids = [...bare.flat(), ...right];
  const nats = (logits, id) => -Math.log(softmax(logits)[id]);
  const { logits } = await engine.run(PAIR.GPT, [eos, ...ids], { rows: ids.map((_, t) => t) });
  let bert = 0;
  for (const [t, id] of own.entries()) {
    const blanks = own.map((token, s) => (s < t ? token : mask));
    const { logits: [row] } = await engine.run(PAIR.BERT, [cls, ...left, ...blanks, ...right, sep], { rows: [1 + left.length + t] });
    bert += nats(row, id);
  }
  return { tokens: (await Promise.all(ids.map((id) => tokenOf(engine, id)))).map((token, t) => readable(t ? token : spaced(token))),
    start: bare[0].length, stop: bare.flat().length, GPT: logits.map((row, t) => nats(row, ids[t])), BERT: bert };
}

// A text of the reader's -> the pair, as the stored ones are; null where it holds none.
async function pairOf(engine, text) {
  const cut = cutPair(text);
  if (!cut) return { words: null };
  const [before, word, rival, after] = cut;
  return { words: [word.trim(), rival.trim()],
    versions: [await surprisals(engine, before, word, after), await surprisals(engine, before, rival, after)] };
}

const total = (nats) => [nats].flat().reduce((sum, each) => sum + each, 0);

// How many nats the word is ahead of its rival, for each model.
export const leads = ([word, rival]) =>
  Object.fromEntries(MODELS.map((name) => [name, total(rival[name]) - total(word[name])]));

// "GPT prefers are by 2.3 nats, BERT prefers is by 0.4 nats.", the words stressed
function verdict(words, versions) {
  return Object.entries(leads(versions)).flatMap(([name, lead], i) => {
    const by = fixed(Math.abs(lead), 1);
    const said = by === "0.0" ? [`${name} finds both alike`]
      : [`${name} prefers `, h("em", {}, words[lead > 0 ? 0 : 1]), ` by ${by} nats`];
    return [...said, i ? "." : ", "];
  });
}

// The tokens of both versions beside one another: -> { names, GPT, BERT } each, of the word and of its rival. What stands
// before the word is one for both; a gap is left where one of the words has fewer tokens.
export function aligned([word, rival]) {
  const most = Math.max(word.stop, rival.stop);
  const [one, other] = [word, rival].map(({ tokens, GPT, stop }) => {
    const cells = tokens.map((token, t) => [token, GPT[t]]);
    return cells.toSpliced(stop, 0, ...Array(most - stop).fill([]));
  });
  return one.map(([token, nats], t) => {
    const both = [[token, nats], other[t]].slice(0, t < word.start ? 1 : 2);
    return { names: both.slice(0, t < most ? 2 : 1).map(([name]) => name ?? "–"), GPT: both.map(([, each]) => each),
      BERT: t === word.start ? [word.BERT, rival.BERT] : [] };
  });
}

// A cell with a line for the word and one for its rival, each a bar and its number.
function pairCell(name, words, nats, most) {
  const lines = nats.map((each, i) => h("span", { class: i ? "line rival" : "line" },
    h("span", { class: "unseen" }, nats.length > 1 ? words[i] : "both"),
    most ? h("span", { class: "bar", style: `--share:${(each ?? 0) / most}` }) : "", each === undefined ? "–" : fixed(each, 1)));
  return h("td", { "data-model": name }, ...lines);
}

function pairTable() {
  const [body, foot] = [h("tbody"), h("tfoot")];
  const head = headRow("token", ...MODELS);
  [...head.querySelectorAll("th")].slice(1).forEach((cell, i) => cell.prepend(mark(MODELS[i]), " "));
  const node = h("table", { class: "shares versions" }, head, body, foot);
  return {
    node,
    show(words, versions) {
      const rows = aligned(versions);
      const most = Math.max(...rows.flatMap(({ GPT, BERT }) => [...GPT, ...BERT]).filter((each) => each !== undefined));
      const line = (names, cells, scale) => tableRow({}, names.map((name) => h("span", { class: "name" }, name)),
        ...MODELS.map((name) => pairCell(name, words, cells[name], scale)));
      body.replaceChildren(...rows.map((row) => line(row.names, row, most)));
      foot.replaceChildren(line(words.map((word) => `Σ ${word}`),
        Object.fromEntries(MODELS.map((name) => [name, versions.map((version) => total(version[name]))]))));
    },
  };
}

export function render({ model, el }) {
  const pairs = model.get("pairs");
  const table = pairTable();
  const [says, key] = [h("p", { class: "says", role: "status" }), h("p", { class: "detail" })];
  let own = null;
  const reader = textReader(model, { read: pairOf,
    label: "Or your own sentence",
    how: `a slash between a word and its rival (fetches the models, ${sizeOf(...Object.values(PAIR))})`,
    take(found) {
      own = found;
      draw();
    } });
  const offered = chips("Pairs", pairs.map(({ text }) => text), (chosen) => {
    reader.end();
    change(model, { chosen });
  });
  const most = Math.max(...pairs.map(({ versions }) => aligned(versions).reduce((sum, { GPT }) => sum + GPT.length, 0)));
  root(el, model.get("label"), offered.node, reader.field.node, reader.node,
    h("div", { class: "main", style: `--lines:${most}` }, says, table.node, key));

  function draw() {
    const { words, versions } = own ?? pairs[model.get("chosen")];
    offered.show(own ? -1 : model.get("chosen"));
    table.node.classList.toggle("waits", !words);
    says.replaceChildren(...(words ? verdict(words, versions) : [HINT]));
    if (!words) return;
    table.show(words, versions);
    key.replaceChildren("Surprisal in nats; the sentence with the smaller sum is preferred. Filled: ", h("em", {}, words[0]),
      ", hatched: ", h("em", {}, words[1]), ".");
  }

  return follow(model, ["chosen"], draw);
}
