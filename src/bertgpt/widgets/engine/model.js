// BERT, GPT and Both in the page: bert.py, gpt.py and what they are made of, a function for each of their lines.
// Who may look at whom is the caller's: any mask, any model.
//
// T tokens, S tokens attended to (S > T with a cache), D d_model, H heads, K d_head, V vocabulary, L layers.

import { ACTIVATIONS, add, applied, layerNorm, linear, rowOf } from "./arithmetic.js";

// masks.py. mask: "bidirectional", "causal", how many tokens of a prefix all may look at, or T rows of S true or false
// -> (T, S), 1 = may attend. The T queries are the last of the S keys.
export function buildMask(mask, T, S) {
  const past = S - T;
  if (Array.isArray(mask)) {
    if (mask.length !== T || mask.some((row) => row.length !== S)) {
      throw new Error(`a painted mask must have ${T} rows of ${S}: one for each token`);
    }
    return Uint8Array.from(mask.flat(), Boolean);
  }
  const prefix = { bidirectional: S, causal: 0 }[mask] ?? mask;
  if (!Number.isInteger(prefix) || prefix < 0) {
    throw new Error(`mask must be "bidirectional", "causal", a prefix length or rows of true and false, not ${mask}`);
  }
  return Uint8Array.from({ length: T * S }, (_, i) => i % S <= Math.floor(i / S) + past || i % S < prefix);
}

// embeddings.py: ids (T,) -> (T, D)
function embed(model, ids, segments, past) {
  const D = model.config.d_model;
  const hidden = new Float32Array(ids.length * D);
  ids.forEach((id, t) => {
    let row = add(rowOf(model, "embeddings.token.weight", id), rowOf(model, "embeddings.position.weight", past + t));
    if (model.config.n_segments) row = add(row, rowOf(model, "embeddings.segment.weight", segments?.[t] ?? 0));
    hidden.set(row, t * D);
  });
  return hidden;
}

// attention.py, scaled_dot_product_attention, one head: q (T, D), k and v (S, D), of which the head has K from `from`
// on -> the weights (T, S), and into context (T, D) their averages. A row that may attend nowhere gives zeros.
function attend(q, k, v, mask, context, { T, S, D, K, from }) {
  const weights = new Float32Array(T * S);
  for (let t = 0; t < T; t++) {
    let top = -Infinity;
    for (let s = 0; s < S; s++) {
      if (!mask[t * S + s]) continue;
      let score = 0;
      for (let i = from; i < from + K; i++) score += q[t * D + i] * k[s * D + i];
      weights[t * S + s] = score /= Math.sqrt(K);
      if (score > top) top = score;
    }
    let sum = 0;
    for (let s = 0; s < S; s++) {
      if (mask[t * S + s]) sum += weights[t * S + s] = Math.exp(weights[t * S + s] - top);
    }
    for (let s = 0; s < S; s++) {
      if (!mask[t * S + s]) continue;
      const weight = weights[t * S + s] /= sum;
      for (let i = from; i < from + K; i++) context[t * D + i] += weight * v[s * D + i];
    }
  }
  return weights;
}

// attention.py, KVCache of all layers: rows of keys and values of the tokens already read.
export function makeCache({ config: { n_layers, max_len, d_model } }) {
  const rows = () => new Float32Array(max_len * d_model);
  return { ids: [], layers: Array.from({ length: n_layers }, () => ({ k: rows(), v: rows() })) };
}

function appended(kept, rows, past) {
  kept.set(rows, past);
  return kept.subarray(0, past + rows.length);
}

// attention.py, MultiHeadAttention: hidden (T, D) -> (T, D), and every head's weights (T, S)
function attention(model, name, hidden, mask, cache, past) {
  const { d_model: D, n_heads: H } = model.config;
  const project = (part, x) => linear(model, x, `${name}.${part}.weight`, `${name}.${part}.bias`);
  const q = project("q_proj", hidden);
  let [k, v] = [project("k_proj", hidden), project("v_proj", hidden)];
  if (cache) [k, v] = [appended(cache.k, k, past * D), appended(cache.v, v, past * D)];
  const sizes = { T: q.length / D, S: k.length / D, D, K: D / H };
  const context = new Float32Array(q.length);
  const weights = Array.from({ length: H }, (_, h) =>
    attend(q, k, v, mask, context, { ...sizes, from: h * sizes.K }));
  return [project("out_proj", context), weights];
}

// feedforward.py: (T, D) -> (T, D)
function feedForward(model, name, hidden) {
  const widened = linear(model, hidden, `${name}.up_proj.weight`, `${name}.up_proj.bias`);
  applied(ACTIVATIONS[model.config.activation], widened);
  return linear(model, widened, `${name}.down_proj.weight`, `${name}.down_proj.bias`);
}

// block.py: hidden (T, D) -> (T, D), and the attention weights
function block(model, name, hidden, mask, cache, past) {
  const attended = (x) => attention(model, `${name}.attention`, x, mask, cache, past);
  const norm = (which, x) => layerNorm(model, x, `${name}.${which}`);
  if (model.config.norm_first) {
    const [found, weights] = attended(norm("norm1", hidden));
    const sum = add(hidden, found);
    return [add(sum, feedForward(model, `${name}.feedforward`, norm("norm2", sum))), weights];
  }
  const [found, weights] = attended(hidden);
  const sum = norm("norm1", add(hidden, found));
  return [norm("norm2", add(sum, feedForward(model, `${name}.feedforward`, sum))), weights];
}

// bert.py and gpt.py, encode: -> hidden states (T, D) of the embeddings and of every layer, weights [layer][head] (T, S)
function encode(model, ids, mask, segments, cache) {
  const bert = model.kind === "bert";
  const past = cache ? cache.ids.length : 0;
  let hidden = embed(model, ids, segments, past);
  if (bert) hidden = layerNorm(model, hidden, "embedding_norm");
  const states = [hidden];
  const weights = [];
  for (let layer = 0; layer < model.config.n_layers; layer++) {
    const [next, seen] = block(model, `blocks.${layer}`, hidden, mask, cache?.layers[layer], past);
    hidden = next;
    states.push(hidden);
    weights.push(seen);
  }
  if (!bert) states[states.length - 1] = layerNorm(model, hidden, "final_norm");
  cache?.ids.push(...ids);
  return { hidden: states, attention: weights };
}

// heads.py: hidden (N, D) -> logits (N, V)
function vocabulary(model, hidden) {
  const tied = (name) => (name in model.tensors ? name : "embeddings.token.weight");
  if (model.kind === "gpt") return linear(model, hidden, tied("lm_head.decoder.weight"));
  const dense = linear(model, hidden, "mlm_head.dense.weight", "mlm_head.dense.bias");
  const normed = layerNorm(model, applied(ACTIVATIONS[model.config.activation], dense), "mlm_head.norm");
  return linear(model, normed, tied("mlm_head.decoder.weight"), "mlm_head.decoder.bias");
}

// One pass. ids: T ints; mask: as buildMask takes it; segments: T ints, BERT's; rows: whose logits, all where not given
// -> { logits: a Float32Array (V) for each row, hidden: [L + 1] of (T, D), attention: [L][H] of (T, S) }
export function forward(model, ids, { mask, segments, rows, cache } = {}) {
  const { max_len, vocab_size, d_model: D } = model.config;
  const length = ids.length + (cache ? cache.ids.length : 0);
  if (!ids.length) throw new Error("there is nothing to read: give a text of one token or more");
  if (length > max_len) throw new Error(`${length} tokens are too many: this model reads ${max_len} at most`);
  if (ids.some((id) => !(id >= 0 && id < vocab_size))) throw new Error(`ids must be 0 to ${vocab_size - 1}`);
  const order = mask ?? (model.kind === "bert" ? "bidirectional" : "causal");
  const { hidden, attention: weights } = encode(model, ids, buildMask(order, ids.length, length), segments, cache);
  const asked = rows ?? ids.map((_, t) => t);
  const states = new Float32Array(asked.length * D);
  asked.forEach((t, i) => states.set(hidden.at(-1).subarray(t * D, (t + 1) * D), i * D));
  const scores = vocabulary(model, states);
  const logits = asked.map((_, i) => scores.slice(i * vocab_size, (i + 1) * vocab_size));
  return { logits, hidden, attention: weights };
}

// The logits (V) of what comes next, under the causal mask. The cache keeps what it has read: whatever of it the ids
// begin with is not read again.
export function next(model, ids, cache) {
  let same = 0;
  while (same < Math.min(cache.ids.length, ids.length - 1) && cache.ids[same] === ids[same]) same += 1;
  cache.ids.length = same;
  const unread = ids.slice(same);
  return forward(model, unread, { mask: "causal", rows: [unread.length - 1], cache }).logits[0];
}
