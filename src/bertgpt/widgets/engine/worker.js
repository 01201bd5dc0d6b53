// The engine in its worker: { call, method, args } comes in; { call, result }, { call, error } or, while it writes,
// { call, token } goes out. The first message brings what the engine is made of.
// vendor/tokenizers.min.cjs stands before this file and gives it Tokenizer.

import { makeEngine } from "./engine.js";

let engine;
const stopped = new Set();

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

const METHODS = {
  start(call, { vocabulary, wasm }) {
    engine = makeEngine({ Tokenizer, vocabulary, wasm: bytesOf(wasm) });
    return engine.special;
  },
  // parts: bytes, or the base64 of them, in pieces
  load: (call, name, parts) => engine.load(name, typeof parts[0] === "string" ? bytesOf(parts.join("")) : parts[0]),
  write(call, name, ids, options) {
    const wait = () => new Promise((resume) => {
      setTimeout(() => resume(stopped.delete(call) && "stop"));        // so that a message may come in
    });
    return engine.write(name, ids, options, (token) => postMessage({ call, token }), wait);
  },
};

onmessage = async ({ data: { call, method, args, stop } }) => {
  if (stop) {
    stopped.add(stop);
    return;
  }
  try {
    const result = await (METHODS[method] ? METHODS[method](call, ...args) : engine[method](...args));
    postMessage({ call, result });
  } catch (error) {
    postMessage({ call, error: error.message });
  }
};
