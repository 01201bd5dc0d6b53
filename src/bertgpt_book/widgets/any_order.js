// A text in any order: the tiles are written one after the other, and each order gives the text a probability.

import { change, checkbox, fixed, follow, h, probability, root, svg, withdraw } from "./common.js";

// answers: a row for each set of hidden tokens, its bits; -> the probability of each token when it is written
export function written(answers, order) {
  let hidden = answers.length - 1;
  return order.map((t) => {
    const p = answers[hidden][t];
    hidden &= ~(1 << t);
    return p;
  });
}

export const nats = (answers, order) => -written(answers, order).reduce((sum, p) => sum + Math.log(p), 0);

export function orders(n) {
  const grow = (start) => (start.length === n ? [start]
    : Array.from({ length: n }, (_, t) => t).filter((t) => !start.includes(t)).flatMap((t) => grow([...start, t])));
  return grow([]);
}

// costs, of all orders, in nats -> -ln of the mean p, and the mean of -ln p
export function averages(costs) {
  const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  return [-Math.log(mean(costs.map((cost) => Math.exp(-cost)))), mean(costs)];
}

const [WIDTH, HEIGHT, EDGE, LINE] = [420, 64, 16, 34];

// Orders on a line of nats: a dot each, the last one large.
function line(all, shown, last, ends) {
  const [low, high] = [Math.floor(Math.min(...all)), Math.ceil(Math.max(...all))];
  const x = (cost) => EDGE + ((cost - low) / (high - low)) * (WIDTH - 2 * EDGE);
  const write = (text, cost, y) => svg("text", { x: x(cost), y, "text-anchor": "middle", "font-size": 12, fill: "currentColor" }, text);
  return [
    svg("line", { stroke: "currentColor", "stroke-opacity": 0.4, x1: EDGE, x2: WIDTH - EDGE, y1: LINE, y2: LINE }),
    write(String(low), low, 56), write(`${high}`, high, 56), write("−ln p, nats", (low + high) / 2, 56),
    ...shown.map((cost) => svg("circle", { cx: x(cost), cy: LINE, r: 4, fill: "var(--bert, #0072B2)", "fill-opacity": 0.6 })),
    ...ends.map((cost) => svg("line", { x1: x(cost), x2: x(cost), y1: 10, y2: LINE + 12, stroke: "currentColor", "stroke-width": 2 })),
    ...(last === null ? [] : [svg("circle", { cx: x(last), cy: LINE, r: 7, fill: "none", stroke: "currentColor", "stroke-width": 2 })]),
  ];
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const [words, answers] = [get("words"), get("answers")];
  const all = orders(words.length).map((order) => nats(answers, order));
  const means = averages(all);
  const press = (t) => {
    const order = [...get("order"), t];
    const isNew = order.length === words.length && !get("tried").some((each) => each.join() === order.join());
    change(model, { order, tried: isNew ? [...get("tried"), order] : get("tried") });
  };
  const tiles = words.map((_, t) => h("button", { type: "button", onclick: () => press(t) }));
  const again = h("button", { type: "button", onclick: () => change(model, { order: [] }) }, "Hide all again");
  const every = checkbox(`Show all ${all.length} orders`, (on) => change(model, { every: on }));
  const verdict = h("p", { class: "heading", role: "status" });
  const plot = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", style: "width: 100%; max-width: 34rem" });
  const tally = h("p", { class: "status" });
  root(el, get("label"), h("div", { class: "controls across", role: "group", "aria-label": "tiles: press one to write it" }, ...tiles),
    verdict, plot, tally, h("div", { class: "controls across" }, again, every.node));

  function draw() {
    const order = get("order");
    const found = written(answers, order);
    const done = order.length === words.length;
    tiles.forEach((tile, t) => {
      const at = order.indexOf(t);
      tile.textContent = at < 0 ? "?" : `${words[t]} ${probability(found[at])}`;
      withdraw(tile, "disabled", at >= 0, done ? again : tiles.find((_, s) => !order.includes(s)));
      tile.setAttribute("aria-label", at < 0 ? `tile ${t + 1}, hidden` : tile.textContent);
    });
    const cost = done ? nats(answers, order) : null;
    verdict.textContent = done ? `−ln p = ${fixed(cost, 2)} nats in this order` : `${order.length} of ${words.length} written`;
    const costs = get("every") ? all : get("tried").map((each) => nats(answers, each));
    plot.replaceChildren(...line(all, costs, cost, get("every") ? means : []));
    tally.textContent = get("every")
      ? `All ${all.length} orders: from ${fixed(Math.min(...all), 2)} to ${fixed(Math.max(...all), 2)} nats. `
        + `−ln of their mean p is ${fixed(means[0], 2)}, the mean of −ln p is ${fixed(means[1], 2)}.`
      : `${get("tried").length} of ${all.length} orders tried.`;
    plot.setAttribute("aria-label", tally.textContent);
    every.show(get("every"));
  }

  return follow(model, ["order", "tried", "every"], draw);
}
