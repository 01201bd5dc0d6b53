// A training run as it is shown: its losses, what has happened, what it writes, what leaks.

import { counted, h, mark, svg } from "./common.js";
import { leakGrid } from "./leak_grid.js";
import { withSigns } from "./live.js";
import { SHAPES } from "./masks.js";
import { separated, lossPlot } from "./plot.js";

const AXIS = 200; // steps that the plot shows at least
const WATCHED = 8; // characters that are changed

export const QUESTIONS = { next: ["GPT", "the next character"], blanks: ["BERT", "blanks"] };
export const MASKS = { ...SHAPES, own: "painted mask" };

const list = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0]);

// The curves in a sentence. points: [{ steps, train, loss, alone }], baselines: [[name, loss]]
export function sentence({ points, baselines }) {
  const { steps, loss, alone } = points.at(-1);
  const beaten = baselines.filter(([, height]) => loss < height).map(([name]) => name);
  return `Step ${steps}: ${loss.toFixed(2)} nats a character on held-out text, `
    + `${beaten.length ? `below ${list(beaten)}` : "below none of the lines"}. `
    + `Asked one at a time: ${Math.abs(alone - loss) < 0.005 ? "the same" : alone.toFixed(2)}.`;
}

// What has happened so far, in order: [[steps, words]]. changes: [{ steps, mask }]
export function events({ points, baselines, changes }) {
  const first = (condition, words) => points.filter(condition).slice(0, 1).map(({ steps }) => [steps, words]);
  return [
    ...baselines.filter(([name]) => name !== "uniform").flatMap(([name, height]) =>
      first(({ loss }) => loss < height, `below the ${name} (${height.toFixed(2)})`)),
    ...first(({ loss, alone }) => alone - loss > 0.5, "much worse when asked one at a time: it reads its answers"),
    ...changes.map(({ steps, mask }) => [steps, `the mask is now the ${MASKS[mask]}`]),
  ].sort(([a], [b]) => a - b);
}

const axes = (high) => lossPlot({ width: 400, height: 232, right: 58, low: 0, high });

function drawPlot({ points, baselines }) {
  const high = Math.max(5, Math.ceil(Math.max(...points.flatMap(({ loss, alone }) => [loss, alone]))));
  const plot = axes(high);
  const end = Math.max(AXIS, Math.ceil(points.at(-1).steps / 50) * 50);
  const heights = separated(baselines.map(([, height]) => plot.y(height) + 3.5), 12);
  const lines = baselines.flatMap(([name, height], i) => [plot.level("baseline", height),
    plot.write(name, plot.end + 5, heights[i], { class: "name" })]);
  const curves = ["train", "together", "alone"].map((asked) => {
    const known = points.map((point) => [point.steps / end, point[asked === "together" ? "loss" : asked]]);
    return svg("polyline", { "data-asked": asked, class: "chosen", points: plot.path(known.filter(([, loss]) => loss != null)) });
  });
  const node = plot.draw(...lines, ...curves);
  plot.axis("training step", [0, end / 2, end]);
  plot.point(points.at(-1).steps / end, points.at(-1).loss);
  return node;
}

// { before, written }: a text, and how it goes on; or { before, filled }: a text, and what stands in its blanks
function drawSample({ before, written, filled }) {
  if (written !== undefined) return [before, h("b", {}, written)];
  const truth = [...before];
  const shown = truth.map((character) => withSigns(character));
  for (const { place, character } of filled) {
    const right = character === truth[place];
    shown[place] = h("b", { class: right ? "right" : "wrong", title: `hidden: ${withSigns(truth[place])}` }, withSigns(character));
  }
  const count = filled.filter(({ place, character }) => character === truth[place]).length;
  return [...shown, h("span", { class: "detail" }, `\n${withSigns(before)}\n${count} of ${filled.length} blanks filled right`)];
}

const title = (text) => h("p", { class: "heading" }, text);
const LEAKS = "Which outputs move when one character changes";
const outcome = (question) => (question === "next" ? "What it writes" : "What it puts into the blanks");

// Where the first run will stand, before there is one.
export function emptyCard() {
  const plot = axes(5);
  const node = plot.draw();
  node.setAttribute("aria-label", "The loss will be drawn here.");
  plot.axis("training step", [0, AXIS / 2, AXIS]);
  node.querySelectorAll(".needle, .here").forEach((part) => part.remove());
  const places = [...Array(WATCHED).keys()];
  const cells = places.flatMap((y) => places.map((x) => svg("rect", { x: x + 0.05, y: y + 0.05, width: 0.9, height: 0.9, rx: 0.1 })));
  const grid = svg("svg", { viewBox: `0 0 ${WATCHED} ${WATCHED}`, class: "to-come", "aria-hidden": "true" }, ...cells);
  return h("section", { "aria-label": "the run to come" }, title("What it writes"),
    h("p", { class: "written" }, "Press Train: what it writes will stand here."), node,
    h("p", {}, "The loss in nats a character, on text that the model does not learn from; dotted, what counting reaches."),
    h("p", { class: "events" }), title(LEAKS), h("p", {}, "A character of the text is changed, then the next. Where an output moves, its cell fills."), grid);
}

// run: { number, question, mask, watched, parameters, width, kinds, spaces }, and what its reports add
export function runCard(run) {
  const [model, asks] = QUESTIONS[run.question];
  const [heading, speed, words, plot] = [h("span"), h("p", { class: "status" }), h("p"), h("div")];
  const happened = h("ol", { class: "events" });
  const written = h("p", { class: "written" });
  const grid = leakGrid(run.watched.map(withSigns));
  const node = h("section", { "aria-label": `run ${run.number}`, "data-model": model },
    h("p", { class: "heading" }, mark(model), heading), title(outcome(run.question)), written, plot, words, happened,
    title(LEAKS), ...grid.nodes, speed);
  return {
    node,
    // What any report brings
    show() {
      Object.assign(node.dataset, { steps: run.steps, order: run.mask });
      heading.textContent = `Run ${run.number}: ${asks}, ${MASKS[run.mask]}`;
      speed.textContent = `Step ${run.steps}${run.perSecond ? `, ${run.perSecond.toFixed(0)} steps a second` : ""}. `
        + `${counted(run.parameters)} parameters, d_model ${run.width}, ${run.kinds} kinds of character`
        + `${run.spaces ? `; ${counted(run.spaces)} rarer one${run.spaces === 1 ? " is read as a space" : "s are read as spaces"}` : ""}.`;
    },
    // What a look at the held-out text brings
    showPoint() {
      words.textContent = sentence(run);
      const drawn = drawPlot(run);
      drawn.setAttribute("aria-label", `Losses of run ${run.number}. ${words.textContent}`);
      plot.replaceChildren(drawn);
      happened.replaceChildren(...events(run).map(([steps, what]) => h("li", {}, `Step ${steps}: ${what}.`)));
      written.replaceChildren(...drawSample(run.sample));
      grid.show(run.leak);
    },
  };
}
