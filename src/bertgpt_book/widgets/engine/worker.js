// The engine in its worker. The first message brings what the engine is made of.

import { makeEngine } from "./engine.js";
import { bytesOf, serve } from "./serve.js";
import tokenizers from "./vendor/tokenizers.min.cjs";

let engine;

const METHODS = {
  start({ vocabulary, wasm }) {
    engine = makeEngine({ Tokenizer: tokenizers.Tokenizer, vocabulary, wasm: bytesOf(wasm) });
    return engine.special;
  },
  // parts: bytes, or the base64 of them, in pieces
  load: (name, parts) => engine.load(name, typeof parts[0] === "string" ? bytesOf(parts.join("")) : parts[0]),
};

serve((method) => METHODS[method] ?? engine[method]);
