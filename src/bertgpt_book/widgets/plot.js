// A plot of losses: rulings, the names of the axes, curves, and a needle with a dot at the place that is read.

import { svg } from "./common.js";

const [LEFT, TOP, BOTTOM] = [26, 8, 36];

// Move names that stand on top of each other apart, each as little as it takes: heights, rising -> heights, rising.
export function separated(heights, gap) {
  const placed = [];
  for (const height of heights) placed.push(Math.max(height, (placed.at(-1) ?? -Infinity) + gap));
  return placed;
}

// right: a margin; low, high: the losses that are shown, low a whole number. x takes a share of the axis, y a loss.
export function lossPlot({ width, height, right, low, high }) {
  const [end, base] = [width - right, height - BOTTOM];
  const x = (share) => LEFT + share * (end - LEFT);
  const y = (loss) => TOP + ((high - loss) / (high - low)) * (base - TOP);
  const write = (text, left, line, extra = {}) =>
    svg("text", { x: left.toFixed(1), y: line.toFixed(1), ...extra }, String(text));
  const level = (kind, loss) => svg("line", { class: kind, x1: LEFT, x2: end, y1: y(loss), y2: y(loss) });
  const ticks = Array.from({ length: Math.floor(high) - low + 1 }, (_, i) => low + i);
  const marks = ["start", "middle", "end"].map((anchor, i) => write("", x(i / 2), base + 14, { "text-anchor": anchor }));
  const name = write("", x(0.5), height - 4, { "text-anchor": "middle" });
  const needle = svg("line", { class: "needle", y1: TOP, y2: base });
  const dot = svg("circle", { r: 4.5, class: "here" });
  return {
    left: LEFT, end, y, write, level,
    // points: [share of the axis, loss] each
    path: (points) => points.map(([share, loss]) => `${x(share).toFixed(1)},${y(loss).toFixed(1)}`).join(" "),
    draw: (...shapes) => svg("svg", { class: "losses", viewBox: `0 0 ${width} ${height}`, role: "img" },
      ...ticks.map((loss) => level("rule", loss)),
      ...ticks.map((loss) => write(loss, LEFT - 5, y(loss) + 3.5, { "text-anchor": "end" })),
      ...marks, name, needle, ...shapes, dot),
    // what the axis at the bottom counts, and its numbers at the left, in the middle and at the right
    axis(words, numbers) {
      name.textContent = words;
      marks.forEach((mark, i) => { mark.textContent = numbers[i]; });
    },
    point(place, loss, at = place) {
      for (const each of ["x1", "x2"]) needle.setAttribute(each, x(place));
      dot.setAttribute("cx", x(at));
      dot.setAttribute("cy", y(loss));
    },
  };
}
