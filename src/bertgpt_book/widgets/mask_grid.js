// What the mask explorer says of its masks, and its grid of weights: how it is drawn, and painted.

import { fixed, weightInCell } from "./common.js";

export const MASKS = {
  bidirectional: ["bidirectional", "Every token may attend to every token. This is BERT’s mask."],
  causal: ["causal", "A token may attend to itself and to what came before it. This is GPT’s mask."],
  padding: ["padding", "Nobody may attend to a padding token: its whole column is closed."],
  prefix: ["prefix", "The first tokens are open to everyone, as in BERT; the rest is causal, as in GPT."],
  local: ["local", "A token may attend to its neighbours, so many on each side: most layers of ModernBERT. With “and causal” "
    + "it is a local layer of Gemma 3."],
  own: ["paint your own", "Click a cell or drag over many, or reach the grid with Tab, move with the arrow keys and press "
    + "Space. You start from the mask you had before."],
};
export const ICONS = {
  padding: { padding: 1 }, prefix: { prefix: 2 }, local: { window: 1 },
  own: { own: [[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]] },
};

export const asNumbers = (mask) => mask.map((row) => row.map(Number));

const list = (names) => names.map((name) => `“${name}”`).join(", ");

// closed: the tokens that may attend nowhere.
export function aboutClosed(closed, naive) {
  const opening = `${list(closed)} may attend nowhere`;
  return naive
    ? `${opening}. The naive softmax divides 0 by 0 there: NaN, not a number, and everything computed `
      + "from it is NaN too, in this layer and in all above it."
    : `${opening}, so there is nothing to average: the weights are 0, their sum is 0, and their `
      + "weighted sum is a vector of zeros.";
}

// n: how many rows there are
export function aboutSums(closed, n, naive) {
  if (!closed.length) return "every row sums to 1";
  const rows = closed.length === 1 ? "1 row sums" : `${closed.length} rows sum`;
  return `${rows} to ${naive ? "NaN" : "0"}${closed.length < n ? ", the others to 1" : ""}`;
}

// Paints the cells of a tokenGrid: a click turns one, a drag gives all that it passes the colour of its first.
// active(): whether it paints; mask(): the one that is painted, T rows of T; set({ own }): painted, as numbers
export function paintBrush(active, mask, set) {
  let colour = null; // of the drag that is under way
  let byPointer = false; // the click that ends a drag has been painted when it began; a key has not
  function paint(t, s, value) {
    const own = asNumbers(mask());
    own[t][s] = value ?? 1 - own[t][s];
    set({ own });
    return own[t][s];
  }
  return {
    press(t, s, isClick) {
      if (active() && !(isClick && byPointer)) paint(t, s);
      byPointer = false;
    },
    pass(t, s) {
      if (colour !== null) paint(t, s, colour);
    },
    hold(table) {
      table.addEventListener("pointerdown", (event) => {
        const cell = event.target.closest("td[data-t]");
        if (!cell || !active()) return;
        event.target.releasePointerCapture(event.pointerId); // a finger, too, is to reach the cells that it passes
        colour = paint(Number(cell.dataset.t), Number(cell.dataset.s));
        byPointer = true;
      });
      for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
        table.addEventListener(end, () => { colour = null; });
      }
    },
  };
}

// What is said of a cell.
export function sentence({ tokens, deeper, scores, weights, may }, t, s) {
  const score = deeper || !scores ? "" : `score ${fixed(scores[t][s], 2)}, `;
  const verdict = may[t][s] ? "may attend" : "may not attend";
  const weight = weights[t][s] === 0 && !may[t][s] ? "0" : fixed(weights[t][s], 3);
  return `${tokens[t]} → ${tokens[s]}: ${score}${verdict}, weight ${weight}`;
}

// Fill the cells of the grid, and the column behind them: what each row says.
export function drawCells(grid, { mask, weights, may, padded, words }) {
  grid.draw((t, s) => {
    const [w, open] = [weights[t][s], may[t][s]];
    const how = { "data-weight": w, "aria-selected": open };
    if (Number.isNaN(w)) return { ...how, shade: 0, seen: "NaN", kinds: [!open && "closed", "nan"] };
    const shade = Math.sqrt(w); // so that a weight of 1 in 12 is still seen
    return { ...how, shade, seen: open ? weightInCell(w) : "", kinds: [!open && "closed"] };
  });
  grid.last.forEach((cell, t) => { cell.textContent = words[t] ?? ""; });
  for (const heads of [grid.columns, grid.rows]) {
    heads.forEach((head, i) => head.classList.toggle("padded", padded[i]));
  }
  grid.table.classList.toggle("drawing", mask === "own");
}
