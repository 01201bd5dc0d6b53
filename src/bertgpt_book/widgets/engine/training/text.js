// A reader's text as characters, and what counting alone makes of it.

export const KINDS = 63;        // kinds of character at most; [MASK] is one token more
export const BLANK = KINDS;     // the id of [MASK]
export const VOCABULARY = KINDS + 1;

const PLAIN = [[/[‘’]/g, "'"], [/[“”]/g, '"'], [/[–—]/g, "-"], [/\s+/g, " "]];

// The characters that are trained on: white space of any length is one space.
export const plainText = (text) => [...PLAIN.reduce((plain, [from, to]) => plain.replace(from, to), text.normalize("NFKC"))];

// -> { characters: by their ids, idOf, ids: of the whole text, spaces: how many characters became one for want of a kind }
export function readText(text) {
  const plain = plainText(text);
  const counts = new Map([[" ", Infinity]]);
  for (const character of plain) counts.set(character, (counts.get(character) ?? 0) + 1);
  const characters = [...counts].sort(([, a], [, b]) => b - a).slice(0, KINDS).map(([character]) => character).sort();
  const idOf = new Map(characters.map((character, id) => [character, id]));
  const ids = Int32Array.from(plain, (character) => idOf.get(character) ?? idOf.get(" "));
  return { characters, idOf, ids, spaces: plain.filter((character) => !idOf.has(character)).length };
}

// The losses of three that only count, in nats, at some places of a text that they have not counted; every count
// begins at a tenth. -> [[name, loss], ...], the highest first
export function countingLosses(counted, text, places) {
  const singles = new Float64Array(VOCABULARY).fill(0.1);
  const pairs = new Float64Array(VOCABULARY ** 2).fill(0.1);
  counted.forEach((id, i) => {
    singles[id] += 1;
    if (i) pairs[counted[i - 1] * VOCABULARY + id] += 1;
  });
  const sum = (counts) => counts.reduce((a, b) => a + b);
  const ofPair = (before, id) => {
    const row = pairs.subarray(before * VOCABULARY, (before + 1) * VOCABULARY);
    return row[id] / sum(row);
  };
  const all = sum(singles);
  const mean = (p) => places.reduce((total, i) => total - Math.log(p(i)), 0) / places.length;
  return [["uniform", Math.log(VOCABULARY)], ["unigram", mean((i) => singles[text[i]] / all)],
    ["bigram", mean((i) => ofPair(text[i - 1], text[i]))]];
}
