// The sampling playground writes on: the engine asks GPT anew after each token, with a cache or without.

import { PAIR, readable, sizeOf, textReader, tokenOf, upToBlank } from "./live.js";
import { draw, normalised, nucleus, randomNumbers, softmax } from "./sampling.js";

// What the playground shows at one position (sampling_playground.py, `look_ahead`): the most probable tokens one by
// one, and of all the others log sum exp(logit / temperature) at the temperatures 0.1, 0.2, ... 2.0.
export function lookOf(logits, top) {
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  const sorted = order.map((id) => logits[id]);
  const others = sorted.slice(top);
  const rest = Array.from({ length: 20 }, (_, i) => {
    const temperature = (i + 1) / 10;
    const sum = others.reduce((total, logit) => total + Math.exp((logit - others[0]) / temperature), 0);
    return others[0] / temperature + Math.log(sum);
  });
  return { order, sorted, ids: order.slice(0, top), logits: sorted.slice(0, top), rest };
}

// The id on which a number from [0, 1) falls, of all the tokens that top-k and then top-p leave, laid end to end.
export function drawId({ order, sorted }, { temperature, topK, topP }, number) {
  if (temperature === 0) return order[0];
  const p = softmax(sorted.slice(0, topK || order.length).map((logit) => logit / temperature));
  return order[draw(normalised(nucleus(p, topP)), number)];
}

// What one pass read, and how long it took.
export function cost({ read, kept, ms }) {
  const what = kept ? `${read} token${read === 1 ? "" : "s"}, ${kept} came from the cache`
    : read === 1 ? "one token" : `all ${read} tokens`;
  return `It read ${what}: ${Math.round(ms)} ms.`;
}

// One pass over the ids of a state -> the state with what may come next, and what the pass cost.
async function readOn(engine, state, cached, { top }) {
  const { ids } = state;
  const before = performance.now();
  const { logits, kept } = cached ? await engine.next(PAIR.GPT, ids)
    : { logits: (await engine.run(PAIR.GPT, ids, { mask: "causal", rows: [ids.length - 1] })).logits[0], kept: 0 };
  const ms = performance.now() - before;
  const look = lookOf(logits, top);
  const tokens = await Promise.all(look.ids.map((id) => tokenOf(engine, id)));
  return { ...state, look: { ...look, tokens: tokens.map(readable) }, cost: { read: ids.length - kept, kept, ms } };
}

// A text that GPT continues. state is null until the reader wants one; redraw() is called after each token.
// start() -> the text to continue where none was typed; settings() -> { temperature, topK, topP, seed, top }
// opened(): called when the reader begins a text
export function liveWriter({ model, start, settings, opened, redraw }) {
  const writer = { state: null, typed: false, cached: true, busy: false };
  let stopped = false;

  async function begin(engine, typed) {
    const text = upToBlank(typed);
    const { ids } = await engine.encode(text);
    return readOn(engine, { ids: ids.length ? ids : [engine.special.eos], text, written: [] }, writer.cached, settings());
  }

  async function append(engine) {
    const { state } = writer;
    const number = randomNumbers(settings().seed, state.written.length + 1).at(-1);
    const id = drawId(state.look, settings(), number);
    const longer = { ...state, ids: [...state.ids, id], written: [...state.written, await tokenOf(engine, id)], number };
    const read = await readOn(engine, longer, writer.cached, settings());
    if (writer.state !== state) return; // the reader has begun another text
    writer.state = read;
    redraw();
  }

  const take = (state) => {
    writer.state = state;
    redraw();
  };
  const how = `GPT goes on from a blank _ (fetches GPT, ${sizeOf(PAIR.GPT)})`;
  const reader = textReader(model, { label: "Or your own beginning", how, read: begin, take, names: [PAIR.GPT] });
  reader.field.node.addEventListener("input", () => {
    stopped = true;
    if (!writer.typed && reader.field.value) opened();
    writer.typed = Boolean(reader.field.value);
  });
  return Object.assign(writer, {
    node: reader.node,
    field: reader.field,
    stop() { stopped = true; },
    end() {
      [stopped, writer.typed] = [true, false];
      reader.end();
    },
    // Draw a token, append it, read on; n times, or until the reader stops it.
    async write(n) {
      if (writer.busy) return;
      [writer.busy, stopped] = [true, false];
      redraw();
      await reader.run(async (engine) => {
        const begun = writer.state ?? await begin(engine, start());
        if (!stopped) take(begun);
        for (let i = 0; i < n && !stopped; i++) await append(engine);
      });
      writer.busy = false;
      redraw();
    },
  });
}
