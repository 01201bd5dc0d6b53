// The sampling playground writes on: the engine asks GPT anew after each token, with a cache or without.

import { PAIR, port, randomNumbers, readable, spaced, textReader, tokenOf } from "./live.js";

// What the playground draws of one place (sampling_playground.py, `look_ahead`): the likeliest tokens one by one, and of all
// the others log sum exp(logit / temperature) at the temperatures 0.1, 0.2, ... 2.0. name(id) -> a token's text.
export function lookOf(logits, top, name) {
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  const others = order.slice(top).map((id) => logits[id]);
  const most = others[0];
  const rest = Array.from({ length: 20 }, (_, i) => {
    const tenths = (i + 1) / 10;
    return most / tenths + Math.log(others.reduce((sum, logit) => sum + Math.exp((logit - most) / tenths), 0));
  });
  return { order, all: logits, tokens: order.slice(0, top).map(name), logits: order.slice(0, top).map((id) => logits[id]), rest };
}

// The id that a number from [0, 1) falls to, of all the tokens that top-k and then top-p leave, laid end to end.
export function drawId({ order, all }, { temperature, topK, topP }, number) {
  if (temperature === 0) return order[0];
  const raised = order.slice(0, topK || order.length).map((id) => Math.exp((all[id] - all[order[0]]) / temperature));
  const total = raised.reduce((sum, share) => sum + share, 0);
  let reached = 0;
  const kept = raised.filter((share) => {
    const stays = reached < topP;
    reached += share / total;
    return stays;
  });
  let left = number * kept.reduce((sum, share) => sum + share, 0);
  const place = kept.findIndex((share) => (left -= share) < 0);
  return order[place < 0 ? kept.length - 1 : place];
}

// What one pass read, and how long it took.
export function cost({ read, kept, ms }) {
  return `${kept ? `It read ${read} token${read === 1 ? "" : "s"}, ${kept} came from the cache` : `It read all ${read} tokens`}: ${Math.round(ms)} ms.`;
}

// One pass over the ids of a state: what may come next, and what the pass cost.
export async function readOn(engine, state, cached, { top }) {
  const { ids } = state;
  const before = performance.now();
  const { logits, kept } = cached ? await engine.next(PAIR.GPT, ids)
    : { logits: (await engine.run(PAIR.GPT, ids, { mask: "causal", rows: [ids.length - 1] })).logits[0], kept: 0 };
  const ms = performance.now() - before;
  const look = lookOf(logits, top, (id) => id);
  const tokens = await Promise.all(look.tokens.map((id) => tokenOf(engine, id)));
  return { ...state, look: { ...look, tokens: tokens.map(readable) }, cost: { read: ids.length - kept, kept, ms } };
}

// A text that GPT goes on from. state is null until the reader asks for one; redraw() is called after each token.
// start() -> the text to go on from where none was typed; settings() -> { temperature, topK, topP, seed, top }
export function liveWriter({ model, start, settings, redraw }) {
  const door = port(model, [PAIR.GPT]);
  const writer = { node: door.node, state: null, cached: true, busy: false };
  let stopped = false;

  async function begin(engine, text) {
    const { ids } = await engine.encode(spaced(text));
    return ids.length ? readOn(engine, { ids, text, written: [] }, writer.cached, settings()) : undefined;
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
  const reader = textReader((text) => door.ask((engine) => begin(engine, text)), take);
  return Object.assign(writer, {
    stop() { stopped = true; },
    type(text) {
      stopped = true;
      reader.type(text);
    },
    end() {
      stopped = true;
      reader.end();
    },
    // Draw a token, put it behind the text, read on; n times, or until somebody stops it.
    async goOn(n) {
      if (writer.busy) return;
      [writer.busy, stopped] = [true, false];
      redraw();
      await door.ask(async (engine) => {
        const begun = writer.state ?? await begin(engine, start());
        if (!stopped) take(begun);
        for (let i = 0; i < n && !stopped; i++) await append(engine);
      });
      writer.busy = false;
      redraw();
    },
  });
}
