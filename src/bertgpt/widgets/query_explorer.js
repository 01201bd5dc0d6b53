// The query explorer: one query, a plane of keys, and the average of the values.

// query: [K], keys: S rows of K, values: S rows of D -> scores [S], weights [S], output [D]
export function readQuery(query, keys, values, scaled = true) {
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const scores = keys.map((key) => dot(query, key) / (scaled ? Math.sqrt(query.length) : 1));
  const weights = softmax(scores);
  const output = values[0].map((_, d) => dot(weights, values.map((value) => value[d])));
  return { scores, weights, output };
}

// The corners of the smallest convex shape around some points, in order (Andrew's monotone chain).
export function hull(points) {
  const sorted = [...points].sort(([a, b], [c, d]) => a - c || b - d);
  const turn = ([a, b], [c, d], [e, f]) => (c - a) * (f - b) - (d - b) * (e - a);
  const half = (all) => {
    const chain = [];
    for (const point of all) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

const SIDE = 400;
const pair = (vector, digits) => `(${vector.map((x) => fixed(x, digits)).join(", ")})`;

function render({ model, el }) {
  const get = (name) => model.get(name);
  const move = (query) => {
    const reach = get("reach");
    const kept = (x) => Math.max(-reach, Math.min(reach, Math.round(x * 10) / 10));
    change(model, { query: query.map(kept) });
  };
  const place = ([x, y]) => [x, -y].map((c) => SIDE / 2 + (c * SIDE) / (2 * get("reach")));

  const reach = get("reach");
  const controls = {
    first: range("query: first number", -reach, reach, (x) => move([x, get("query")[1]]), 0.1),
    second: range("query: second number", -reach, reach, (y) => move([get("query")[0], y]), 0.1),
    scaling: radios("Scores", "scaling", [["scaled", "divided by √2"], ["plain", "not divided"]],
      (value) => change(model, { scaled: value === "scaled" })),
    about: h("p", { class: "about" }, "Drag the round handle, click where the query should go, "
      + "or use the two sliders."),
  };
  const drawing = svg("g", {});
  const handle = svg("circle", { class: "handle", r: 18 }); // never redrawn: a finger may be holding it
  const plane = svg("svg", { class: "plane", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" }, drawing, handle);
  const status = h("p", { class: "status", role: "status" });
  const rows = get("names").map((name) => {
    const [score, weight] = [h("td"), h("td")];
    const bar = h("span", { class: "bar" });
    const row = h("tr", {}, h("th", { scope: "row" }, name), score, h("td", { class: "share" }, bar), weight);
    return { row, score, weight, bar };
  });
  const sum = h("td");
  const heads = ["key", "score", "", "weight"].map((text) =>
    (text ? h("th", { scope: "col" }, text) : h("td")));
  const table = h("table", { class: "shares" },
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...rows.map(({ row }) => row)),
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "sum"), h("td"), h("td"), sum)));
  const legend = h("p", { class: "status" },
    "Dashed arrows are keys, diamonds are values, the ring is the output. "
    + "The dotted outline holds every average of the values.");
  const side = h("div", { class: "controls" }, controls.first.node, controls.second.node,
    controls.scaling.node, controls.about);
  const figure = root(el, get("label"), side,
    h("div", { class: "main" }, plane, table, status, legend));

  const at = (event) => {
    const { left, top, width, height } = plane.getBoundingClientRect();
    return [(2 * (event.clientX - left)) / width - 1, 1 - (2 * (event.clientY - top)) / height]
      .map((share) => share * get("reach"));
  };
  let dragging = false;
  plane.addEventListener("pointerdown", (event) => {
    // A finger on the plane may want to scroll the page; on the handle it wants the query.
    dragging = event.pointerType !== "touch" || event.target.classList.contains("handle");
    if (!dragging) return;
    event.preventDefault();
    plane.setPointerCapture(event.pointerId);
    move(at(event));
  });
  plane.addEventListener("pointermove", (event) => { if (dragging) move(at(event)); });
  for (const type of ["pointerup", "pointercancel"]) {
    plane.addEventListener(type, () => { dragging = false; });
  }
  plane.addEventListener("click", (event) => move(at(event)));

  function line(kind, from, to, extra = {}) {
    const [[x1, y1], [x2, y2]] = [place(from), place(to)];
    return svg("line", { class: kind, x1, y1, x2, y2, ...extra });
  }

  function arrow(kind, to, width) {
    const angle = Math.atan2(to[1], to[0]);
    const size = 0.06 * get("reach");
    const wing = (turn) => [0, 1].map((i) => to[i] - size * [Math.cos, Math.sin][i](angle + turn));
    const corners = [to, wing(0.45), wing(-0.45)].map((point) => place(point).join()).join(" ");
    const drawn = to.some(Boolean) ? [svg("polygon", { class: `${kind} tip`, points: corners })] : [];
    return [line(kind, [0, 0], to, { "stroke-width": width }), ...drawn];
  }

  function text(kind, point, words, dy) {
    const [x, y] = place(point);
    const anchor = x > SIDE - 70 ? "end" : x < 70 ? "start" : "middle";
    return svg("text", { class: kind, x, y: y + dy, "text-anchor": anchor }, words);
  }

  function diamond(point, size) {
    const [x, y] = place(point);
    const r = 5 + 9 * Math.sqrt(size);
    return svg("path", { class: "value", d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z` });
  }

  function circle(kind, point, r) {
    const [cx, cy] = place(point);
    return svg("circle", { class: kind, cx, cy, r });
  }

  function draw() {
    const [names, keys, values, query] = ["names", "key_vectors", "value_vectors", "query"].map(get);
    const { scores, weights, output } = readQuery(query, keys, values, get("scaled"));
    const n = get("reach");
    const steps = Array.from({ length: 2 * n - 1 }, (_, i) => i + 1 - n);
    figure.dataset.scaled = get("scaled");
    figure.dataset.output = JSON.stringify(output);
    controls.first.show(query[0]);
    controls.second.show(query[1]);
    controls.scaling.show(get("scaled") ? "scaled" : "plain");

    drawing.replaceChildren(
      ...steps.flatMap((c) => [[[c, -n], [c, n]], [[-n, c], [n, c]]].map((ends) =>
        line(c ? "rule" : "axis", ...ends))),
      svg("polygon", { class: "hull", points: hull(values).map((point) => place(point).join()).join(" ") }),
      ...keys.flatMap((key, s) => arrow("key", key, 1.5 + 4 * weights[s])),
      ...values.map((value, s) => diamond(value, weights[s])),
      ...arrow("asks", query, 3),
      circle("output", output, 8),
      ...keys.map((key, s) => text("key", key, names[s], key[1] < 0 ? 18 : -8)),
      ...values.map((value, s) => text("value", value, `value of ${names[s]}`, 25)),
      text("asks", query, "query", query[1] < output[1] ? 28 : -16),
      text("output", output, "output", query[1] < output[1] ? -14 : 26),
      circle("grip", query, 7),
    );
    place(query).forEach((c, i) => handle.setAttribute(["cx", "cy"][i], c));
    rows.forEach(({ row, score, weight, bar }, s) => {
      row.dataset.weight = weights[s];
      row.dataset.score = scores[s];
      score.textContent = fixed(scores[s], 2);
      weight.textContent = fixed(weights[s], 3);
      bar.style.setProperty("--share", weights[s]);
    });
    sum.textContent = fixed(weights.reduce((total, w) => total + w, 0), 3);
    const largest = names[weights.indexOf(Math.max(...weights))];
    const even = Math.max(...weights) - Math.min(...weights) < 1e-9;
    const gives = even ? "every key the same weight" : `most to “${largest}”`;
    status.textContent = `The query ${pair(query, 1)} gives ${gives}; the output is ${pair(output, 2)}.`;
    plane.setAttribute("aria-label",
      `A plane with ${names.length} keys and their values. ${status.textContent}`);
  }

  return follow(model, ["key_vectors", "value_vectors", "query", "scaled"], draw);
}

export default { render };
