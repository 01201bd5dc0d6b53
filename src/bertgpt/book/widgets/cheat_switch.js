// The cheat switch: two trainings that differ in their mask. Walk along a curve: loss, writing, leak.

import { change, follow, h, radios, range, root, svg } from "./common.js";
import { countAhead, leakGrid } from "./leak_grid.js";
import { player } from "./play.js";
import { apart, lossPlot } from "./plot.js";

export function shown([loss, alone, sample, leak], baselines) {
  const beaten = baselines.filter(([, height]) => loss < height).map(([name]) => name);
  return { loss, choices: Math.round(10 * Math.exp(loss)) / 10, alone, sample, ahead: countAhead(leak), beaten };
}

export function sentence(step, { loss, choices, alone, beaten }) {
  const under = beaten.length ? `below ${beaten.join(", ")}` : "below none of the lines";
  return `Step ${step}: loss ${loss.toFixed(2)} nats, as if choosing among ${choices.toFixed(1)}; ${under}. `
    + `Asked one prefix at a time: ${alone.toFixed(2)}.`;
}

// Two curves a run; the names of the lines stand in a margin of their own, where no curve runs through them.
function runPlot({ steps, names, rows, baselines }) {
  const losses = names.flatMap((run) => rows[run].flatMap(([loss, alone]) => [loss, alone]));
  const high = Math.ceil(Math.max(...losses, ...baselines.map(([, height]) => height)));
  const plot = lossPlot({ width: 400, height: 232, right: 58, low: 0, high });
  const span = steps.at(-1) - steps[0] || 1;
  const place = (step) => (step - steps[0]) / span;
  const heights = apart(baselines.map(([, height]) => plot.y(height) + 3.5), 12);
  const lines = baselines.flatMap(([name, height], i) => [plot.level("baseline", height),
    plot.write(name, plot.end + 5, heights[i], { class: "name" })]);
  const curves = names.flatMap((name) => ["together", "alone"].map((kind, which) => svg("polyline", {
    points: plot.path(rows[name].map((row, i) => [place(steps[i]), row[which]])), "data-run": name, "data-asked": kind })));
  const node = plot.draw(...lines, ...curves);
  plot.axis("training step", [0, 0.5, 1].map((part) => steps[0] + Math.round(part * span)));
  return {
    node,
    show(run, step, loss, words) {
      node.setAttribute("aria-label", `Loss over training steps of the run “${run}”. ${words}`);
      for (const curve of curves) curve.setAttribute("class", curve.dataset.run === run ? "chosen" : "other");
      plot.point(place(step), loss);
    },
  };
}

export function render({ model, el }) {
  const all = Object.fromEntries(["steps", "names", "tokens", "baselines", "rows"].map((name) => [name, model.get(name)]));
  const { steps, names } = all;
  const controls = {
    run: radios("Training", "run", names.map((name) => [name, name]), (run) => change(model, { run })),
    step: range("Training step", steps[0], steps.at(-1), (step) => change(model, { step }),
      steps.length > 1 ? steps[1] - steps[0] : 1),
    play: player({ verb: "Play the training", n: steps.length, at: () => steps.indexOf(model.get("step")),
      go: (i) => change(model, { step: steps[i] }) }),
    about: h("p", { class: "about" }, "Solid curve: all questions in one pass. Dashed: each prefix alone. "
      + "Dotted lines: knowing nothing, and counting."),
  };
  const [plot, grid] = [runPlot(all), leakGrid(all.tokens)];
  const largest = Math.max(...names.flatMap((run) => all.rows[run].flatMap(([, , , leak]) => leak.flat())));
  const status = h("p", { class: "status", role: "status" });
  const sample = h("span", {});
  const figure = root(el, model.get("label"),
    h("div", { class: "controls across" }, controls.run.node, controls.step.node, controls.play.node,
      controls.about),
    h("div", { class: "main" }, status, h("div", { class: "panels" },
      h("section", { "aria-label": "loss" }, h("p", { class: "heading" }, "Loss on a text it has not read"), plot.node,
        h("p", { class: "heading" }, "What it writes"),
        h("p", { class: "written" }, h("b", {}, model.get("prompt")), sample)),
      h("section", { "aria-label": "leak" }, h("p", { class: "heading" }, "Which outputs move when one token changes"),
        ...grid.nodes))));
  figure.addEventListener("input", controls.play.stop);

  function draw() {
    const [run, step] = [model.get("run"), model.get("step")];
    const row = all.rows[run][steps.indexOf(step)];
    const now = shown(row, all.baselines);
    controls.run.show(run);
    controls.step.show(step);
    Object.assign(figure.dataset, { run, step, model: run === names[0] ? "GPT" : "other" });
    status.textContent = sentence(step, now);
    plot.show(run, step, now.loss, status.textContent);
    sample.textContent = now.sample;
    grid.show(row[3], largest);
  }

  return follow(model, ["run", "step"], draw);
}
