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

// The shapes of the plane; place() says where a vector of numbers stands in the drawing.
function shapes(place, reach) {
  const line = (kind, from, to, extra = {}) => {
    const [[x1, y1], [x2, y2]] = [place(from), place(to)];
    return svg("line", { class: kind, x1, y1, x2, y2, ...extra });
  };
  const corners = (points) => points.map((point) => place(point).join()).join(" ");
  return {
    line,
    polygon: (kind, points) => svg("polygon", { class: kind, points: corners(points) }),
    arrow(kind, to, width) {
      const angle = Math.atan2(to[1], to[0]);
      const wing = (turn) => [0, 1].map((i) => to[i] - 0.06 * reach * [Math.cos, Math.sin][i](angle + turn));
      const tip = svg("polygon", { class: `${kind} tip`, points: corners([to, wing(0.45), wing(-0.45)]) });
      return [line(kind, [0, 0], to, { "stroke-width": width }), ...(to.some(Boolean) ? [tip] : [])];
    },
    text(kind, point, words, dy) {
      const [x, y] = place(point);
      const anchor = x > SIDE - 70 ? "end" : x < 70 ? "start" : "middle";
      return svg("text", { class: kind, x, y: y + dy, "text-anchor": anchor }, words);
    },
    diamond(point, size) {
      const [x, y] = place(point);
      const r = 5 + 9 * Math.sqrt(size);
      return svg("path", { class: "value", d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z` });
    },
    circle(kind, point, r) {
      const [cx, cy] = place(point);
      return svg("circle", { class: kind, cx, cy, r });
    },
  };
}

// All that stands on the plane, from the rulings up to the grip of the query.
function drawing({ line, polygon, arrow, text, diamond, circle }, reach, { names, keys, values, query, weights, output }) {
  const steps = Array.from({ length: 2 * reach - 1 }, (_, i) => i + 1 - reach);
  const above = query[1] < output[1]; // the output stands above the query: their names keep apart
  return [
    ...steps.flatMap((c) => [[[c, -reach], [c, reach]], [[-reach, c], [reach, c]]].map((ends) =>
      line(c ? "rule" : "axis", ...ends))),
    polygon("hull", hull(values)),
    ...keys.flatMap((key, s) => arrow("key", key, 1.5 + 4 * weights[s])),
    ...values.map((value, s) => diamond(value, weights[s])),
    ...arrow("asks", query, 3),
    circle("output", output, 8),
    ...keys.map((key, s) => text("key", key, names[s], key[1] < 0 ? 18 : -8)),
    ...values.map((value, s) => text("value", value, `value of ${names[s]}`, 25)),
    text("asks", query, "query", above ? 28 : -16),
    text("output", output, "output", above ? -14 : 26),
    circle("grip", query, 7),
  ];
}

// The plane, on which the query is dragged, or clicked to another place.
function queryPlane(reach, move) {
  const place = ([x, y]) => [x, -y].map((c) => SIDE / 2 + (c * SIDE) / (2 * reach));
  const shape = shapes(place, reach);
  const ground = svg("g", {});
  const handle = svg("circle", { class: "handle", r: 18 }); // never redrawn: a finger may be holding it
  const node = svg("svg", { class: "plane", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img" }, ground, handle);
  const at = (event) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return [(2 * (event.clientX - left)) / width - 1, 1 - (2 * (event.clientY - top)) / height]
      .map((share) => share * reach);
  };
  let dragging = false;
  node.addEventListener("pointerdown", (event) => {
    // A finger on the plane may want to scroll the page; on the handle it wants the query.
    dragging = event.pointerType !== "touch" || event.target.classList.contains("handle");
    if (!dragging) return;
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    move(at(event));
  });
  node.addEventListener("pointermove", (event) => { if (dragging) move(at(event)); });
  for (const type of ["pointerup", "pointercancel"]) {
    node.addEventListener(type, () => { dragging = false; });
  }
  node.addEventListener("click", (event) => move(at(event)));
  return {
    node,
    show(read, words) {
      ground.replaceChildren(...drawing(shape, reach, read));
      place(read.query).forEach((c, i) => handle.setAttribute(["cx", "cy"][i], c));
      node.setAttribute("aria-label", `A plane with ${read.names.length} keys and their values. ${words}`);
    },
  };
}

// Score and weight of each key.
function weightTable(names) {
  const rows = names.map((name) => {
    const [score, weight] = [h("td"), h("td")];
    const bar = h("span", { class: "bar" });
    const row = h("tr", {}, h("th", { scope: "row" }, name), score, h("td", { class: "share" }, bar), weight);
    return { row, score, weight, bar };
  });
  const sum = h("td");
  const heads = ["key", "score", "", "weight"].map((text) => (text ? h("th", { scope: "col" }, text) : h("td")));
  const node = h("table", { class: "shares" },
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...rows.map(({ row }) => row)),
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "sum"), h("td"), h("td"), sum)));
  return {
    node,
    show({ scores, weights }) {
      rows.forEach(({ row, score, weight, bar }, s) => {
        row.dataset.weight = weights[s];
        row.dataset.score = scores[s];
        score.textContent = fixed(scores[s], 2);
        weight.textContent = fixed(weights[s], 3);
        bar.style.setProperty("--share", weights[s]);
      });
      sum.textContent = fixed(weights.reduce((total, w) => total + w, 0), 3);
    },
  };
}

function sentence({ names, query, weights, output }) {
  const largest = Math.max(...weights);
  const even = largest - Math.min(...weights) < 1e-9;
  const gives = even ? "every key the same weight" : `most to “${names[weights.indexOf(largest)]}”`;
  return `The query ${pair(query, 1)} gives ${gives}; the output is ${pair(output, 2)}.`;
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const reach = get("reach");
  const kept = (x) => Math.max(-reach, Math.min(reach, Math.round(x * 10) / 10));
  const move = (query) => change(model, { query: query.map(kept) });
  const controls = {
    first: range("query: first number", -reach, reach, (x) => move([x, get("query")[1]]), 0.1),
    second: range("query: second number", -reach, reach, (y) => move([get("query")[0], y]), 0.1),
    scaling: radios("Scores", "scaling", [["scaled", "divided by √2"], ["plain", "not divided"]],
      (value) => change(model, { scaled: value === "scaled" })),
  };
  const about = h("p", { class: "about" }, "Drag the round handle, click where the query should go, "
    + "or use the two sliders.");
  const [plane, table] = [queryPlane(reach, move), weightTable(get("names"))];
  const status = h("p", { class: "status", role: "status" });
  const legend = h("p", { class: "status" },
    "Dashed arrows are keys, diamonds are values, the ring is the output. "
    + "The dotted outline holds every average of the values.");
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, ...Object.values(controls).map((control) => control.node), about),
    h("div", { class: "main" }, plane.node, table.node, status, legend));

  function draw() {
    const [names, keys, values, query, scaled] =
      ["names", "key_vectors", "value_vectors", "query", "scaled"].map(get);
    const read = { names, keys, values, query, ...readQuery(query, keys, values, scaled) };
    figure.dataset.scaled = scaled;
    figure.dataset.output = JSON.stringify(read.output);
    controls.first.show(query[0]);
    controls.second.show(query[1]);
    controls.scaling.show(scaled ? "scaled" : "plain");
    status.textContent = sentence(read);
    plane.show(read, status.textContent);
    table.show(read);
  }

  return follow(model, ["key_vectors", "value_vectors", "query", "scaled"], draw);
}

export default { render };
