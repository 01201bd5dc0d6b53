// The two questions: texts, cut from a longer one at random, and what is asked of them.
//
// A batch is { ids: B texts of T tokens, places: the rows that are asked, labels: the right ids there, at: where the
// labels stand in the source }.

import { BLANK } from "./text.js";

const RATE = 0.3; // of the characters become blanks, all of them [MASK]

const below = (n, random) => Math.floor(n * random());

// What comes next? Asked at every place, or at those of `asked` in each text.
function next(source, { B, T }, random, asked = [...Array(T).keys()]) {
  const starts = Array.from({ length: B }, () => below(source.length - T, random));
  const ids = Int32Array.from({ length: B * T }, (_, m) => source[starts[Math.floor(m / T)] + (m % T)]);
  const places = starts.flatMap((_, b) => asked.map((t) => b * T + t));
  const at = starts.flatMap((start) => asked.map((t) => start + t + 1));
  return { ids, places, at, labels: at.map((i) => source[i]) };
}

// What stands behind the blanks?
function blanks(source, { B, T }, random, count = Math.round(RATE * T)) {
  const batch = { ids: new Int32Array(B * T), places: [], labels: [], at: [] };
  for (let b = 0; b < B; b++) {
    const start = 1 + below(source.length - T, random);      // the bigram looks at the character before
    batch.ids.set(source.subarray(start, start + T), b * T);
    const order = Array.from({ length: T }, (_, t) => [random(), t]).sort(([x], [y]) => x - y);
    for (const [, t] of order.slice(0, count)) {
      batch.places.push(b * T + t);
      batch.at.push(start + t);
      batch.labels.push(source[start + t]);
      batch.ids[b * T + t] = BLANK;
    }
  }
  return batch;
}

export const QUESTIONS = { next, blanks };
