// The query explorer: one query, a plane of keys, and the average of the values.

import {
  barCell, change, fixed, follow, h, headRow, radios, range, root, select, svg, tableRow,
} from "./common.js";
import { hull, shapes, SIDE } from "./plane.js";
import { softmax } from "./sampling.js";

// query: [K], keys: S rows of K, values: S rows of D -> scores [S], weights [S], output [D]; masked: a key, or -1
export function readQuery(query, keys, values, scaled = true, masked = -1) {
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const scores = keys.map((key, s) => (s === masked ? -Infinity : dot(query, key) / (scaled ? Math.sqrt(query.length) : 1)));
  const weights = softmax(scores);
  const output = values[0].map((_, d) => dot(weights, values.map((value) => value[d])));
  return { scores, weights, output };
}

const pair = (vector, digits) => `(${vector.map((x) => fixed(x, digits)).join(", ")})`;

// All that stands on the plane, from the rulings up to the grip of the query.
function drawing({ line, polygon, arrow, texts, diamond, circle }, reach, read) {
  const { names, keys, values, query, weights, output, masked } = read;
  const steps = Array.from({ length: 2 * reach - 1 }, (_, i) => i + 1 - reach);
  const kind = (name, s) => (s === masked ? `${name} masked` : name);
  return [
    ...steps.flatMap((c) => [[[c, -reach], [c, reach]], [[-reach, c], [reach, c]]].map((ends) =>
      line(c ? "rule" : "axis", ...ends))),
    polygon("hull", hull(values.filter((_, s) => s !== masked))),
    ...keys.flatMap((key, s) => arrow(kind("key", s), key, 1.5 + 4 * weights[s])),
    ...values.map((value, s) => diamond(kind("value", s), value, weights[s])),
    ...arrow("asks", query, 3),
    circle("output", output, 8),
    ...texts([["asks", query, "query"], ["output", output, "output"],
      ...keys.map((key, s) => [kind("key", s), key, names[s]]),
      ...values.map((value, s) => [kind("value", s), value, `value of ${names[s]}`])],
    [[[0, 0], 10], [query, 8], [output, 9], ...keys.map((key) => [key, 4])]),
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

function weightTable() {
  const [body, foot] = [h("tbody"), h("tfoot")];
  return {
    node: h("table", { class: "shares" }, headRow("key", "score", "", "weight"), body, foot),
    show({ names, scores, weights, masked }) {
      body.replaceChildren(...names.map((name, s) => tableRow(
        { "data-weight": weights[s], "data-score": scores[s], class: s === masked && "masked" },
        name, s === masked ? "−∞" : fixed(scores[s], 2), barCell(weights[s]), fixed(weights[s], 3))));
      const sum = weights.reduce((total, w) => total + w, 0);
      foot.replaceChildren(tableRow({}, "sum", "", "", fixed(sum, 3)));
    },
  };
}

function sentence({ names, query, weights, output, masked }) {
  const largest = fixed(Math.max(...weights), 3); // as the table shows it: what looks alike is named alike
  const top = names.filter((_, s) => fixed(weights[s], 3) === largest);
  const even = top.length === names.length - (masked < 0 ? 0 : 1);
  const most = `most to ${top.map((name) => `“${name}”`).join(" and to ")}`;
  const gives = even && masked >= 0 ? "every open key the same weight" : even ? "every key the same weight" : most;
  return `The query ${pair(query, 1)} gives ${gives}; the output is ${pair(output, 2)}.`
    + (masked < 0 ? "" : ` “${names[masked]}” is masked: its weight is exactly 0, and the others share what it had.`);
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const reach = get("reach");
  const kept = (x) => Math.max(-reach, Math.min(reach, Math.round(x * 10) / 10));
  const move = (query) => change(model, { query: query.map(kept) });
  const controls = {
    first: range("query: first number", -reach, reach, (x) => move([x, get("query")[1]]), 0.1),
    second: range("query: second number", -reach, reach, (y) => move([get("query")[0], y]), 0.1),
    scaling: radios("Scores", "scaling", [["scaled", "divided by √2"], ["plain", "not divided"]],
      (value) => change(model, { scaled: value === "scaled" })),
    masked: select("Mask a key", ["none", ...get("names")], (i) => change(model, { masked: i - 1 })),
  };
  const about = h("p", { class: "about" }, "Drag the round handle, click where the query should go, "
    + "or use the two sliders.");
  const [plane, table] = [queryPlane(reach, move), weightTable()];
  const status = h("p", { class: "status", role: "status" });
  const legend = h("p", { class: "status" },
    "Dashed arrows are keys, diamonds are values, the ring is the output. "
    + "The dotted outline holds every average of the values.");
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, ...Object.values(controls).map((control) => control.node), about),
    h("div", { class: "main" }, plane.node, table.node, status, legend));

  function draw() {
    const [names, keys, values, query, scaled, masked] =
      ["names", "key_vectors", "value_vectors", "query", "scaled", "masked"].map(get);
    const read = { names, keys, values, query, masked, ...readQuery(query, keys, values, scaled, masked) };
    figure.dataset.scaled = scaled;
    figure.dataset.output = JSON.stringify(read.output);
    controls.first.show(query[0]);
    controls.second.show(query[1]);
    controls.scaling.show(scaled ? "scaled" : "plain");
    controls.masked.show(masked + 1);
    status.textContent = sentence(read);
    plane.show(read, status.textContent);
    table.show(read);
  }

  return follow(model, ["key_vectors", "value_vectors", "query", "scaled", "masked"], draw);
}
