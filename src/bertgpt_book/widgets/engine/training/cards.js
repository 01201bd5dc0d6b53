// Flash cards: train a small model on cards with two sides, and ask it for either side.
//
// A card is four tokens: a start, one side, a dash, the other side. The first half of the cards is read from the
// back too, the other half from the front alone. A mask is 4 rows of 4 booleans.

import { argmax, makeRandom, softmax } from "../../sampling.js";
import { makeNetwork } from "./network.js";
import { makeOptimiser } from "./optimiser.js";

const [T, D, LAYERS, HEADS, ROWS] = [4, 64, 1, 4, 64]; // 64 cards a step
const [SPREAD, RATE, WARMUP] = [0.05, 0.003, 20];

// What a question hides of a card, and from which tokens it reads the answer: { hidden, from, ahead: how far before it }
const POSE = {
  next: () => ({ hidden: [], from: [0, 1, 2], ahead: 1 }),
  end: () => ({ hidden: [3], from: [3], ahead: 0 }),
  blanks(random) {
    const share = random();
    const drawn = [1, 2, 3].filter(() => random() < share);
    const sure = 1 + Math.floor(3 * random());
    const hidden = drawn.includes(sure) ? drawn : [...drawn, sure];
    return { hidden, from: hidden, ahead: 0 };
  },
};

// The tokens of n cards: a front is i, its back n + i.
function makeDeck(n) {
  const [START, DASH, BLANK] = [2 * n, 2 * n + 1, 2 * n + 2];
  const all = [...Array(n).keys()];
  const fronts = all.map((i) => [START, i, DASH, n + i]);
  const backs = all.map((i) => [START, n + i, DASH, i]);
  const [read, unread] = [backs.slice(0, n / 2), backs.slice(n / 2)];
  return { n, V: 2 * n + 4, BLANK, fronts, read, unread, cards: [...fronts, ...read] };
}

// What a model is asked: the last token of a card, which it does not see.
function makeQuiz({ n, V, BLANK, fronts, read, unread }, question, network) {
  function scores(cards, mask) {
    const ids = Int32Array.from(cards.flatMap((card) => [...card.slice(0, 3), BLANK]));
    const logits = network.forward(ids, mask, cards.map((_, b) => b * T + (question === "next" ? 2 : 3)));
    return cards.map((_, b) => logits.subarray(b * V, (b + 1) * V));
  }
  const answers = (cards, mask) => scores(cards, mask).map(argmax);
  const right = (cards, mask) => answers(cards, mask).filter((id, b) => id === cards[b][3]).length;

  // The front after which a back is most probable, for each that was never read first
  function byBayes(mask) {
    const rows = scores(fronts, mask).map(softmax);
    const best = (back) => argmax(rows.map((p) => p[back]));
    return unread.filter(([, back]) => best(back) === back - n).length;
  }
  return (mask) => ({ forwards: right(fronts, mask), read: right(read, mask), unread: right(unread, mask),
    bayes: byBayes(mask), said: answers(unread, mask) });
}

// question: "next", "end" or "blanks"; wasm: the bytes of kernels.wasm
export function makeCards({ n, question, mask, seed = 1, wasm }) {
  const deck = makeDeck(n);
  const random = makeRandom(seed);
  const sizes = { B: Math.max(n, ROWS), T, V: deck.V, D, L: LAYERS, H: HEADS, F: 4 * D };
  const network = makeNetwork({ sizes, spread: SPREAD, random, wasm });
  const update = makeOptimiser(network.store);
  const ask = makeQuiz(deck, question, network);
  let steps = 0;

  function draw() {
    const [ids, places, labels] = [new Int32Array(ROWS * T), [], []];
    for (let b = 0; b < ROWS; b++) {
      const card = deck.cards[Math.floor(deck.cards.length * random())];
      const { hidden, from, ahead } = POSE[question](random);
      ids.set(card.map((id, t) => (hidden.includes(t) ? deck.BLANK : id)), b * T);
      for (const t of from) {
        places.push(b * T + t);
        labels.push(card[t + ahead]);
      }
    }
    return { ids, places, labels };
  }
  return {
    step() {
      const { ids, places, labels } = draw();
      network.forward(ids, mask, places);
      const loss = network.loss(labels, true);
      network.backward();
      steps += 1;
      update(RATE * Math.min(1, steps / WARMUP));
      return loss;
    },
    // Right answers: from the front, from the back as it was read, from a back that was never read first; and what is
    // said to those: ids
    report: () => ({ steps, ...ask(mask) }),
  };
}
