// Flash cards: train one cell of question x mask, and see what the model says to a side that it never read first.

import { change, follow, h, mark, maskIcon, radios, root, svg, withdraw } from "./common.js";
import { openTrainer } from "./engine/training/client.js";
import { buildMask, SHAPES } from "./masks.js";
import { lossPlot } from "./plot.js";

const QUESTIONS = { next: ["GPT", "the next token"], end: ["other", "a blank at the end"], blanks: ["BERT", "any blank"] };
const [STEPS, KNOWN] = [200, 0.9]; // steps of a run; the share from which on it knows them
const NOTHING = { steps: 0, forwards: 0, read: 0, unread: 0 };
const SIDES = { forwards: "from the front", read: "from the back, read", unread: "from the back, never read" };

const key = (question, mask) => `${question} ${mask}`;

// points: [{ steps, forwards, read, unread }], shares
function drawCurves(points) {
  const plot = lossPlot({ width: 400, height: 200, right: 20, low: 0, high: 1 });
  const last = points.at(-1);
  const curves = Object.keys(SIDES).map((side) => svg("polyline", { "data-side": side,
    class: side === "unread" && last.unread >= KNOWN ? "chosen known" : "chosen",
    points: plot.path(points.map((point) => [point.steps / STEPS, point[side]])) }));
  const node = plot.draw(...curves);
  plot.axis("training step", [0, STEPS / 2, STEPS]);
  plot.point(last.steps / STEPS, last.unread);
  const words = Object.entries(SIDES).map(([side, name]) => `${name} ${(100 * last[side]).toFixed(0)} %`).join(", ");
  node.setAttribute("aria-label", `Right answers after ${last.steps} steps: ${words}.`);
  return node;
}

// What is found so far: a row for each question, a column for each mask
function makeTable(half) {
  const cells = {};
  const rows = Object.entries(QUESTIONS).map(([question, [model, name]]) => h("tr", {},
    h("th", { scope: "row" }, mark(model), ` ${name}`), ...Object.keys(SHAPES).map((mask) =>
      cells[key(question, mask)] = h("td", {}, "–"))));
  const heads = Object.entries(SHAPES).map(([mask, name]) => h("th", { scope: "col" }, maskIcon(buildMask(mask, 4)), ` ${name}`));
  return {
    node: h("table", { class: "cells" }, h("caption", {}, `Right of the ${half} that were never read from the back`),
      h("thead", {}, h("tr", {}, h("td", {}), ...heads)), h("tbody", {}, ...rows)),
    show(question, mask, { unread, forwards }) {
      cells[key(question, mask)].textContent = forwards < 1.8 * half ? "not learned" : `${unread} of ${half}`;
    },
  };
}

// The largest line: what the model says to some cards that it never read from the back
function deal(cards, shown, { said, unread, steps }) {
  const half = cards.length / 2;
  const names = [...cards.map(([front]) => front), ...cards.map(([, back]) => back)];
  const asked = shown.map((front) => {
    const i = cards.findIndex(([name]) => name === front);
    const word = names[said[i - half]] ?? "…";
    return h("span", {}, `${cards[i][1]} – `, h("b", { class: word === front ? "right" : "wrong" }, word), "  ");
  });
  return [...asked, h("span", {}, ` ${unread} of ${half} are right after ${steps} steps.`)];
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const cards = get("cards");
  const [n, half] = [cards.length, cards.length / 2];
  const trainer = openTrainer(model);
  const said = h("p", { class: "deal" }, `${n} cards, “${cards[0].join(" – ")}”. All are read from the front, ${half} from the back too.`);
  const plot = h("div", {}, drawCurves([NOTHING]));
  const table = makeTable(half);
  const status = h("p", { class: "status", role: "status" });
  const turned = h("p", {}); // what step 3 asks: out of sight until the reader wants it
  const later = h("details", { hidden: true },
    h("summary", {}, `Does it hold these ${half} all the same? (Step 3 asks you first)`), turned);
  let [running, points] = [false, []];

  const question = radios("Question", "question", Object.entries(QUESTIONS).map(([value, [name, asks]]) =>
    [value, mark(name), asks]), (value) => change(model, { question: value }));
  const mask = radios("Mask", "mask", Object.entries(SHAPES).map(([value, name]) =>
    [value, maskIcon(buildMask(value, 4)), name]), (value) => change(model, { mask: value }));
  const go = h("button", { type: "button", class: "main-action", onclick: train }, "Train");
  const stop = h("button", { type: "button", onclick: () => { running = false; } }, "Stop");

  function take(report) {
    const shares = { forwards: report.forwards / n, read: report.read / half, unread: report.unread / half };
    points.push({ steps: report.steps, ...shares });
    said.replaceChildren(...deal(cards, get("shown"), report));
    plot.replaceChildren(drawCurves(points));
    table.show(get("question"), get("mask"), report);
    turned.textContent = `Asked in forward questions alone, by Bayes, it knows ${report.bayes} of the same ${half}.`;
    later.hidden = false;
  }
  async function train() {
    [running, points] = [true, []];
    draw();
    try {
      let report = await trainer.deal({ n, question: get("question"), mask: get("mask"), seed: 1 });
      take(report);
      while (running && el.isConnected && report.steps < STEPS) take(report = await trainer.practise());
    } catch (error) {
      status.textContent = error.message;
    }
    running = false;
    draw();
  }
  function draw() {
    question.show(get("question"), () => !running);
    mask.show(get("mask"), () => !running);
    withdraw(go, "disabled", running, stop);
    withdraw(stop, "disabled", !running, go);
  }
  const legend = "Thick: from a back that was never read. Dotted: from the front. Solid: from a back that was read. "
    + "All is computed in this page.";
  root(el, get("label"), said, h("div", { class: "controls across" }, question.node, mask.node),
    h("div", { class: "actions" }, go, stop, status), h("div", { class: "panels halves" }, plot, table.node), later,
    h("p", { class: "about" }, legend));
  return follow(model, ["question", "mask"], draw, trainer.end);
}
