// The engine: the course's models and their tokenizer, in the page. It runs in a worker (worker.js); client.js is its
// face there, with the same calls, every one of them a promise:
//
//   load(name)                          fetch and unpack "tinybert", "tinygpt", ... once; the calls below need it done
//   encode(text)                        -> { ids, tokens }, nothing added to the text
//   frame(text, second)                 -> { ids, segments, tokens }: [CLS] text [SEP], as BERT reads it
//   decode(ids)                         -> text
//   run(name, ids, options)             one pass -> { logits, hidden, attention, words }, in the shapes of model.js
//     options.mask                      "bidirectional", "causal", a prefix length, or T rows of T true or false;
//                                       where there is none, the model's own
//     options.rows                      at which tokens the vocabulary is scored; all, where there are none
//     options.top                       so many of the likeliest tokens a row are named: words[i] = [{ id, token, p }]
//     options.segments                  0 or 1 a token, BERT's
//   next(name, ids)                     -> { logits, kept } of what comes next, read left to right; the first `kept`
//                                       ids, with which those before began too, are not read again (a cache)
//   learn(vocabulary, json)             take a tokenizer.json besides -> { special: token -> id, byteLevel, unknown }
//   cut(vocabulary, text)               -> { ids, tokens }, as that vocabulary spells them; "course" is known from the start
//   special                             { pad, cls, sep, mask, eos }: the special tokens' ids

import { openModel } from "./arithmetic.js";
import { forward, makeCache, next } from "./model.js";
import { likeliest } from "./sampling.js";

const SPECIAL = { pad: "[PAD]", cls: "[CLS]", sep: "[SEP]", mask: "[MASK]", eos: "<eos>" };

async function unzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Tokenizer: the class of @huggingface/tokenizers; vocabulary: a tokenizer.json, parsed; wasm: the bytes of matmul.wasm
export function makeEngine({ Tokenizer, vocabulary, wasm }) {
  const tokenizer = new Tokenizer(vocabulary, {});
  const special = Object.fromEntries(Object.entries(SPECIAL).map(([name, token]) =>
    [name, tokenizer.token_to_id(token)]));
  const vocabularies = { course: { tokenizer, json: vocabulary } };
  const models = {};
  const named = (name) => {
    if (!models[name]) throw new Error(`${name} is not loaded`);
    return models[name];
  };
  const decode = (ids) => (ids.length
    ? tokenizer.decode(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false }) : "");
  const token = (id) => decode([id]);
  const encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  return {
    special,
    decode,
    async load(name, zipped) {
      const model = openModel(await unzip(zipped), wasm);
      models[name] = { model, cache: makeCache(model) };
      return { config: model.config, fast: model.fast };
    },
    learn(name, json) {
      const known = (vocabularies[name] ??= { tokenizer: new Tokenizer(json, {}), json }).json;
      return { special: Object.fromEntries(known.added_tokens.map(({ content, id }) => [content, id])),
        byteLevel: known.decoder.type === "ByteLevel", unknown: known.model.unk_token ?? "" };
    },
    cut(name, text) {
      const { ids, tokens } = vocabularies[name].tokenizer.encode(text, { add_special_tokens: false });
      return { ids, tokens };
    },
    encode(text) {
      const ids = encode(text);
      return { ids, tokens: ids.map(token) };
    },
    frame(text, second) {
      const first = [special.cls, ...encode(text), special.sep];
      const tail = second === undefined ? [] : [...encode(second), special.sep];
      const ids = [...first, ...tail];
      return { ids, segments: ids.map((_, t) => Number(t >= first.length)), tokens: ids.map(token) };
    },
    run(name, ids, { top = 0, ...options } = {}) {
      const result = forward(named(name).model, ids, options);
      const words = result.logits.map((logits) => likeliest(logits, top).map((each) => ({ ...each, token: token(each.id) })));
      return { ...result, words };
    },
    next: (name, ids) => next(named(name).model, ids, named(name).cache),
  };
}
