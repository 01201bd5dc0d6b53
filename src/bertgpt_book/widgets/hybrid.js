// The hybrid: one checkpoint, three masks. It fills blanks pass by pass, or goes on; the state at t names token t + 1.

import {
  barCell, change, follow, h, headRow, mark, maskIcon, probability, radios, range, root, tableRow,
} from "./common.js";
import { newest } from "./engine/client.js";
import { ownText, port, readable, sizeOf, tokenOf, withBlanks } from "./live.js";
import { buildMask } from "./masks.js";
import { mostProbable } from "./sampling.js";

// The most probable tokens, [MASK] left out: [{ id, p }].
function answers(logits, mask, top) {
  const open = [...logits];
  open[mask] = -Infinity;
  return mostProbable(open, top);
}

// How many blanks the pass with this number (1, 2, ...) fills, of n in all and so many passes.
export function due(n, passes, pass) {
  const left = (after) => Math.floor((n * (passes - after)) / passes);
  return left(pass - 1) - left(pass);
}

// score(ids, positions) -> a promise of the logits at each position, read from the state one token earlier.
export async function fillBlanks(score, ids, mask, passes, top = 5) {
  const row = [...ids];
  const n = row.filter((id) => id === mask).length;
  const steps = [];
  for (let pass = 1; pass <= passes; pass++) {
    const blanks = row.flatMap((id, t) => (id === mask ? [t] : []));
    const predictions = (await score(row, blanks)).map((logits) => answers(logits, mask, top));
    const surest = [...blanks.keys()].sort((a, b) => predictions[b][0].p - predictions[a][0].p || a - b)
      .slice(0, due(n, passes, pass)).sort((a, b) => a - b);
    const step = { at: surest.map((i) => blanks[i]), ids: surest.map((i) => predictions[i][0].id) };
    step.at.forEach((t, i) => { row[t] = step.ids[i]; });
    steps.push({ ...step, words: surest.map((i) => predictions[i]) });
  }
  return steps;
}

async function writeOn(score, ids, mask, count, top = 5) {
  const row = [...ids];
  const steps = [];
  while (steps.length < count) {
    const words = answers((await score(row, [row.length]))[0], mask, top);
    steps.push({ at: [row.length], ids: [words[0].id], words: [words] });
    row.push(words[0].id);
  }
  return steps;
}

// The text of a run: what stood there first, and what the first n steps put in.
function replay(ids, steps, n) {
  const row = ids.map((id) => ({ id, step: 0 }));
  steps.slice(0, n).forEach(({ at, ids: put }, i) => at.forEach((t, k) => { row[t] = { id: put[k], step: i + 1 }; }));
  return row;
}

function controlsOf(model, choose) {
  const set = (name) => (value) => choose(name, value);
  const passes = range("Passes", 1, 2, (n) => choose("passes", n < passes.node.control.max ? n : null));
  return {
    own: ownText(model, { label: "Your own text", how: `_ is a blank (fetches the model, ${sizeOf(model.get("name"))})` }, set("own")),
    game: radios("Game", "game", [["fill", "fill the blanks"], ["go on", "go on from the first blank"]], set("game")),
    order: radios("Mask", "order", [["bidirectional", mark("BERT"), "square"], ["causal", mark("GPT"), "triangle"],
      ["prefix", maskIcon(buildMask("prefix", 3, { prefix: 2 })), "prefix"]], set("order")),
    prefix: range("Tokens all may see", 1, 12, set("prefix")),
    passes,
  };
}

// What a step chose: the most probable words at each of its positions.
function stepTable() {
  const node = h("div", { class: "panels" });
  const table = (words, position) => h("table", { class: "shares words" },
    headRow(`position ${position}`, null, "probability"),
    h("tbody", {}, ...words.map(([token, p], i) => tableRow({ "data-p": p, class: i ? "" : "latest" },
      token, barCell(p / words[0][1]), probability(p)))));
  return {
    node,
    show(step) {
      node.replaceChildren(...(step ? step.words.slice(0, 4).map((words, i) => table(words, step.at[i])) : []));
    },
  };
}

// A run on a text that is not stored, by the engine: what was chosen, and { ids, steps, ... } as `stored` gives it.
async function played(engine, { name, text, game, order, prefix, passes, count }) {
  const { mask, eos } = engine.special;
  const all = [eos, ...(await engine.encode(withBlanks(text))).ids];
  const first = all.indexOf(mask);
  const ids = game === "fill" || first < 0 ? all : all.slice(0, first);
  const seen = order === "prefix" ? Math.min(prefix, ids.length) : order;
  const score = async (row, positions) =>
    (await engine.run(name, row, { mask: seen, rows: positions.map((t) => t - 1) })).logits;
  const blanks = ids.filter((id) => id === mask).length;
  const steps = game === "fill" ? await fillBlanks(score, ids, mask, Math.min(passes ?? blanks, blanks))
    : await writeOn(score, ids, mask, count);
  const written = steps.flatMap((step) => [...step.ids, ...step.words.flat().map(({ id }) => id)]);
  const tokens = new Map();
  for (const id of [...ids, ...written]) tokens.set(id, await tokenOf(engine, id));
  const words = (step) => step.words.map((each) => each.map(({ id, p }) => [readable(tokens.get(id)), p]));
  return { game, order, prefix, ids, blanks, steps: steps.map((step) => ({ ...step, words: words(step) })),
    name: (id) => tokens.get(id) };
}

// What is shown where nothing was typed: the stored text.
function stored(get) {
  const [ids, tokens, words] = [get("ids"), get("tokens"), get("words")];
  const first = tokens.indexOf("[MASK]");
  return { game: get("game"), order: get("order"), prefix: get("stored_prefix"),
    ids: get("game") === "fill" ? ids : ids.slice(0, first),
    blanks: tokens.filter((token) => token === "[MASK]").length,
    steps: get("runs")[`${get("game")}, ${get("order")}`], name: (id) => words[id] ?? tokens[ids.indexOf(id)] };
}

const SEEN = { bidirectional: () => "every token sees every token", causal: () => "every token sees those before it",
  prefix: (n) => (n < 2 ? SEEN.causal() : `the first ${n} tokens see each other, the others those before them`) };

// What is drawn says itself what it is: while the engine is busy with another run, it is the one before.
function sentence({ game, order, prefix, ids, steps, blanks }, n) {
  const none = game === "fill" && !blanks ? " There is no blank to fill: type _ where a word is missing." : "";
  return `${game === "fill" ? "Pass" : "Token"} ${n} of ${steps.length}; ${SEEN[order](Math.min(prefix, ids.length))}.${none}`;
}

// The tokens of a text, those that a step put in marked.
function tokenSpan(token, step, n) {
  const kind = step === n && step ? "odd latest" : step ? "odd" : /^(\[|<)/.test(token) ? "special" : "even";
  return h("span", { "data-step": step, class: `token ${kind}` }, h("span", { class: "piece" }, readable(token)));
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const door = port(model, [get("name")]);
  const typed = { own: "", passes: null }; // null: as many passes as blanks
  let live = null;
  const isStored = () => !typed.own.trim() && !typed.passes
    && (get("order") !== "prefix" || get("prefix") === get("stored_prefix"));
  const play = newest(async (isNewest) => {
    const result = await door.run((engine) => played(engine, {
      text: typed.own.trim() || get("text"), passes: typed.passes,
      ...Object.fromEntries(["name", "game", "order", "prefix", "count"].map((name) => [name, get(name)])) }));
    if (!isNewest()) return;
    live = isStored() ? null : result ?? live;
    draw();
  });
  const controls = controlsOf(model, (name, value) => {
    if (name in typed) typed[name] = value;
    else change(model, { [name]: value });
    if (name === "game") change(model, { step: value === "fill" ? 1 : get("count") });
    if (isStored()) {
      play.drop();
      door.forget();
      live = null;
      draw();
    } else play();
  });
  const step = range("Step", 0, 1, (value) => change(model, { step: value }));
  const strip = h("div", { class: "strip slots", role: "group", "aria-label": "text" });
  const [status, table] = [h("p", { class: "status", role: "status" }), stepTable()];
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, ...Object.values(controls).map(({ node }) => node)),
    h("div", { class: "main" }, door.node, strip, step.node, status, table.node));

  function draw() {
    const shown = live ?? stored(get);
    const { game, order, ids, steps, blanks, name } = shown;
    const n = Math.min(get("step"), steps.length);
    Object.assign(figure.dataset, { model: "Both", game, order, step: n, live: Boolean(live) });
    controls.game.show(get("game"));
    controls.order.show(get("order"));
    controls.prefix.show(get("prefix"));
    controls.prefix.node.hidden = get("order") !== "prefix";
    controls.passes.node.control.max = Math.max(blanks, 1);
    controls.passes.show(Math.min(typed.passes ?? blanks, blanks));
    controls.passes.node.hidden = get("game") !== "fill" || blanks < 2;
    step.node.control.max = steps.length;
    step.show(n);
    strip.replaceChildren(...replay(ids, steps, n).map(({ id, step: at }) => tokenSpan(name(id), at, n)));
    status.textContent = sentence(shown, n);
    table.show(n ? steps[n - 1] : null);
  }

  if (!isStored()) play(); // a prefix of before a reload
  return follow(model, ["game", "order", "prefix", "step", "runs"], draw);
}
