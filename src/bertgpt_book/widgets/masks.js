// Masks, and attention weights under them; in the page and in the engine.

import { softmax } from "./sampling.js";

export const OWN = { BERT: "bidirectional", GPT: "causal" }; // each model's own mask
export const SHAPES = { causal: "triangle", bidirectional: "square" };

// scores, mask: T rows of S -> weights: T rows of S. A row that may attend nowhere gives zeros;
// naive, it gives what exp(-inf - -inf) gives: NaN.
export function maskedSoftmax(scores, mask, naive = false) {
  return scores.map((row, t) => {
    if (!mask[t].some(Boolean) && !naive) return row.map(() => 0);
    return softmax(row.map((score, s) => (mask[t][s] ? score : -Infinity)));
  });
}

// kind: "bidirectional", "causal", "prefix", "local", "padding" or "own"; the T queries are the last of the S keys
// -> T rows of S booleans, true = may attend
export function buildMask(kind, T, options = {}) {
  const { S = T, prefix = 0, window = 0, padding = 0, side = "right", causalToo = false, own = [] } = options;
  const isPadding = (s) => (side === "left" ? s < padding : s >= S - padding);
  const may = {
    bidirectional: () => true,
    causal: (t, s) => s <= t,
    prefix: (t, s) => s <= t || s < prefix,
    local: (t, s) => Math.abs(t - s) <= window && (!causalToo || s <= t),
    padding: (t, s) => !isPadding(s) && (!causalToo || s <= t),
    own: (t, s) => Boolean(own[t]?.[s] ?? true),
  }[kind];
  const keys = [...Array(S).keys()];
  return keys.slice(S - T).map((t) => keys.map((s) => may(t, s)));
}

// A mask that was painted for the first n positions goes on for T of them along its diagonals, so that a token sees its
// neighbours as the last ones painted do. grid: n rows of n -> T rows of T booleans
export function continueMask(grid, T) {
  const end = grid.length - 1;
  const back = (steps) => Math.max(0, end - Math.max(0, steps));
  const keys = [...Array(T).keys()];
  return keys.map((t) => keys.map((s) =>
    Boolean(t <= end && s <= end ? grid[t][s] : grid[back(s - t)][back(t - s)])));
}
