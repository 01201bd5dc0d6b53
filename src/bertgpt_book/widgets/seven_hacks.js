// Seven hacks: one beginning, seven ways to make BERT continue it, and GPT, token by token under one judge.

import {
  barCell, change, fixed, follow, h, headRow, mark, probability, radios, range, root, select, tableRow,
  withdraw,
} from "./common.js";
import { ownBeginning } from "./hacks_live.js";

// Put the first n steps together: what stands in each slot (null: a blank), and what the judge gives a text without
// blanks; no mean where nobody judged it.
export function replay(steps, n, blanks) {
  const slots = Array(blanks).fill(null);
  for (const { at, token } of steps.slice(0, n)) slots.splice(at, 1, token);
  const judged = n && !slots.includes(null) ? steps[n - 1].judged : null;
  return { slots, mean: judged && judged.reduce((sum, p) => sum + p, 0) / judged.length };
}

const ABOUT = {
  "no mask": "The text as it is. BERT's head is read at the last token, and what it says is appended.",
  "[MASK] at the end": "A blank after the text. BERT fills it, and a new blank is put after it.",
  "[MASK] and a full stop": "A blank after the text, and a full stop after the blank, so that the sentence has an end.",
  "all blanks at once": "Blanks and a full stop. One pass, and each blank is filled without knowing the others.",
  "left to right": "The same blanks, one pass for each: the leftmost blank is filled, and BERT reads again.",
  "Gibbs sampling": "The same blanks in random order; then each slot is blanked again and filled anew, sweep after sweep. " +
    "Only with a draw is it sampling.",
  "rolling blanks": "Ten blanks after the text. BERT fills the first, and the text goes on with ten new ones after it.",
  GPT: "No blank and no frame. GPT is asked what comes next, and what it says is appended.",
};

const JUDGE = "Judge: a trigram's mean log-probability of a token, in nats; nearer to 0 is less surprising, not better.";
const NO_JUDGE = "The judge, a trigram, is not in the page: it judges the stored beginnings only.";

const writer = (way) => (way.startsWith("GPT") ? "GPT" : "BERT");

// Tokens as they would be read out.
const spoken = (tokens) => tokens.reduce((text, token) =>
  text + (/^…/.test(token) ? token.slice(1) : /^[\p{L}\p{N}]/u.test(token) ? ` ${token}` : token), "").trim();

// The beginning, what has been written behind it, and the frame that BERT needs.
function textStrip(prompt, behind, slots, latest, isGPT) {
  const chip = (text, kind) => h("span", { class: `token ${kind}` }, h("span", { class: "piece" }, text));
  const frame = (text) => (isGPT ? [] : [chip(text, "special")]);
  return [
    ...frame("[CLS]"), ...prompt.map((token) => chip(token, "even")),
    ...slots.map((token, at) => (token === null ? chip("[MASK]", "special")
      : chip(token, at === latest ? "odd latest" : "odd"))),
    ...(behind.match(/\[MASK\]|[^[]+/g) ?? []).map((text) => chip(text, text === "[MASK]" ? "special" : "even")),
    ...frame("[SEP]"),
  ];
}

// The most probable words at the slot of a step; the one that was taken is marked.
function wordTable() {
  const body = h("tbody", {});
  const node = h("table", { class: "shares words taken" }, headRow("most probable there", null, "probability"), body);
  return {
    node,
    show(step) {
      node.hidden = !step;
      // A draw may come from beyond the first few: then it has a row of its own.
      const { top = [], token: taken, p: chance } = step ?? {};
      const listed = step && top.every(([token]) => token !== taken) ? [...top, [taken, chance]] : top;
      const most = top[0]?.[1];
      body.replaceChildren(...listed.map(([token, p]) =>
        tableRow({ "data-p": p, class: token === taken && "latest" }, token, barCell(p / most), probability(p))));
    },
  };
}

// What the judge gives the text so far, and GPT's whole one.
function judgeTable() {
  const body = h("tbody", {});
  const node = h("table", { class: "shares scores" }, headRow("what was written", "judge"), body);
  const row = ([name, data, mean]) => tableRow({ "data-score": data, "data-mean": mean },
    [mark(writer(name)), " ", name], mean === null ? "–" : fixed(mean, 2));
  return { node, show: (...texts) => body.replaceChildren(...texts.map(row)) };
}

function choices(model, own) {
  const get = (name) => model.get(name);
  const prompt = select("Beginning", get("prompts").map(spoken), (value) => {
    own.end();
    change(model, { prompt: value });
  });
  const way = radios("Way to go on", "way", get("ways").map(([name], i) => [String(i), mark(writer(name)), name]),
    (value) => change(model, { way: Number(value), step: 1 }));
  const rule = radios("Take", "rule", get("rules").map((name, i) => [String(i), name]),
    (value) => change(model, { rule: Number(value) }));
  return {
    node: h("div", { class: "controls" }, prompt.node, own.field.node, own.node, way.node, rule.node),
    show() {
      prompt.show(get("prompt"));
      way.show(String(get("way")));
      rule.show(String(get("rule")));
    },
  };
}

// A button and a slider that go through the steps of a text.
function stepper(model) {
  const next = h("button", { type: "button", onclick: () => change(model, { step: model.get("step") + 1 }) }, "Next token");
  const slider = range("Step", 0, 1, (step) => change(model, { step }));
  return {
    nodes: [h("div", { class: "actions" }, next), slider.node],
    show(n, all) {
      const field = slider.node.control;
      field.max = all;
      slider.show(n, `${n} of ${all}`);
      withdraw(next, "disabled", n === all, field);
    },
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const last = get("ways").length - 1;
  const own = ownBeginning(model, () => show());
  const [controls, steps, words, scores] = [choices(model, own), stepper(model), wordTable(), judgeTable()];
  const heading = h("p", { class: "heading" });
  const about = h("p", { class: "about" });
  const strip = h("div", { class: "strip slots", role: "group", "aria-label": "text so far" });
  const status = h("p", { class: "status", role: "status" });
  const legend = h("p", { class: "about" });
  const figure = root(el, get("label"), controls.node,
    h("div", { class: "main" }, heading, about, strip, ...steps.nodes, status, words.node, scores.node, legend));

  function show() {
    const way = get("way");
    const [name, behind, blanks] = get("ways")[way];
    const [trace, gpt] = own.text ? own.steps(way, last)
      : [way, last].map((each) => get("traces")[get("prompt")][each][get("rule")]);
    const n = Math.min(get("step"), trace.length);
    const step = n ? trace[n - 1] : null;
    const { slots, mean } = replay(trace, n, blanks);
    controls.show();
    steps.show(n, trace.length);
    Object.assign(figure.dataset, { model: writer(name), way: name, step: n, own: own.text ?? "" });
    heading.replaceChildren(mark(writer(name)), name);
    about.textContent = ABOUT[name];
    const prompt = own.text ? own.prompt : get("prompts")[get("prompt")];
    strip.replaceChildren(...textStrip(prompt, behind, slots, step?.at, way === last));
    status.textContent = step
      ? `Step ${n}: slot ${step.at + 1} becomes “${step.token}”, probability ${probability(step.p)}.`
      : "Nothing is written yet.";
    words.show(step);
    legend.textContent = own.text ? NO_JUDGE : JUDGE;
    scores.show([way === last ? "GPT, so far" : name, "way", mean],
      ...(way === last ? [] : [["GPT", "GPT", replay(gpt, gpt.length, 0).mean]]));
  }

  return follow(model, ["prompt", "way", "rule", "step", "traces"], show);
}
