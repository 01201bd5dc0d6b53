// The cost calculator: a model, a text and some devices, and what it costs to train and to use.
// Its arithmetic is that of cost_calculator.py; a test holds the two together.

import {
  change, checkbox, counted, follow, h, mark, range, root, select, tableRow,
} from "./common.js";

export function costs(s, { context, rows, tokens, devices, speed, sharded, bfloat16 }) {
  const gpt = s.kind === "GPT";
  const attended = (s.layers - s.local) * context + s.local * Math.min(context, s.near); // tokens, in all layers
  const stack = s.layers * s.width * (4 * (s.queries + s.keys) + 2 * s.matrices * s.inner) + 4 * s.queries * attended;
  const head = 2 * s.width * (s.vocabulary + (gpt ? 0 : s.width));
  const state = 16 * s.parameters;
  const activations = (bfloat16 ? 40 : 64) * s.layers * s.width * rows * context;
  const training = 3 * tokens * (stack + head * (gpt ? 1 : 0.15));
  return {
    parameters: s.parameters, weights: 2 * s.parameters, state, activations,
    device: (sharded ? state / devices : state) + (activations / rows) * Math.ceil(rows / devices),
    cache: gpt ? 4 * s.keys * attended : null,
    training, seconds: training / (devices * speed),
    read: context * stack, write: (gpt ? stack : context * stack) + head,
  };
}

export function short(x) {
  const scale = x < 10 ? 100 : x < 100 ? 10 : 1;
  return String(Math.floor(x * scale + 0.5) / scale);
}

export function amount(x, unit) {
  let power = 0;
  for (; x >= 1000 && power < 8; power += 1) x /= 1000;
  return `${short(x)} ${" kMGTPEZY"[power].trim()}${unit}`;
}

const YEAR = 31557600;
const SECONDS = [["billion years", YEAR * 1e9], ["million years", YEAR * 1e6], ["years", YEAR], ["days", 86400],
  ["h", 3600], ["min", 60], ["s", 1]];

export function duration(seconds) {
  if (seconds < 1) return "under 1 s";
  const [unit, length] = SECONDS.find(([, least]) => seconds >= least);
  return `${short(seconds / length)} ${unit}`;
}

const halfDecade = (n) => 10 ** Math.floor(n / 2) * (n % 2 ? 3 : 1);

const double = (n) => 2 ** n;
const WORDS = ["", " thousand", " million", " billion", " trillion", " quadrillion"];
// 3000000 -> 3 million
const inWords = (x) => {
  const group = Math.min(WORDS.length - 1, Math.floor(Math.log10(x) / 3 + 1e-9));
  return `${short(x / 1000 ** group)}${WORDS[group]}`;
};

// Trait, what its slider is called, its ends, what a stop stands for, and how that is written.
const DIALS = [
  ["context", "Tokens of a text", 5, 17, double, counted],
  ["rows", "Texts in a batch", 0, 11, double, counted],
  ["tokens", "Tokens to train on", 12, 27, halfDecade, inWords],
  ["devices", "Devices", 0, 13, double, counted],
  ["speed", "FLOP a second, each device", 18, 30, halfDecade, inWords],
];

export function setting(get) {
  const values = DIALS.map(([name, , , , value]) => [name, value(get(name))]);
  return { ...Object.fromEntries(values), sharded: get("sharded"), bfloat16: get("bfloat16") };
}

// What stands in the table: a heading, or what is paid for and what it comes to.
export function lines(s, cost) {
  return [
    ["To train"],
    ["parameters", inWords(cost.parameters)],
    ["state: weights, gradient, Adam's two averages", amount(cost.state, "B")],
    ["activations of the blocks, for the backward pass", amount(cost.activations, "B")],
    ["memory on each device", amount(cost.device, "B")],
    ["arithmetic, forward and backward", amount(cost.training, "FLOP")],
    ["time", duration(cost.seconds)],
    ["To use, in bfloat16"],
    ["weights", amount(cost.weights, "B")],
    ["one text, all tokens in one pass", amount(cost.read, "FLOP")],
    [s.kind === "GPT" ? "one more token, with the cache" : "one more token: a whole pass again", amount(cost.write, "FLOP")],
    ["cache of one text", cost.cache === null ? "none" : amount(cost.cache, "B")],
  ];
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const picker = select("Model", get("models").map(([name]) => name), (chosen) => change(model, { model: chosen }));
  const dials = DIALS.map(([name, text, low, high]) => range(text, low, high, (stop) => change(model, { [name]: stop })));
  const shard = checkbox("Each device keeps a share of the state", (sharded) => change(model, { sharded }));
  const half = checkbox("Products in bfloat16 (mixed precision)", (bfloat16) => change(model, { bfloat16 }));
  const status = h("p", { class: "status", role: "status" });
  const table = h("table", { class: "costs" });
  const figure = root(el, get("label"),
    h("div", { class: "controls across" }, picker.node, ...dials.map((dial) => dial.node), shard.node, half.node),
    h("div", { class: "main" }, status, h("div", { class: "scroll" }, table)));

  function draw() {
    const [name, sizes] = get("models")[get("model")];
    const chosen = setting(get);
    const cost = costs(sizes, chosen);
    picker.show(get("model"));
    shard.show(chosen.sharded);
    half.show(chosen.bfloat16);
    DIALS.forEach(([trait, , , , , written], i) => {
      dials[i].show(get(trait), written(chosen[trait]));
    });
    figure.dataset.model = sizes.kind;
    status.replaceChildren(mark(sizes.kind), ` ${name}: ${duration(cost.seconds)} of training, `
      + `${amount(cost.device, "B")} on each device.`
      + (chosen.context > sizes.positions ? ` It was trained on texts of up to ${counted(sizes.positions)} tokens, and this one is longer.` : ""));
    table.replaceChildren(); // a body for each heading, which then heads its own rows only
    for (const [what, much] of lines(sizes, cost)) {
      if (much !== undefined) table.lastChild.append(tableRow({}, what, much));
      else {
        const head = h("th", { scope: "rowgroup", colspan: 2 }, what);
        table.append(h("tbody", {}, h("tr", { class: "part" }, head)));
      }
    }
  }

  return follow(model, ["model", "sharded", "bfloat16", ...DIALS.map(([name]) => name)], draw);
}
