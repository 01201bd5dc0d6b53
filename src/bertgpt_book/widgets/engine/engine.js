// The engine: the course's models and their tokenizer, in the page. It runs in a worker (worker.js); client.js is its
// face there, with the same calls, every one of them a promise:
//
//   load(name)                          fetch and unpack "littlebert", "littlegpt", ... once; the calls below need it done
//   encode(text)                        -> { ids, tokens }, nothing added to the text
//   decode(ids)                         -> text
//   run(name, ids, options)             one pass -> { logits, hidden, attention, words }, in the shapes of model.js
//     options.mask                      "bidirectional", "causal", a prefix length, or T rows of T true or false;
//                                       where there is none, the model's own
//     options.rows                      at which tokens the vocabulary is scored; all, where there are none
//     options.top                       so many of the most probable tokens a row: words[i] = [{ id, token, p }]
//   next(name, ids)                     -> { logits, kept } of what comes next, read left to right; the first `kept`
//                                       ids, with which those before began too, are not read again (a cache)
//   learn(vocabulary, json)             take a tokenizer.json besides -> { special: token -> id, byteLevel, unknown }
//   cut(vocabulary, text)               -> { ids, tokens }, as that vocabulary spells them; "course" is known from the start
//   special                             { pad, cls, sep, mask, eos }: the special tokens' ids

import { mostProbable } from "../sampling.js";
import { openModel } from "./arithmetic.js";
import { forward, makeCache, next } from "./model.js";
import { unzip } from "./serve.js";

const SPECIAL = { pad: "[PAD]", cls: "[CLS]", sep: "[SEP]", mask: "[MASK]", eos: "<eos>" };

// Tokenizer: the class of @huggingface/tokenizers; vocabulary: a tokenizer.json, parsed; wasm: the bytes of matmul.wasm
export function makeEngine({ Tokenizer, vocabulary, wasm }) {
  const tokenizer = new Tokenizer(vocabulary, {});
  const special = Object.fromEntries(Object.entries(SPECIAL).map(([name, token]) =>
    [name, tokenizer.token_to_id(token)]));
  const vocabularies = { course: { tokenizer, json: vocabulary } };
  const models = {};
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
    run(name, ids, { top = 0, ...options } = {}) {
      const result = forward(models[name].model, ids, options);
      const named = ({ id, p }) => ({ id, p, token: token(id) });
      return { ...result, words: result.logits.map((logits) => mostProbable(logits, top).map(named)) };
    },
    next: (name, ids) => next(models[name].model, ids, models[name].cache),
  };
}
