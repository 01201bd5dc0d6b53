// From logits to tokens, as decoding.py does it.

const order = (logits) => [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);

function shares(logits, temperature) {
  let top = -Infinity;
  for (const logit of logits) top = Math.max(top, logit);
  const raised = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  let sum = 0;
  for (const share of raised) sum += share;
  return raised.map((share) => share / sum);
}

// The k likeliest tokens: [{ id, p }], likeliest first. Without sorting: k is small, and there may be many rows.
export function likeliest(logits, k) {
  if (!k) return [];
  const best = [];
  for (let id = 0; id < logits.length; id++) {
    if (best.length === k && !(logits[id] > logits[best[k - 1]])) continue;
    let place = best.length;
    while (place && logits[id] > logits[best[place - 1]]) place -= 1;
    best.splice(place, 0, id);
    best.length = Math.min(best.length, k);
  }
  const p = shares(logits, 1);
  return best.map((id) => ({ id, p: p[id] }));
}

// Choose an id: the likeliest at temperature 0, otherwise from what top-k and then top-p leave, laid end to end,
// the one on whose stretch `number`, from [0, 1), falls.
export function choose(logits, { temperature = 1, topK = 0, topP = 1, number }) {
  const best = order(logits);
  if (temperature === 0) return best[0];
  const p = shares(logits, temperature);
  const some = topK ? best.slice(0, topK) : best;
  const total = some.reduce((sum, id) => sum + p[id], 0);
  let reached = 0;
  const kept = some.filter((id) => {
    const stays = reached < topP;
    reached += p[id] / total;
    return stays;
  });
  let left = number * kept.reduce((sum, id) => sum + p[id], 0);
  for (const id of kept) {
    left -= p[id];
    if (left < 0) return id;
  }
  return kept.at(-1);
}
