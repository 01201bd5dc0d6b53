// The trainer in its worker. The page calls advance() again and again: between two calls it is heard.
//
// A mask comes as { mask, own }: "bidirectional", "causal", or "own", the one painted.

import { buildMask, continueMask } from "../../masks.js";
import { bytesOf, serve } from "../serve.js";
import { makeCards } from "./cards.js";
import { makeTrainer, T } from "./trainer.js";

const EVALUATED = 25;  // steps between two looks at the held-out text
const SHOWN = 50;     // and between two samples of what it makes of it
const SLICE = 60;     // milliseconds of training in one call, about
const SLOW = 50;      // milliseconds of a step from which on the narrower model is taken
const TRIED = 5;      // steps that are timed for that, after as many that warm up
const PRACTISED = 10; // steps with flash cards in one call

let wasm, trainer, width, losses, busy, cards;

const rows = ({ mask, own }) => (mask === "own" ? continueMask(own, T) : buildMask(mask, T));

function timed(act) {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function widthHere(options) {
  const wide = makeTrainer({ ...options, width: 64 });
  const times = Array.from({ length: 2 * TRIED }, () => timed(() => wide.step())).slice(TRIED);
  const median = times.sort((a, b) => a - b)[Math.floor(TRIED / 2)];
  return median > SLOW ? 32 : 64;
}

// What there is to say at this step
function report(full) {
  const { steps } = trainer;
  const progress = { steps, train: losses.length ? losses.reduce((a, b) => a + b) / losses.length : null,
    perSecond: steps ? 1000 * steps / busy : null };
  if (full || steps % EVALUATED === 0) {
    Object.assign(progress, trainer.evaluate());
    losses = [];
  }
  if (full || steps % SHOWN === 0) Object.assign(progress, { sample: trainer.sample(), leak: trainer.leak() });
  return progress;
}

const METHODS = {
  start(parts) { wasm = bytesOf(parts.wasm); },
  // -> what stays the same in this run, and the report of step 0
  make({ text, question, order, seed }) {
    const options = { text, question, mask: rows(order), seed, wasm };
    width ??= widthHere(options);
    trainer = makeTrainer({ ...options, width });
    [losses, busy] = [[], 0];
    const { characters, spaces, watched, parameters, baselines } = trainer;
    return { width, kinds: characters.length, spaces, parameters, baselines,
      watched: Array.from(watched, (id) => characters[id]), ...report(true) };
  },
  advance() {
    const start = performance.now();
    do {
      busy += timed(() => losses.push(trainer.step().loss));
    } while (trainer.steps % EVALUATED && performance.now() - start < SLICE);
    return report(false);
  },
  change(order) {
    trainer.mask = rows(order);
    return report(true);
  },
  // n flash cards instead of a text; mask: "causal" or "bidirectional"
  deal({ n, question, mask, seed }) {
    cards = makeCards({ n, question, mask: buildMask(mask, 4), seed, wasm });
    return cards.report();
  },
  practise() {
    for (let i = 0; i < PRACTISED; i++) cards.step();
    return cards.report();
  },
};

serve((method) => METHODS[method]);
