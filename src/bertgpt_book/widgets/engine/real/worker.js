// The real model in its worker: the page brings it part by part, and asks.

import { argmax, mostProbable, sample } from "../../sampling.js";
import { bytesOf, serve, unzip } from "../serve.js";
import tokenizers from "../vendor/tokenizers.min.cjs";
import { forward, makeModernCache, nextToken } from "./modern.js";
import { makeStore, openAdapter } from "./store.js";

const HOW = { triangle: { mask: "causal" }, square: { mask: "bidirectional" },
  practised: { mask: "bidirectional", adapted: true } };

let model, cache, tokenizer;

const encode = (text) => (text ? tokenizer.encode(text, { add_special_tokens: false }).ids : []);
const decode = (ids) => tokenizer.decode(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false });

const METHODS = {
  // Claims the memory, before anything of the model is fetched.
  start({ kernels, matmul, manifest }) {
    try {
      model = makeStore(manifest, { kernels: bytesOf(kernels), matmul: bytesOf(matmul) });
    } catch (error) {
      throw new Error(error instanceof RangeError ? "This device has too little free memory for this model."
        : "This browser is too old for this model: it needs WebAssembly with SIMD.");
    }
    return manifest;
  },
  put: (at, bytes) => model.put(at, bytes),
  async open(vocabulary) {
    tokenizer = new tokenizers.Tokenizer(JSON.parse(new TextDecoder().decode(await unzip(vocabulary))), {});
    openAdapter(model);
    cache = makeModernCache(model);
  },
  // The words for a blank, read one token before it, as a model reads that predicts the next token
  // -> { words: [{ token, p }], tokens: how many were read }
  fill({ left, right, setting, top }) {
    const { begin, blank } = model.special;
    const before = [begin, ...encode(left)];
    const ids = [...before, blank, ...encode(right)];
    const { logits: [logits] } = forward(model, ids, { ...HOW[setting], rows: [before.length - 1] });
    return { words: mostProbable(logits, top).map(({ id, p }) => ({ token: decode([id]), p })), tokens: ids.length };
  },
  begin: (text) => [model.special.begin, ...encode(text)],
  // -> the next id, or null where the model ends the text or there is no more room; number: drawn from [0, 1)
  next(ids, temperature, number) {
    if (ids.length >= model.config.max_len) return null;
    const logits = nextToken(model, ids, cache);
    const id = temperature ? sample(logits, temperature, number) : argmax(logits);
    return model.special.ends.includes(id) ? null : id;
  },
  decode,
};

serve((method) => METHODS[method]);
