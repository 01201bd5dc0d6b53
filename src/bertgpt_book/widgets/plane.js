// The plane that the query explorer draws on: shapes at places given as two numbers, and names that keep apart.

import { svg } from "./common.js";

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

export const SIDE = 400;

// Where names are written so that none covers another: in turn, each at the first place around its point, above,
// below, to the sides or farther off, where least of it lies on those before it, on what is taken or outside the drawing.
// labels: [{ x, y, words, size }], taken: boxes -> [{ x, y, anchor, box: [left, top, right, bottom] }]
export function placeLabels(labels, taken = []) {
  const boxes = [...taken];
  const overlap = ([a, b, c, d], [e, f, g, h]) =>
    Math.max(0, Math.min(c, g) - Math.max(a, e)) * Math.max(0, Math.min(d, h) - Math.max(b, f));
  return labels.map(({ x, y, words, size }) => {
    const width = 0.6 * size * words.length;
    const at = (dx, dy, anchor) => {
      const left = x + dx - { start: 0, middle: width / 2, end: width }[anchor];
      return { x: x + dx, y: y + dy, anchor, box: [left, y + dy - size, left + width, y + dy + 0.3 * size] };
    };
    const lost = ({ box }) => boxes.reduce((sum, other, i) => sum + (i < taken.length ? 0.5 : 1) * overlap(box, other), 0)
      + (box[2] - box[0]) * (box[3] - box[1]) - overlap(box, [0, 0, SIDE, SIDE]);
    const places = [at(0, -14, "middle"), at(0, 26, "middle"), at(16, 5, "start"), at(-16, 5, "end"),
      at(0, -32, "middle"), at(0, 44, "middle"), at(16, -16, "start"), at(-16, -16, "end"), at(16, 26, "start"), at(-16, 26, "end"),
      at(28, 5, "start"), at(-28, 5, "end"), at(28, -20, "start"), at(-28, -20, "end"), at(28, 32, "start"), at(-28, 32, "end")];
    const best = places.reduce((kept, place) => (lost(place) < lost(kept) - 1e-9 ? place : kept));
    boxes.push(best.box);
    return best;
  });
}

// The shapes of the plane; place() says where a vector of numbers stands in the drawing.
export function shapes(place, reach) {
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
    // names: [kind, point, words], the most important first; marks: [point, r] of what no name should cover
    texts(names, marks) {
      const labels = names.map(([kind, point, words]) => {
        const [x, y] = place(point);
        return { x, y, words, size: kind.startsWith("value") ? 12 : 14 };
      });
      const taken = marks.map(([point, r]) => place(point).flatMap((c) => [c - r, c + r]))
        .map(([left, right, top, bottom]) => [left, top, right, bottom]);
      return placeLabels(labels, taken).map(({ x, y, anchor }, i) =>
        svg("text", { class: names[i][0], x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor }, names[i][2]));
    },
    diamond(kind, point, size) {
      const [x, y] = place(point);
      const r = 5 + 9 * Math.sqrt(size);
      return svg("path", { class: kind, d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z` });
    },
    circle(kind, point, r) {
      const [cx, cy] = place(point);
      return svg("circle", { class: kind, cx, cy, r });
    },
  };
}
