// The engine in its worker: { call, method, args } comes in; { call, result } or { call, error } goes out. The first
// message brings what the engine is made of.

import { makeEngine } from "./engine.js";
import tokenizers from "./vendor/tokenizers.min.cjs";

let engine;

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

const METHODS = {
  start({ vocabulary, wasm }) {
    engine = makeEngine({ Tokenizer: tokenizers.Tokenizer, vocabulary, wasm: bytesOf(wasm) });
    return engine.special;
  },
  // parts: bytes, or the base64 of them, in pieces
  load: (name, parts) => engine.load(name, typeof parts[0] === "string" ? bytesOf(parts.join("")) : parts[0]),
};

globalThis.onmessage = async ({ data: { call, method, args } }) => {
  try {
    const result = await (METHODS[method] ?? engine[method])(...args);
    postMessage({ call, result });
  } catch (error) {
    postMessage({ call, error: error.message });
  }
};
