// From logits to probabilities, and from those to a token; in the page and in the engine.

// Logits -> probabilities; NaN where no logit is above -Infinity.
export function softmax(logits) {
  let top = -Infinity;
  for (const logit of logits) top = Math.max(top, logit);
  return normalised(Array.from(logits, (logit) => Math.exp(logit - top)));
}

export function normalised(parts) {
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / total);
}

export const argmax = (values) => values.indexOf(Math.max(...values));

// The k most probable ids: [{ id, p }], the most probable first. Without sorting: k is small, and rows may be many.
export function mostProbable(logits, k) {
  if (!k) return [];
  const best = [];
  for (let id = 0; id < logits.length; id++) {
    if (best.length === k && !(logits[id] > logits[best[k - 1]])) continue;
    let rank = best.length;
    while (rank && logits[id] > logits[best[rank - 1]]) rank -= 1;
    best.splice(rank, 0, id);
    best.length = Math.min(best.length, k);
  }
  const p = softmax(logits);
  return best.map((id) => ({ id, p: p[id] }));
}

// Top-p: of probabilities in falling order the first that reach topP together; the others become 0.
export function nucleus(p, topP) {
  let reached = 0;
  return p.map((share) => {
    const stays = reached < topP;
    reached += share;
    return stays ? share : 0;
  });
}

// Laid end to end, on which of some probabilities does a number from [0, 1) fall?
export function draw(p, number) {
  let reached = 0;
  const index = p.findIndex((share) => (reached += share) > number);
  return index < 0 ? p.findLastIndex((share) => share > 0) : index;
}

// The most probable id, or at a temperature above 0 the one on which a number from [0, 1) falls.
export const sample = (logits, temperature, number) => (temperature === 0 ? argmax(logits)
  : draw(softmax(Array.from(logits, (logit) => logit / temperature)), number));

// Mulberry32: -> () => a number from [0, 1), the same ones for the same seed in any browser.
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomNumbers(seed, n) {
  return Array.from({ length: n }, makeRandom(seed));
}
