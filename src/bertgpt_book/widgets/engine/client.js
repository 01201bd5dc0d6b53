// The page's face of the engine: the calls that engine.js lists, and these. Nothing is fetched before the first call.
//
//   need(name)                          fetch a model and load it; models come one by one, as they were asked for
//   holds(name)                         whether it is loaded
//   watch((name, got, size) => ...)     while one comes: characters; a call without any: it is loaded
//   end()                               give back the worker
//
// All widgets of a page share one engine. Whatever fails says so in the message of its error, in plain words.

import { h } from "../common.js";

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

// A stream that counts what passes through it.
export const counting = (count) => new TransformStream({ transform(part, passed) {
  count(part.length);
  passed.enqueue(part);
} });

// From a server the same script is read as it comes. A part of a model is counted; its name changes with the weights,
// so whatever the browser kept of it is right.
async function fromServer(file, name, count) {
  const { body } = await fetch(file, { cache: count ? "force-cache" : "default" });
  const script = await new Response(count ? body.pipeThrough(counting(count)) : body).text();
  const head = `[${JSON.stringify(name)}] = `;
  return JSON.parse(script.slice(script.indexOf(head) + head.length, script.lastIndexOf(";")));
}

// Where the book's files lie.
export const engineFolder = () =>
  new URL(`${document.documentElement.dataset.content_root ?? "./"}_static/engine/`, document.baseURI);

// The book's files: file(name, count) -> what it holds
function pageFiles() {
  const folder = engineFolder();
  const read = folder.protocol === "file:" ? fromScript : fromServer;
  return async (name, count) => {
    // A network that wants a log-in first answers with a page of its own, which holds nothing.
    const content = await read(new URL(`${name}.js`, folder), name, count).catch(() => undefined);
    if (content === undefined) throw new Error(`The models could not be fetched (${name}.js). Are you online? Try again.`);
    return content;
  };
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

// -> { call(method, args): a promise of the result, end() }; onEnd() is called when it has ended, also by a fault
function startWorker(code, onEnd) {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(address);
  const waiting = new Map();
  let [calls, ended] = [0, null];
  function end(reason = "its widget was closed") {
    if (ended) return;
    ended = new Error(`The engine stopped: ${reason}`);
    worker.terminate();
    URL.revokeObjectURL(address);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    onEnd();
  }
  worker.onmessage = ({ data: { call, result, error } }) => {
    if (ended) return; // sent before it ended
    const { resolve, reject } = waiting.get(call);
    waiting.delete(call);
    if (error) reject(new Error(error));
    else resolve(result);
  };
  worker.onerror = (event) => end(event.message ?? "no reason given");
  return {
    end,
    call: (method, args) => new Promise((resolve, reject) => {
      if (ended) throw ended;
      waiting.set(calls += 1, { resolve, reject });
      worker.postMessage({ call: calls, method, args });
    }),
  };
}

// Remember what make(name) promises, for each name; what failed is tried again by the next call.
function once(make) {
  const promises = new Map();
  return (name) => {
    if (!promises.has(name)) {
      promises.set(name, make(name).catch((error) => {
        promises.delete(name);
        throw error;
      }));
    }
    return promises.get(name);
  };
}

// A worker that the first open() starts. name: the file that holds its code, and what it is started with
// -> { open() -> a promise of call(method, args), special: what its start gave, end(), isOver }
export function makeSession(file, name) {
  const session = { isOver: false, end };
  let worker = null;
  function end() {
    session.isOver = true;
    worker?.end();
  }
  session.open = once(async () => {
    const { worker: code, ...parts } = await file(name);
    if (session.isOver) throw new Error("The engine stopped: its widget was closed");
    worker = startWorker(code, end);
    try {
      session.special = await worker.call("start", [parts]);
    } catch (error) {
      end();
      throw error;
    }
    return worker.call;
  });
  return session;
}

// The models, one after another; they come while the engine starts -> { need(name), holds(name), watch(watcher) }
function modelShelf(open, file) {
  const [loaded, watchers] = [new Set(), new Set()];
  const tell = (...how) => watchers.forEach((watcher) => watcher(...how));
  const list = once(() => file("models")); // the parts of each
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
  return {
    need: once(async (name) => {
      const turn = () => fetchParts(name);
      const parts = await (line = line.then(turn, turn));
      const call = await open();
      await call("load", [name, parts]);
      loaded.add(name);
      tell(name);
    }),
    holds: (name) => loaded.has(name),
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

function makeClient(file) {
  const session = makeSession(file, "engine");
  const call = async (method, args) => (await session.open())(method, args);
  const client = Object.assign(session, modelShelf(session.open, file), {
    learn: once(async (name) => call("learn", [name, name === "course" ? undefined : await file(`vocabulary.${name}`)])),
  });
  for (const method of ["cut", "encode", "decode"]) client[method] = (...args) => call(method, args);
  for (const method of ["run", "next"]) {
    client[method] = async (name, ...args) => {
      await client.need(name);
      return call(method, [name, ...args]);
    };
  }
  return client;
}

// The engine of a page, or of a notebook's model; another one where it has ended.
export function openEngine(model) {
  const holder = model.send ? model : globalThis;
  if (holder.bertgptEngine?.isOver ?? true) holder.bertgptEngine = makeClient(filesOf(model));
  return holder.bertgptEngine;
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
