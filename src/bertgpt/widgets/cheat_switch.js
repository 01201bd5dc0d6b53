// The cheat switch: two trainings that differ in their mask. Walk along a curve: loss, writing, leak.

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

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [360, 230, 26, 8, 8, 34];

function render({ model, el }) {
  const get = (name) => model.get(name);
  const [steps, names, tokens, baselines] = ["steps", "names", "tokens", "baselines"].map(get);
  const losses = (run, which) => get("rows")[run].map((row) => row[which]);
  const largest = Math.max(...names.flatMap((run) => get("rows")[run].flatMap(([, , , leak]) => leak.flat())));
  const all = names.flatMap((run) => [...losses(run, 0), ...losses(run, 1)]);
  const top = Math.ceil(Math.max(...all, ...baselines.map(([, height]) => height)));
  const span = steps.at(-1) - steps[0] || 1;
  const x = (step) => LEFT + ((step - steps[0]) / span) * (WIDTH - LEFT - RIGHT);
  const y = (loss) => TOP + (1 - loss / top) * (HEIGHT - TOP - BOTTOM);
  const write = (text, [left, base], extra = {}) =>
    svg("text", { x: left.toFixed(1), y: base.toFixed(1), ...extra }, String(text));

  const controls = {
    run: radios("Training", "run", names.map((name) => [name, name]), (run) => change(model, { run })),
    step: range("Training step", steps[0], steps.at(-1), (step) => change(model, { step }),
      steps.length > 1 ? steps[1] - steps[0] : 1),
    about: h("p", { class: "about" }, "Solid curve: all questions in one pass. Dashed: each prefix alone. "
      + "Dotted lines: knowing nothing, and counting."),
  };
  const points = (run, which) =>
    losses(run, which).map((loss, i) => `${x(steps[i]).toFixed(1)},${y(loss).toFixed(1)}`).join(" ");
  const curves = names.flatMap((name) => ["together", "alone"].map((asked, which) =>
    svg("polyline", { points: points(name, which), "data-run": name, "data-asked": asked })));
  const needle = svg("line", { class: "needle", y1: TOP, y2: HEIGHT - BOTTOM });
  const dot = svg("circle", { r: 4.5, class: "here" });
  const ticks = Array.from({ length: top + 1 }, (_, loss) => loss);
  const plot = svg("svg", { class: "losses", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
    ...ticks.map((loss) => svg("line", { class: "rule", x1: LEFT, x2: WIDTH - RIGHT, y1: y(loss), y2: y(loss) })),
    ...ticks.map((loss) => write(loss, [LEFT - 5, y(loss) + 3.5], { "text-anchor": "end" })),
    ...[0, 0.5, 1].map((part) => steps[0] + Math.round(part * span)).map((step, i) =>
      write(step, [x(step), HEIGHT - BOTTOM + 14], { "text-anchor": ["start", "middle", "end"][i] })),
    write("training step", [(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4], { "text-anchor": "middle" }),
    ...baselines.flatMap(([name, height]) => [
      svg("line", { class: "baseline", x1: LEFT, x2: WIDTH - RIGHT, y1: y(height), y2: y(height) }),
      write(name, [WIDTH - RIGHT, y(height) - 3], { "text-anchor": "end", class: "name" })]),
    needle, ...curves, dot);

  const status = h("p", { class: "status", role: "status" });
  const [given, sample] = [h("b", {}), h("span", {})];
  const written = h("p", { class: "written" }, given, sample);
  const count = h("p", { class: "status" });
  const readout = h("p", { class: "readout" });
  const name = (token) => `“${token}”`;
  const leak = () => get("rows")[get("run")][steps.indexOf(get("step"))][3];
  const tell = (t, s) => `Change ${name(tokens[s])}, token ${s + 1}: the output at ${name(tokens[t])}, token ${t + 1}, `
    + (leak()[t][s] === 0 ? "does not move." : `moves by ${leak()[t][s]}.`);
  const grid = tokenGrid({
    tokens, label: "leak", rowTitle: "output", columnTitle: "change", press() {},
    look(t, s) { readout.textContent = tell(t, s); },
  });
  const figure = root(el, get("label"),
    h("div", { class: "controls across" }, controls.run.node, controls.step.node, controls.about),
    h("div", { class: "main" }, status, h("div", { class: "panels" },
      h("section", { "aria-label": "loss" }, h("p", { class: "heading" }, "Loss on a text it has not read"), plot,
        h("p", { class: "heading" }, "What it writes"), written),
      h("section", { "aria-label": "leak" }, h("p", { class: "heading" }, "Which outputs move when one token changes"),
        grid.node, count, readout))));

  function draw() {
    const [run, step] = [get("run"), get("step")];
    const row = shown(get("rows")[run][steps.indexOf(step)], baselines);
    controls.run.show(run);
    controls.step.show(step);
    controls.run.node.hidden = names.length < 2;
    Object.assign(figure.dataset, { run, step, model: run === names[0] ? "GPT" : "other" });
    status.textContent = sentence(step, row);
    plot.setAttribute("aria-label", `Loss over training steps of the run “${run}”. ${status.textContent}`);
    for (const curve of curves) curve.setAttribute("class", curve.dataset.run === run ? "chosen" : "other");
    needle.setAttribute("x1", x(step));
    needle.setAttribute("x2", x(step));
    dot.setAttribute("cx", x(step));
    dot.setAttribute("cy", y(row.loss));
    given.textContent = get("prompt");
    sample.textContent = row.sample;
    grid.cells.forEach((cells, t) => cells.forEach((cell, s) => {
      const moved = leak()[t][s];
      fillCell(cell, leakShade(moved, largest), moved === 0 && "closed");
      cell.dataset.moved = moved;
      cell.setAttribute("aria-label", tell(t, s));
    }));
    const n = tokens.length;
    count.textContent = `Right of the diagonal, where a later token changes: ${row.ahead} of `
      + `${(n * (n - 1)) / 2} move.`;
    readout.textContent = "Point at a cell to read it.";
  }

  return follow(model, ["run", "step"], draw);
}

export default { render };
