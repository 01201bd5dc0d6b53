// A Llama in the page: modern.py with rotary positions, RMSNorm, shared keys and values and a gate, a function for each of
// its lines. Any mask; with the adapter or without.
//
// T tokens, S tokens attended to (S > T with a cache), D d_model, H heads of queries, G of keys and values, K d_head.

import { add } from "../arithmetic.js";
import { appended, attend, makeCache, maskRows, next } from "../model.js";
import { embedding, linear, vector } from "./store.js";

// ids (T,) -> (T, D). No text holds the token of a blank: it takes the mean of all vectors, or the one that was practised.
function embed(model, ids, adapted) {
  const D = model.config.d_model;
  const hidden = new Float32Array(ids.length * D);
  const blank = vector(model, adapted ? "blank.practised" : "blank.mean");
  ids.forEach((id, t) =>
    hidden.set(id === model.special.blank ? blank : embedding(model, "embeddings.token", id), t * D));
  return hidden;
}

// RMSNorm: every row (D) over its root mean square, times a weight
function rmsNorm(model, x, name) {
  const weight = vector(model, name);
  const D = weight.length;
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += D) {
    let square = 0;
    for (let i = 0; i < D; i++) square += x[start + i] * x[start + i] / D;
    const unit = 1 / Math.sqrt(square + model.config.norm_eps);
    for (let i = 0; i < D; i++) out[start + i] = x[start + i] * unit * weight[i];
  }
  return out;
}

// rotary_angles: the positions from past on -> cosines and sines, (T, K / 2) each
function rotaryAngles({ d_head: K, theta }, past, T) {
  const half = K / 2;
  const [cos, sin] = [new Float32Array(T * half), new Float32Array(T * half)];
  for (let i = 0; i < T * half; i++) {
    const angle = (past + Math.floor(i / half)) * theta ** (-2 * (i % half) / K);
    [cos[i], sin[i]] = [Math.cos(angle), Math.sin(angle)];
  }
  return { cos, sin, half };
}

// rotate: x (T, heads * K), turned where it lies
function rotate(x, { cos, sin, half }) {
  const stride = x.length / (cos.length / half);
  for (let at = 0; at < x.length; at += 2 * half) { // a head of a token
    const angle = Math.floor(at / stride) * half;
    for (let i = 0; i < half; i++) {
      const [first, second, c, s] = [x[at + i], x[at + half + i], cos[angle + i], sin[angle + i]];
      x[at + i] = first * c - second * s;
      x[at + half + i] = second * c + first * s;
    }
  }
  return x;
}

// GroupedQueryAttention: hidden (T, D) -> (T, D)
function attention(model, name, hidden, { mask, angles, cache, past, adapted }) {
  const { n_heads: H, n_kv_heads: G, d_head: K } = model.config;
  const [D, E] = [H * K, G * K];
  const project = (part, x) => linear(model, x, `${name}.${part}`, adapted);
  const q = rotate(project("q_proj", hidden), angles);
  let [k, v] = [rotate(project("k_proj", hidden), angles), project("v_proj", hidden)];
  if (cache) [k, v] = [appended(cache.k, k, past * E), appended(cache.v, v, past * E)];
  const context = new Float32Array(q.length);
  for (let h = 0; h < H; h++) {
    attend(q, k, v, mask, context,
      { T: q.length / D, S: k.length / E, D, E, K, from: h * K, shared: Math.floor(h * G / H) * K });
  }
  return project("out_proj", context);
}

// GatedFeedForward: (T, D) -> (T, D)
function feedForward(model, name, hidden, { adapted }) {
  const up = linear(model, hidden, `${name}.up_proj`, adapted);
  const gate = linear(model, hidden, `${name}.gate_proj`, adapted);
  for (let i = 0; i < up.length; i++) up[i] *= gate[i] / (1 + Math.exp(-gate[i]));
  return linear(model, up, `${name}.down_proj`, adapted);
}

// As forward of ../model.js; adapted: with the adapter
// -> { logits: a Float32Array (V) for each row }
export function forward(model, ids, { mask = "causal", rows = ids.map((_, t) => t), cache, adapted = false } = {}) {
  const { n_layers, max_len, d_model: D } = model.config;
  const past = cache ? cache.ids.length : 0;
  const length = past + ids.length;
  if (length > max_len) throw new Error(`${length} tokens are too many: the page reads ${max_len} at most`);
  const how = { mask: maskRows(mask, ids.length, length), angles: rotaryAngles(model.config, past, ids.length), past, adapted };
  let hidden = embed(model, ids, adapted);
  for (let layer = 0; layer < n_layers; layer++) {
    const here = { ...how, cache: cache?.layers[layer] };
    const name = `blocks.${layer}`;
    hidden = add(hidden, attention(model, `${name}.attention`, rmsNorm(model, hidden, `${name}.norm1`), here));
    hidden = add(hidden, feedForward(model, `${name}.feedforward`, rmsNorm(model, hidden, `${name}.norm2`), here));
  }
  cache?.ids.push(...ids);
  const states = rows.map((t) => rmsNorm(model, hidden.subarray(t * D, (t + 1) * D), "final_norm"));
  return { logits: states.map((state) => linear(model, state, "embeddings.token", false)) };
}

// What has been read of a text that is being continued: keys and values are shared, so a row holds G * K numbers.
export const makeModernCache = ({ config }) =>
  makeCache({ config: { ...config, d_model: config.n_kv_heads * config.d_head } });

// The logits (V) of what comes next, left to right.
export const nextToken = (model, ids, cache) => next(model, ids, cache, forward).logits;
