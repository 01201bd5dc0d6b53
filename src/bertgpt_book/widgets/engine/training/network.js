// gpt.py, forward and backward: embeddings, blocks, and the head where it is asked.
//
// B texts of T tokens, M = B T rows; D d_model, L layers, V vocabulary, N places asked.

import { block, layerNorm, linear } from "./layers.js";
import { makeStore } from "./store.js";

const EPS = 1e-5; // as in config.py

// Pairs of normal numbers from pairs of uniform ones: Box and Muller 1958
const normalFrom = (random) => () =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function embeddings(store, { B, T, V, D }, spread) {
  const table = (name, N) => store.parameter([`embeddings.${name}.weight`], [N, D], () => spread * store.normal());
  const [token, position] = [table("token", V), table("position", T)];
  const out = store.room(B * T * D);
  let ids;
  const rows = (visit) => {
    for (let m = 0; m < ids.length; m++) visit(m * D, ids[m] * D, (m % T) * D);
  };
  return {
    token, position,
    forward(given) {
      ids = given;
      rows((m, id, t) => {
        for (let i = 0; i < D; i++) out.data[m + i] = token.data[id + i] + position.data[t + i];
      });
      return out;
    },
    backward({ data: g }) {
      const [ofToken, ofPosition] = [token.grad.data, position.grad.data];
      rows((m, id, t) => {
        for (let i = 0; i < D; i++) {
          ofToken[id + i] += g[m + i];
          ofPosition[t + i] += g[m + i];
        }
      });
    },
  };
}

// logits (N, V) -> the mean of -ln p(label), and where asked for its gradient in place of the logits
function crossEntropy(logits, labels, V, learn) {
  const N = labels.length;
  let sum = 0;
  for (let n = 0, row = 0; n < N; n++, row += V) {
    let [top, all] = [-Infinity, 0];
    for (let v = row; v < row + V; v++) top = Math.max(top, logits[v]);
    for (let v = row; v < row + V; v++) all += Math.exp(logits[v] - top);
    sum += top + Math.log(all) - logits[row + labels[n]];
    if (!learn) continue;
    for (let v = row; v < row + V; v++) logits[v] = Math.exp(logits[v] - top) / all / N;
    logits[row + labels[n]] -= 1 / N;
  }
  return sum / N;
}

// sizes: { B, T, V, D, L, H, F }, of B texts at most; spread: the deviation of fresh weights; random: () -> a number
// from [0, 1); wasm: the bytes of kernels.wasm
export function makeNetwork({ sizes, spread, random, wasm }) {
  const { B, T, V, D, L } = sizes;
  const rows = B * T;
  const store = makeStore(wasm, normalFrom(random));
  const embedded = embeddings(store, sizes, spread);
  const spreads = { in: spread, out: spread / Math.sqrt(2 * L) };
  const blocks = Array.from({ length: L }, (_, l) => block(store, `blocks.${l}`, sizes, { eps: EPS, spreads }));
  const body = [...blocks, layerNorm(store, "final_norm", D, rows, EPS)];
  const head = linear(store, ["lm_head.decoder"], [V, D], rows, { bias: false, weight: embedded.token });
  const S = Math.ceil(T / 4) * 4;
  const mask = store.room(T * S, Int32Array);
  const [chosen, spent] = [store.room(rows * D), store.room(rows * D)];
  let [M, places] = [];

  // ids: texts of T tokens, one behind another; may: T rows of T booleans -> hidden states (M, D)
  function encode(ids, may) {
    M = ids.length;
    may.forEach((row, t) => row.forEach((open, s) => { mask.data[t * S + s] = open ? -1 : 0; }));
    return body.reduce((hidden, layer) => layer.forward(hidden, M, mask), embedded.forward(ids)).data;
  }

  return {
    store, encode, sizes, position: embedded.position,
    // asked: the rows of the texts for which the vocabulary is scored -> logits (N, V)
    forward(ids, may, asked) {
      places = asked;
      const hidden = encode(ids, may);
      places.forEach((m, n) => chosen.data.set(hidden.subarray(m * D, (m + 1) * D), n * D));
      return head.forward(chosen, places.length).data;
    },
    // labels: the right ids at the places asked; learn: backward() follows
    loss: (labels, learn = false) => crossEntropy(head.out.data, labels, V, learn),
    backward() {
      for (const { grad } of store.parameters) grad.data.fill(0);
      const g = head.backward(head.out);
      spent.data.fill(0, 0, M * D);
      places.forEach((m, n) => {
        for (let i = 0; i < D; i++) spent.data[m * D + i] += g.data[n * D + i];
      });
      embedded.backward(body.reduceRight((slope, layer) => layer.backward(slope), spent));
    },
  };
}
