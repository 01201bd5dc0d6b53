// The page's face of the engine (engine.js lists its calls). Nothing is fetched before the first call.
//
//   const engine = openEngine(model);                             model: the widget's, as render() gets it
//   await engine.open();                                          its worker and its tokenizer: engine.special is there
//   await engine.need("tinybert");                                a model; models come one by one, as they were asked for
//   const { words } = await engine.run("tinybert", ids, { mask: "causal", top: 4 });      what it needs comes first
//   engine.watch((name, got, size) => ...)                        while one comes: characters; a call without any: it is there
//   engine.holds(name), await engine.near(names)                  whether it is here, or in the browser's cache
//
// All widgets of a page share one engine. Whatever fails says so in the message of its error, in plain words.

import { h } from "../common.js";

const TEXT_CALLS = ["cut", "encode", "decode"];
const MODEL_CALLS = ["run", "next"];
const SILENCE = 60_000; // milliseconds after which a kernel is taken for dead

// A page from a disk may load scripts only: -> what the script leaves behind
function fromScript(file, name, count) {
  const left = (globalThis.bertgptFiles ??= {});
  return new Promise((resolve) => {
    const come = () => {
      script.remove();
      count?.(left[name]?.length);
      resolve(left[name]);
      delete left[name];
    };
    const script = h("script", { src: file, onload: come, onerror: come });
    document.head.append(script);
  });
}

// From a server the same script is read as it comes. A part of a model is counted; its name changes with the weights,
// so whatever the browser kept of it is right.
async function fromServer(file, name, count) {
  const { body } = await fetch(file, { cache: count ? "force-cache" : "default" });
  const [reader, parts] = [body.getReader(), []];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    count?.(part.value.length);
  }
  const [script, head] = [await new Blob(parts).text(), `[${JSON.stringify(name)}] = `];
  return JSON.parse(script.slice(script.indexOf(head) + head.length, script.lastIndexOf(";")));
}

// The book's files: file(name, count) -> what it holds; file.isKept(name) -> whether it comes without the network
function pageFiles() {
  const folder = new URL(`${document.documentElement.dataset.content_root ?? "./"}_static/engine/`, document.baseURI);
  const onDisk = folder.protocol === "file:";
  const file = async (name, count) => {
    // A network that wants a log-in first answers with a page of its own, which holds nothing.
    const found = await (onDisk ? fromScript : fromServer)(new URL(`${name}.js`, folder), name, count).catch(() => undefined);
    if (found === undefined) throw new Error(`The models could not be fetched (${name}.js). Are you online? Try again.`);
    return found;
  };
  file.isKept = async (name) =>
    onDisk || (await fetch(new URL(`${name}.js`, folder), { cache: "only-if-cached", mode: "same-origin" })).ok;
  return file;
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

// The models of a page, one after another; they come while the engine starts. list() -> the parts of each
// -> { need(name), holds(name), watch(tell), forget() }
function modelShelf(open, list, file) {
  const [coming, here, watchers] = [new Map(), new Set(), new Set()];
  const tell = (...how) => watchers.forEach((watcher) => watcher(...how));
  let line = Promise.resolve();
  async function fetchParts(name) {
    const { [name]: parts } = await list();
    if (!parts) throw new Error(`There is no model called ${name} beside this page.`);
    const size = parts.reduce((sum, [, characters]) => sum + characters, 0);
    let got = 0;
    const count = (more = 0) => tell(name, got += more, size);
    count();
    return Promise.all(parts.map(([part]) => file(part, count)));
  }
  async function come(name) {
    const turn = () => fetchParts(name);
    const parts = await (line = line.then(turn, turn));
    await (await open()).call("load", [name, parts]);
    here.add(name);
    tell(name);
  }
  return {
    need(name) {
      if (!coming.has(name)) coming.set(name, once(come(name), () => coming.delete(name)));
      return coming.get(name);
    },
    holds: (name) => here.has(name),
    watch(tell) {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    forget: () => [coming, here].forEach((all) => all.clear()),
  };
}

// What has failed is tried anew by the next call.
const once = (promise, forget) => promise.catch((error) => { forget(); throw error; });

function makeClient(file) {
  let [started, models] = [];
  const learnt = {};
  const client = {};
  const start = async () => {
    const { worker, ...parts } = await file("engine");
    const running = startWorker(worker);
    client.special = await running.call("start", [parts]);
    return running;
  };
  const open = () => (started ??= once(start(), () => { started = undefined; }));
  const list = () => (models ??= once(file("models"), () => { models = undefined; }));
  const { forget, ...shelf } = modelShelf(open, list, file);
  Object.assign(client, shelf, { open });
  client.near = async (names) => {
    const away = names.filter((name) => !client.holds(name));
    const parts = await list();
    return (await Promise.all(away.map((name) => file.isKept?.(parts[name].at(-1)[0])))).every(Boolean);
  };
  client.learn = (name) => (learnt[name] ??= once(
    Promise.resolve(name === "course" ? undefined : file(`vocabulary.${name}`)).then(async (json) =>
      (await open()).call("learn", [name, json])), () => { delete learnt[name]; }));
  // Gives back the worker with all that it keeps; the next call would start anew.
  client.close = () => {
    started?.then(({ end }) => end(), () => {});
    [started, models] = [];
    forget();
    Object.keys(learnt).forEach((name) => delete learnt[name]);
  };
  for (const method of TEXT_CALLS) client[method] = async (...args) => (await open()).call(method, args);
  for (const method of MODEL_CALLS) {
    client[method] = async (name, ...args) => {
      await client.need(name);
      return (await open()).call(method, [name, ...args]);
    };
  }
  return client;
}

export function openEngine(model) {
  if (model.send) return (model.bertgptEngine ??= makeClient(filesOf(model)));
  return (globalThis.bertgptEngine ??= makeClient(filesOf(model)));
}

// Make a function that never runs twice at once: of the calls that come meanwhile only the newest is kept.
// act(isNewest, ...args): isNewest() is false once another call has come, or drop() has given it up; then what was found
// must not be shown.
export function newest(act) {
  let [running, kept, turn] = [false, null, 0];
  async function run(...args) {
    kept = args;
    turn += 1;
    if (running) return;
    running = true;
    try {
      while (kept) {
        const [now, mine] = [kept, turn];
        kept = null;
        await act(() => mine === turn, ...now);
      }
    } finally {
      running = false;
    }
  }
  run.drop = () => { [kept, turn] = [null, turn + 1]; };
  return run;
}
