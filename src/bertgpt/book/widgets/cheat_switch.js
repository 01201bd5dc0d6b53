// The cheat switch: two trainings that differ in their mask. Walk along a curve: loss, writing, leak.

import { change, fillCell, follow, h, leakShade, radios, range, root, svg, tokenGrid } from "./common.js";
import { player } from "./play.js";

export function shown([loss, alone, sample, leak], baselines) {
  const ahead = leak.flatMap((row, t) => row.slice(t + 1)).filter((value) => value !== 0).length;
  const beaten = baselines.filter(([, height]) => loss < height).map(([name]) => name);
  return { loss, choices: Math.round(10 * Math.exp(loss)) / 10, alone, sample, ahead, beaten };
}

export function sentence(step, { loss, choices, alone, beaten }) {
  const under = beaten.length ? `below ${beaten.join(", ")}` : "below none of the lines";
  return `Step ${step}: loss ${loss.toFixed(2)} nats, as if choosing among ${choices.toFixed(1)}; ${under}. `
    + `Asked one prefix at a time: ${alone.toFixed(2)}.`;
}

// Move names that stand on top of each other apart, each as little as it takes: heights, rising -> heights, rising.
export function apart(heights, gap) {
  const placed = [];
  for (const height of heights) placed.push(Math.max(height, (placed.at(-1) ?? -Infinity) + gap));
  return placed;
}

// The names of the lines stand in a margin of their own, where no curve runs through them.
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [400, 230, 26, 58, 8, 34];

// Where a step and a loss stand in the plot of all runs.
function scales({ steps, names, rows, baselines }) {
  const losses = names.flatMap((run) => rows[run].flatMap(([loss, alone]) => [loss, alone]));
  const top = Math.ceil(Math.max(...losses, ...baselines.map(([, height]) => height)));
  const span = steps.at(-1) - steps[0] || 1;
  return {
    top,
    span,
    x: (step) => LEFT + ((step - steps[0]) / span) * (WIDTH - LEFT - RIGHT),
    y: (loss) => TOP + (1 - loss / top) * (HEIGHT - TOP - BOTTOM),
  };
}

// Ticks, names of the axes, and the lines of the baselines.
function ground({ steps, baselines }, { top, span, x, y }) {
  const write = (text, left, base, extra = {}) =>
    svg("text", { x: left.toFixed(1), y: base.toFixed(1), ...extra }, String(text));
  const level = (kind, loss) => svg("line", { class: kind, x1: LEFT, x2: WIDTH - RIGHT, y1: y(loss), y2: y(loss) });
  const ticks = Array.from({ length: top + 1 }, (_, loss) => loss);
  const names = apart(baselines.map(([, height]) => y(height) + 3.5), 12);
  return [
    ...ticks.map((loss) => level("rule", loss)),
    ...ticks.map((loss) => write(loss, LEFT - 5, y(loss) + 3.5, { "text-anchor": "end" })),
    ...[0, 0.5, 1].map((part) => steps[0] + Math.round(part * span)).map((step, i) =>
      write(step, x(step), HEIGHT - BOTTOM + 14, { "text-anchor": ["start", "middle", "end"][i] })),
    write("training step", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, { "text-anchor": "middle" }),
    ...baselines.flatMap(([name, height], i) => [level("baseline", height),
      write(name, WIDTH - RIGHT + 5, names[i], { class: "name" })]),
  ];
}

// Two curves a run, and a needle with a dot at the step that is shown.
function lossPlot(all) {
  const scale = scales(all);
  const { x, y } = scale;
  const points = (run, which) =>
    all.rows[run].map((row, i) => `${x(all.steps[i]).toFixed(1)},${y(row[which]).toFixed(1)}`).join(" ");
  const curves = all.names.flatMap((name) => ["together", "alone"].map((kind, which) =>
    svg("polyline", { points: points(name, which), "data-run": name, "data-asked": kind })));
  const needle = svg("line", { class: "needle", y1: TOP, y2: HEIGHT - BOTTOM });
  const dot = svg("circle", { r: 4.5, class: "here" });
  const node = svg("svg", { class: "losses", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
    ...ground(all, scale), needle, ...curves, dot);
  return {
    node,
    show(run, step, loss, words) {
      node.setAttribute("aria-label", `Loss over training steps of the run “${run}”. ${words}`);
      for (const curve of curves) curve.setAttribute("class", curve.dataset.run === run ? "chosen" : "other");
      for (const end of ["x1", "x2"]) needle.setAttribute(end, x(step));
      dot.setAttribute("cx", x(step));
      dot.setAttribute("cy", y(loss));
    },
  };
}

// Which outputs move when one token changes, and how many of them come before it.
function leakGrid({ tokens, names, rows }) {
  const largest = Math.max(...names.flatMap((run) => rows[run].flatMap(([, , , leak]) => leak.flat())));
  const count = h("p", { class: "status" });
  const readout = h("p", { class: "readout" });
  let leak;
  const name = (token) => `“${token}”`;
  const tell = (t, s) => `Change ${name(tokens[s])}, token ${s + 1}: the output at ${name(tokens[t])}, token ${t + 1}, `
    + (leak[t][s] === 0 ? "does not move." : `moves by ${leak[t][s]}.`);
  const grid = tokenGrid({
    tokens, label: "leak", rowTitle: "output", columnTitle: "change", press() {},
    look(t, s) { readout.textContent = tell(t, s); },
  });
  return {
    nodes: [grid.node, count, readout],
    show(now, ahead) {
      leak = now;
      grid.cells.forEach((cells, t) => cells.forEach((cell, s) => {
        fillCell(cell, leakShade(leak[t][s], largest), leak[t][s] === 0 && "closed");
        cell.dataset.moved = leak[t][s];
        cell.setAttribute("aria-label", tell(t, s));
      }));
      const n = tokens.length;
      count.textContent = `Right of the diagonal, where a later token changes: ${ahead} of ${(n * (n - 1)) / 2} move.`;
      readout.textContent = "Point at a cell to read it.";
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
  controls.run.node.hidden = names.length < 2;
  const [plot, grid] = [lossPlot(all), leakGrid(all)];
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
    grid.show(row[3], now.ahead);
  }

  return follow(model, ["run", "step"], draw);
}
