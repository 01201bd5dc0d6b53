// The hybrid: one checkpoint, three masks. It fills blanks pass by pass, or goes on; the state at t names token t + 1.

import {
  change, follow, h, mark, maskIcon, probability, radios, range, root, softmax,
} from "./common.js";
import { newest } from "./engine/client.js";
import { MODEL_SIZE, ownText, port, readable, tokenOf, withBlanks } from "./live.js";

// The likeliest of some logits, of which one id is no answer: [{ id, p }], the likeliest first.
export function named(logits, banned, top) {
  const open = Array.from(logits, (logit, id) => (id === banned ? -Infinity : logit));
  const p = softmax(open);
  return [...p.keys()].sort((a, b) => p[b] - p[a] || a - b).slice(0, top).map((id) => ({ id, p: p[id] }));
}

// How many blanks the pass with this number (1, 2, ...) fills, of n in all and so many passes.
export const due = (n, passes, pass) => Math.floor((n * (passes - pass + 1)) / passes) - Math.floor((n * (passes - pass)) / passes);

// score(ids, places) -> a promise of the logits at each place, read from the state one token earlier.
export async function fillBlanks(score, ids, mask, passes, top = 5) {
  const row = [...ids];
  const n = row.filter((id) => id === mask).length;
  const steps = [];
  for (let pass = 1; pass <= passes; pass++) {
    const blanks = row.flatMap((id, t) => (id === mask ? [t] : []));
    const found = (await score(row, blanks)).map((logits) => named(logits, mask, top));
    const surest = [...blanks.keys()].sort((a, b) => found[b][0].p - found[a][0].p || a - b)
      .slice(0, due(n, passes, pass)).sort((a, b) => a - b);
    for (const i of surest) row[blanks[i]] = found[i][0].id;
    steps.push({ at: surest.map((i) => blanks[i]), ids: surest.map((i) => found[i][0].id), words: surest.map((i) => found[i]) });
  }
  return steps;
}

export async function writeOn(score, ids, mask, count, top = 5) {
  const row = [...ids];
  const steps = [];
  while (steps.length < count) {
    const [logits] = await score(row, [row.length]);
    const words = named(logits, mask, top);
    steps.push({ at: [row.length], ids: [words[0].id], words: [words] });
    row.push(words[0].id);
  }
  return steps;
}

// The text of a run: what stood there first, and what the first n steps put in its places.
export function replayed(ids, steps, n) {
  const row = ids.map((id) => ({ id, step: 0 }));
  steps.slice(0, n).forEach(({ at, ids: put }, i) => at.forEach((place, k) => { row[place] = { id: put[k], step: i + 1 }; }));
  return row;
}

function controlsOf(model, hear) {
  const choose = (name) => (value) => hear(name, value);
  const controls = {
    own: ownText(`Your own text; _ is a blank (fetches the model, ${MODEL_SIZE})`, "type here", choose("own")),
    game: radios("Game", "game", [["fill", "fill the blanks"], ["go on", "go on from the first blank"]], choose("game")),
    order: radios("Mask", "order", [["bidirectional", mark("BERT"), "square"], ["causal", mark("GPT"), "triangle"],
      ["prefix", maskIcon([[1, 1, 0], [1, 1, 0], [1, 1, 1]]), "prefix"]], choose("order")),
    prefix: range("Tokens all may see", 1, 12, choose("prefix")),
    passes: range("Passes", 1, 2, choose("passes")),
  };
  return controls;
}

// What was chosen in a step: its places, and the likeliest words for each.
function stepTable() {
  const node = h("div", { class: "panels" });
  const one = (words, place) => h("table", { class: "shares words" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `place ${place}`), h("td", { class: "share" }), h("th", { scope: "col" }, "probability"))),
    h("tbody", {}, ...words.map(([token, p], i) => h("tr", { "data-p": p, class: i ? "" : "latest" }, h("th", { scope: "row" }, token),
      h("td", { class: "share" }, h("span", { class: "bar", style: `--share:${p / words[0][1]}` })), h("td", {}, probability(p))))));
  return { node, show(step) { node.replaceChildren(...(step ? step.words.slice(0, 4).map((words, i) => one(words, step.at[i])) : [])); } };
}

// Everything of a text that is not stored, by the engine: what was asked, and { ids, steps, ... } as `stored` gives it.
async function played(engine, { name, text, game, order, prefix, passes, count }) {
  const { mask, eos } = engine.special;
  const all = [eos, ...(await engine.encode(withBlanks(text))).ids];
  const first = all.indexOf(mask);
  const ids = game === "fill" || first < 0 ? all : all.slice(0, first);
  const seen = order === "prefix" ? Math.min(prefix, ids.length) : order;
  const score = async (row, places) => (await engine.run(name, row, { mask: seen, rows: places.map((place) => place - 1) })).logits;
  const blanks = ids.filter((id) => id === mask).length;
  const steps = game === "fill" ? await fillBlanks(score, ids, mask, Math.min(passes ?? blanks, blanks)) : await writeOn(score, ids, mask, count);
  const tokens = new Map(await Promise.all([...new Set([...ids, ...steps.flatMap((step) => step.ids), ...steps.flatMap(({ words }) =>
    words.flat().map(({ id }) => id))])].map(async (id) => [id, await tokenOf(engine, id)])));
  const words = (step) => step.words.map((each) => each.map(({ id, p }) => [readable(tokens.get(id)), p]));
  return { game, order, prefix, ids, blanks, steps: steps.map((step) => ({ ...step, words: words(step) })),
    name: (id) => tokens.get(id) };
}

// What is shown where nothing was typed: the stored text.
function stored(get) {
  const [ids, tokens, words] = [get("ids"), get("tokens"), get("words")];
  const at = ids.findIndex((_, t) => tokens[t] === "[MASK]");
  const names = new Map([...ids.map((id, t) => [id, tokens[t]]), ...Object.entries(words).map(([id, token]) => [Number(id), token])]);
  const shown = get("game") === "fill" ? ids : ids.slice(0, at);
  return { game: get("game"), order: get("order"), prefix: get("stored_prefix"),
    ids: shown, blanks: tokens.filter((token) => token === "[MASK]").length,
    steps: get("runs")[`${get("game")}, ${get("order")}`], name: (id) => names.get(id) };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const door = port(model, [get("name")]);
  const asked = { own: "", passes: null };
  let live = null;
  const isStored = () => !asked.own.trim() && !asked.passes
    && (get("order") !== "prefix" || get("prefix") === get("stored_prefix"));
  const play = newest(async () => {
    const answer = await door.ask((engine) => played(engine, { text: asked.own.trim() || get("text"), passes: asked.passes,
      ...Object.fromEntries(["name", "game", "order", "prefix", "count"].map((name) => [name, get(name)])) }));
    live = isStored() ? null : answer ?? live;
    change(model, { step: Math.min(get("step"), live?.steps.length ?? get("step")) });
    draw();
  });
  const controls = controlsOf(model, (name, value) => {
    if (name in asked) asked[name] = value;
    else change(model, { [name]: value, step: name === "game" ? (value === "fill" ? 1 : get("count")) : get("step") });
    if (isStored()) {
      live = null;
      draw();
    } else play();
  });
  const step = range("Step", 0, 1, (value) => change(model, { step: value }));
  const strip = h("div", { class: "strip slots", role: "group", "aria-label": "text" });
  const [status, table] = [h("p", { class: "status", role: "status" }), stepTable()];
  const figure = root(el, get("label"), h("div", { class: "controls" }, ...Object.values(controls).map(({ node }) => node)),
    h("div", { class: "main" }, door.node, strip, step.node, status, table.node));

  function draw() {
    // What is drawn says of itself what it is: while the engine is asked for another run, it is the one before.
    const { game, order, prefix, ids, steps, blanks, name } = live ?? stored(get);
    const n = Math.min(get("step"), steps.length);
    Object.assign(figure.dataset, { model: "Both", game, order, step: n, live: Boolean(live) });
    controls.game.show(get("game"));
    controls.order.show(get("order"));
    controls.prefix.show(get("prefix"));
    controls.prefix.node.hidden = get("order") !== "prefix";
    controls.passes.node.querySelector("input").max = Math.max(blanks, 1);
    controls.passes.show(Math.min(asked.passes ?? blanks, blanks));
    controls.passes.node.hidden = get("game") !== "fill" || blanks < 2;
    step.node.querySelector("input").max = steps.length;
    step.show(n);
    const row = replayed(ids, steps, n);
    strip.replaceChildren(...row.map(({ id, step: at }) => h("span", { "data-step": at, class: `token ${at ? (at === n ? "odd latest" : "odd")
      : /^(\[|<)/.test(name(id)) ? "special" : "even"}` }, h("span", { class: "piece" }, readable(name(id))))));
    const sees = { bidirectional: "every token sees every token", causal: "every token sees those before it",
      prefix: `the first ${prefix} tokens see each other, the others those before them` }[order];
    status.textContent = `${game === "fill" ? "Pass" : "Token"} ${n} of ${steps.length}; ${sees}.`
      + (game === "fill" && !blanks ? " There is no blank to fill: type _ where a word is missing." : "");
    table.show(n ? steps[n - 1] : null);
  }

  return follow(model, ["game", "order", "prefix", "step", "runs"], draw);
}

export default { render };
