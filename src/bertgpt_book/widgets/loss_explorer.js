// The loss explorer: recorded curves of both models, each beside its own baselines, and what may be compared.

import { change, checkbox, counted, follow, h, mark, radios, range, root, svg } from "./common.js";
import { lossPlot } from "./plot.js";

const ASKED = { BERT: "at hidden tokens", GPT: "at the next token" };
const AXES = { steps: "training steps", tokens: "tokens read", predictions: "predictions made" };

export function where({ runs, baselines, axis, seed, at }) {
  const column = Object.keys(AXES).indexOf(axis);
  const of = (name) => runs.filter((run) => run.model === name && ["all", run.seed].includes(seed))
    .map((run) => run.points);
  const place = Math.max(...Object.keys(ASKED).map((name) => of(name)[0][at][column]));
  const standing = { place };
  for (const name of Object.keys(ASKED)) {
    const points = of(name);
    const index = Math.max(0, points[0].findLastIndex((point) => point[column] <= place));
    const losses = points.map((point) => point[index][3]);
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    const [steps, tokens, predictions] = points[0][index];
    standing[name] = { steps, tokens, predictions, loss, low: Math.min(...losses), high: Math.max(...losses),
      over: index === points[0].length - 1 && points[0][index][column] < place,
      below: baselines[name].filter(([, height]) => loss < height).map(([line]) => line) };
  }
  return standing;
}

export function fairness(axis, { BERT: bert, GPT: gpt }) {
  const over = bert.over ? ", and its training is over" : "";
  const equal = axis === "predictions"
    ? `About as many answers: for ${counted(gpt.predictions)} GPT has read ${counted(gpt.tokens)} tokens; for `
      + `${counted(bert.predictions)} BERT has read ${counted(bert.tokens)}${over}. Ask here what an answer teaches.`
    : `The same text: ${counted(gpt.tokens)} tokens in ${counted(gpt.steps)} steps. From it GPT was asked `
      + `${counted(gpt.predictions)} times, BERT ${counted(bert.predictions)} times. Ask here what a text teaches.`;
  return [equal, "Compare a curve with the dotted lines of its own panel and with its own seeds. Do not compare "
    + `${bert.loss.toFixed(2)} with ${gpt.loss.toFixed(2)}: they answer different questions.`];
}

export function reading(name, { steps, loss, low, high, below }) {
  const spread = low === high ? "" : `, ${low.toFixed(2)} to ${high.toFixed(2)} over the seeds`;
  return `${name} after step ${counted(steps)}: ${loss.toFixed(2)} nats ${ASKED[name]}${spread}; `
    + `${below.length ? `below ${below.join(", ")}` : "below none of its lines"}.`;
}

// The lowest loss that both panels show and the highest, and how far each axis goes.
function scales({ runs, baselines }) {
  const heights = [...runs.flatMap((run) => run.points.map((point) => point[3])),
    ...Object.values(baselines).flat().map(([, height]) => height)];
  const far = Object.keys(AXES).map((_, column) => Math.max(...runs.map((run) => run.points.at(-1)[column])));
  return { low: Math.floor(Math.min(...heights) - 0.2), high: Math.max(...heights) + 0.5, far };
}

// Dotted lines, each under its name; a name that would lie on its neighbour's line goes to the left, below its own.
function baselineMarks(lines, { left, end, y, level, write }) {
  return lines.map(([line, height], i) => {
    const close = i > 0 && y(height) - y(lines[i - 1][1]) < 14;
    return svg("g", { "data-line": line }, level("baseline", height),
      write(line, close ? left + 4 : end, y(height) + (close ? 11 : -3),
        { "text-anchor": close ? "start" : "end", class: "name" }));
  });
}

// One model's curves, a seed each, beside its own baselines, with a dot at the place that is read.
function lossPanel(name, { runs, baselines }, { low, high, far }) {
  const plot = lossPlot({ width: 360, height: 200, right: 10, low, high });
  const lines = baselineMarks(baselines[name], plot);
  const own = runs.filter((run) => run.model === name);
  const curves = own.map((run) => svg("polyline", { class: "curve", "data-seed": run.seed }));
  const drawing = plot.draw(...curves, ...lines);
  const read = h("p", { class: "status" });
  const node = h("section", { "aria-label": name, "data-model": name },
    h("p", { class: "heading" }, mark(name), `${name}: loss ${ASKED[name]}`), drawing, read);

  function show({ axis, seed }, shownLines, { place, [name]: point }) {
    const column = Object.keys(AXES).indexOf(axis);
    plot.axis(AXES[axis], [0, 0.5, 1].map((part) => counted(Math.round(far[column] * part))));
    own.forEach((run, i) => {
      curves[i].setAttribute("points", plot.path(run.points.map((point) => [point[column] / far[column], point[3]])));
      curves[i].toggleAttribute("hidden", !["all", run.seed].includes(seed));
    });
    for (const line of lines) line.toggleAttribute("hidden", !shownLines.includes(line.dataset.line));
    plot.point(place / far[column], point.loss, point[axis] / far[column]);
    read.textContent = reading(name, point);
    drawing.setAttribute("aria-label", `Held-out loss of ${name} over ${AXES[axis]}. ${reading(name, point)}`);
  }

  return { node, show };
}

// The axis, the seeds, the place on the curves, and which baselines are drawn.
function lossControls(model, { runs, seeds, names }) {
  const get = (name) => model.get(name);
  const axis = radios("Along the bottom", "axis", Object.entries(AXES), (value) => change(model, { axis: value }));
  const seed = radios("Seeds", "seed", seeds.map((value) => [value, value]), (value) => change(model, { seed: value }));
  const at = range("Place on the curves", 0, runs[0].points.length - 1, (value) => change(model, { at: value }));
  const lines = names.map((line) => checkbox(line, (on) =>
    change(model, { lines: names.filter((name) => (name === line ? on : get("lines").includes(name))) })));
  return {
    node: h("div", { class: "controls across" }, axis.node, seed.node, at.node),
    lines: h("fieldset", { class: "radios" }, h("legend", {}, "Baselines"), ...lines.map((box) => box.node)),
    show(place) {
      axis.show(get("axis"));
      seed.show(get("seed"));
      at.show(get("at"), `${counted(place)} ${AXES[get("axis")]}`);
      lines.forEach((box, i) => box.show(get("lines").includes(names[i])));
    },
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const [runs, baselines, seeds] = ["runs", "baselines", "seeds"].map(get);
  const names = [...new Set(Object.values(baselines).flat().map(([line]) => line))];
  const scale = scales({ runs, baselines });
  const controls = lossControls(model, { runs, seeds, names });
  const panels = Object.keys(ASKED).map((name) => lossPanel(name, { runs, baselines }, scale));
  const [equal, never] = [h("p", { class: "equal" }), h("p", { class: "status" })];
  const figure = root(el, get("label"), controls.node,
    h("div", { class: "main" }, h("div", { class: "panels" }, ...panels.map((panel) => panel.node)),
      controls.lines, h("div", { role: "status" }, equal, never)));

  function draw() {
    const state = { axis: get("axis"), seed: get("seed"), at: get("at") };
    const standing = where({ runs, baselines, ...state });
    Object.assign(figure.dataset, state);
    controls.show(standing.place);
    for (const panel of panels) panel.show(state, get("lines"), standing);
    [equal.textContent, never.textContent] = fairness(state.axis, standing);
  }

  return follow(model, ["axis", "seed", "at", "lines"], draw);
}
