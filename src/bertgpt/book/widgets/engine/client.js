// The page's face of the engine (engine.js lists its calls). Nothing is fetched before the first call.
//
//   const engine = openEngine(model);                             model: the widget's, as render() gets it
//   await engine.load(["tinybert", "tinygpt"], (share) => ...);   share: 0 to 1, while it is fetched
//   const { words } = await engine.run("tinybert", ids, { mask: "causal", top: 4 });
//
// All widgets of a page share one engine. Whatever fails says so in the message of its error, in plain words.

import { h } from "../common.js";

const ENGINE_CALLS = ["cut", "encode", "decode", "run", "next"];
const SILENCE = 60_000; // milliseconds after which a kernel is taken for dead

// The book's files are scripts, which a page may load from a disk too: file(name) -> what the script leaves behind.
function pageFiles() {
  const folder = new URL(`${document.documentElement.dataset.content_root ?? "./"}_static/engine/`, document.baseURI);
  const kept = (globalThis.bertgptFiles ??= {});
  return (name) => new Promise((resolve, reject) => {
    const come = () => {
      script.remove();
      // A network that wants a log-in first answers with a page of its own, which leaves nothing.
      if (name in kept) resolve(kept[name]);
      else reject(new Error(`The models could not be fetched (${name}.js). Are you online? Try again.`));
      delete kept[name];
    };
    const script = h("script", { src: new URL(`${name}.js`, folder), onload: come, onerror: come });
    document.head.append(script);
  });
}

// In a notebook the kernel hands out the same files, of the models that the widget was made with.
function kernelFiles(model) {
  return (name) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => receive({ file: name, error: "The kernel does not answer. Is it running?" }), SILENCE);
    function receive({ file, error, content }, buffers) {
      if (file !== name) return;
      clearTimeout(timer);
      model.off("msg:custom", receive);
      if (error) reject(new Error(error));
      else resolve(content ?? new Uint8Array(buffers[0].buffer, buffers[0].byteOffset, buffers[0].byteLength));
    }
    model.on("msg:custom", receive);
    model.send({ file: name });
  });
}

// Where a widget's files come from: file(name) -> a promise of what it holds
export const filesOf = (model) => (model.send ? kernelFiles(model) : pageFiles());

// Start the worker: -> { call(method, args), a promise of the result; end() }
export function startWorker(code) {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(address);
  const waiting = new Map();
  let calls = 0;
  worker.onmessage = ({ data: { call, result, error } }) => {
    const { resolve, reject } = waiting.get(call);
    waiting.delete(call);
    if (error) reject(new Error(error));
    else resolve(result);
  };
  const fail = (reason) => {
    for (const { reject } of waiting.values()) reject(new Error(`The engine stopped: ${reason}`));
    waiting.clear();
  };
  worker.onerror = (event) => fail(event.message ?? "no reason given");
  return {
    call: (method, args) => new Promise((resolve, reject) => {
      waiting.set(calls += 1, { resolve, reject });
      worker.postMessage({ call: calls, method, args });
    }),
    end() {
      worker.terminate();
      URL.revokeObjectURL(address);
      fail("its widget was closed");
    },
  };
}

function makeClient(file) {
  let started;
  const [loaded, learnt] = [{}, {}];
  const start = async () => {
    const { worker, models, ...parts } = await file("engine");
    const running = startWorker(worker);
    return { ...running, models, special: await running.call("start", [parts]) };
  };
  // What has failed is tried anew by the next call.
  const once = (promise, forget) => promise.catch((error) => { forget(); throw error; });
  const open = () => (started ??= once(start(), () => { started = undefined; }));
  const fetchModel = async (name, count) => {
    const { call, models } = await open();
    if (!models[name]) throw new Error(`There is no model called ${name} beside this page.`);
    const parts = await Promise.all(models[name].map((part) => file(part).then((got) => {
      count(1 / models[name].length);
      return got;
    })));
    return call("load", [name, parts]);
  };
  const client = {
    async load(names, onProgress = () => {}) {
      let share = 0;
      let over = false;                                  // parts still come in when one has failed
      const count = (part) => over || onProgress(share = Math.min(1, share + part / names.length));
      try {
        await Promise.all(names.map((name) =>
          (loaded[name] ??= once(fetchModel(name, count), () => { delete loaded[name]; }))));
        onProgress(1);
      } finally {
        over = true;
      }
      client.special = (await open()).special;
      return client;
    },
  };
  client.learn = (name) => (learnt[name] ??= once(
    Promise.resolve(name === "course" ? undefined : file(`vocabulary.${name}`)).then(async (json) =>
      (await open()).call("learn", [name, json])), () => { delete learnt[name]; }));
  // Gives back the worker with all that it keeps; the next call would start anew.
  client.close = () => {
    started?.then(({ end }) => end(), () => {});
    started = undefined;
    for (const held of [loaded, learnt]) Object.keys(held).forEach((name) => delete held[name]);
  };
  for (const method of ENGINE_CALLS) {
    client[method] = async (...args) => (await open()).call(method, args);
  }
  return client;
}

export function openEngine(model) {
  if (model.send) return (model.bertgptEngine ??= makeClient(filesOf(model)));
  return (globalThis.bertgptEngine ??= makeClient(filesOf(model)));
}

// Make a function that never runs twice at once: of the calls that come meanwhile only the newest is kept.
export function newest(act) {
  let running = false;
  let kept = null;
  return async function run(...args) {
    kept = args;
    if (running) return;
    running = true;
    try {
      while (kept) {
        const now = kept;
        kept = null;
        await act(...now);
      }
    } finally {
      running = false;
    }
  };
}
