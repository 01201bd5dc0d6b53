// Masks, and attention weights under them; in the page and in the engine.

import { softmax } from "./sampling.js";

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
