// Train a small BERT or GPT on a text, a character a token, under any mask; and look at it as it stands.
//
// B texts of T tokens; D d_model, L layers, H heads, F d_ff, V vocabulary. A mask is T rows of T booleans.

import { argmax, makeRandom, sample } from "../../sampling.js";
import { makeNetwork } from "./network.js";
import { makeOptimiser } from "./optimiser.js";
import { QUESTIONS } from "./questions.js";
import { BLANK, countingLosses, readText, VOCABULARY } from "./text.js";

// One network for both questions, GPT's, so that a question and a mask are all that differ. What is fixed:
export const T = 32;
export const LEARNING_RATES = { 64: 0.01, 32: 0.02 };           // by d_model
const [B, LAYERS, HEADS, WARMUP] = [16, 2, 4, 20];
const [SPREAD, WAVES] = [0.1, 0.2]; // the deviation of fresh weights; how high the sinusoids are that positions begin as
const [HELD_OUT, BATCHES, WATCHED] = [0.1, 4, 8];               // a share, batches, characters
const [WRITTEN, TEMPERATURE, FILLED] = [80, 0.8, 2];            // characters written, and texts with blanks to fill

// What is asked on held-out text: every eighth place, other ones in each batch, and never the last.
const heldOutPlaces = (i) => Array.from({ length: T / 8 }, (_, n) => 8 * n + 2 * i);

// A mask that also closes all columns from n on: the text then ends before them.
const endingAt = (mask, n) => mask.map((row) => row.map((may, s) => may && s < n));

// Positions begin as the waves of Vaswani et al. 2017, section 3.5.
function wave({ data }, D) {
  for (let i = 0; i < data.length; i++) {
    const angle = Math.floor(i / D) / 10000 ** (2 * Math.floor((i % D) / 2) / D);
    data[i] = WAVES * (i % 2 ? Math.cos(angle) : Math.sin(angle));
  }
}

// The right character's -ln p where there is nothing but what it is asked from: a text that ends before it, or that
// has no other blank. Of each place one loss.
function makeHonest(question, network) {
  const ofPlaces = (ids, mask, places, labels) => {
    network.forward(ids, mask, places);
    return network.loss(labels);
  };
  return {
    next({ ids, labels }, mask, i) {
      const asked = heldOutPlaces(i);
      return asked.map((t, n) => ofPlaces(ids, endingAt(mask, t + 1), Array.from({ length: B }, (_, b) => b * T + t),
        labels.filter((_, place) => place % asked.length === n)));
    },
    blanks({ ids, places, labels }, mask) {
      const each = places.length / B;
      const filled = ids.slice();
      places.forEach((m, n) => { if (n % each) filled[m] = labels[n]; });
      const first = (list) => list.filter((_, n) => n % each === 0);
      return [ofPlaces(filled, mask, first(places), first(labels))];
    },
  }[question];
}

// What it makes of the beginning of the held-out text
function makeSample(question, network, { characters }, held) {
  const written = (ids) => Array.from(ids, (id) => characters[id]).join("");
  return {
    next(mask) {
      const [ids, random] = [[...held.subarray(0, T)], makeRandom(5)];
      for (let i = 0; i < WRITTEN; i++) {
        const logits = network.forward(Int32Array.from(ids.slice(-T)), mask, [T - 1]);
        ids.push(sample(logits.subarray(0, characters.length), TEMPERATURE, random()));
      }
      return { before: written(ids.slice(0, T)), written: written(ids.slice(T)) };
    },
    blanks(mask) {
      const texts = held.slice(0, FILLED * T);
      const places = [...texts.keys()].filter((m) => m % 4 === 2);
      const logits = network.forward(texts.map((id, m) => (m % 4 === 2 ? BLANK : id)), mask, places);
      const filled = places.map((place, n) =>
        ({ place, character: characters[argmax(logits.subarray(n * VOCABULARY, n * VOCABULARY + characters.length))] }));
      return { before: written(texts), filled };
    },
  }[question];
}

// How far each of the first hidden states moves when each of the first characters is another: WATCHED rows, as
// probes.py measures it
function leakage(network, text, mask, kinds) {
  const size = network.sizes.D;
  const ids = new Int32Array((WATCHED + 1) * T);
  for (let b = 0; b <= WATCHED; b++) ids.set(text, b * T);
  for (let s = 0; s < WATCHED; s++) ids[(s + 1) * T + s] = (text[s] + 1) % kinds;
  const hidden = network.encode(ids, mask);
  return Array.from({ length: WATCHED }, (_, t) => Array.from({ length: WATCHED }, (__, s) => {
    let square = 0;
    for (let i = t * size; i < (t + 1) * size; i++) square += (hidden[(s + 1) * T * size + i] - hidden[i]) ** 2;
    return Math.sqrt(square);
  }));
}

// question: "next" or "blanks"; width: d_model, one of LEARNING_RATES; wasm: the bytes of kernels.wasm
export function makeTrainer({ text, question, mask, width = 64, seed = 1, wasm }) {
  const sizes = { B, T, V: VOCABULARY, D: width, L: LAYERS, H: HEADS, F: 4 * width };
  const corpus = readText(text);
  const cut = Math.floor((1 - HELD_OUT) * corpus.ids.length);
  const [learnt, held] = [corpus.ids.subarray(0, cut), corpus.ids.subarray(cut)];
  const random = makeRandom(seed);
  const network = makeNetwork({ sizes, spread: SPREAD, random, wasm });
  const update = makeOptimiser(network.store);
  const batchOf = QUESTIONS[question];
  const [honest, show] = [makeHonest(question, network), makeSample(question, network, corpus, held)];
  const heldOut = Array.from({ length: BATCHES }, (_, i) =>
    batchOf(held, sizes, makeRandom(1000 + i), question === "next" ? heldOutPlaces(i) : undefined));
  const mean = (numbers) => numbers.reduce((a, b) => a + b) / numbers.length;
  let steps = 0;
  wave(network.position, width);

  return {
    network, width, heldOut,
    characters: corpus.characters, spaces: corpus.spaces, watched: held.slice(0, WATCHED),
    parameters: network.store.parameters.reduce((sum, { data }) => sum + data.length, 0),
    baselines: countingLosses(learnt, held, heldOut.flatMap(({ at }) => at)),
    get steps() { return steps; },
    set mask(rows) { mask = rows; },

    // One step -> { loss, batch }
    step() {
      const batch = batchOf(learnt, sizes, random);
      network.forward(batch.ids, mask, batch.places);
      const loss = network.loss(batch.labels, true);
      network.backward();
      steps += 1;
      update(LEARNING_RATES[width] * Math.min(1, steps / WARMUP));
      return { loss, batch };
    },

    // The loss on text that is held out: as it is trained, and asked one at a time, at the same places
    evaluate() {
      const together = heldOut.map(({ ids, places, labels }) => {
        network.forward(ids, mask, places);
        return network.loss(labels);
      });
      return { loss: mean(together), alone: mean(heldOut.flatMap((batch, i) => honest(batch, mask, i))) };
    },

    sample: () => show(mask),

    leak: () => leakage(network, held.subarray(0, T), mask, corpus.characters.length),
  };
}
