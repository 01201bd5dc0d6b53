// The page's face of the real model. Nothing is fetched before open(); what has come is kept in the browser's own
// storage (Cache), so that a download that stopped goes on where it was, in this visit or another.

import { counting, engineFolder, filesOf, makeSession } from "../client.js";

const STORE = "bertgpt-real";

// Why the model cannot be had here, or "".
export function whyNot(model) {
  if (!model.send && location.protocol === "file:") {
    return "A page opened from a disk may not load it. Serve the book: in its folder run python -m http.server, and open "
      + "localhost:8000 in your browser.";
  }
  if (navigator.deviceMemory < 2) return "This device has too little memory for this model: it takes about 250 MB.";
  return "";
}

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

// A page that came over plain http from another machine may not compute a sha256; then the length has to do.
async function isWhole(bytes, part) {
  if (bytes.length !== part.bytes) return false;
  return !globalThis.crypto?.subtle || hex(await crypto.subtle.digest("SHA-256", bytes)) === part.sha256;
}

// The browser's storage for the parts, or null where it keeps nothing for this page.
const openStore = () => globalThis.caches?.open(STORE).catch(() => null);

async function fromNetwork(file, count, signal) {
  const response = await fetch(file, { cache: "no-store", signal });
  if (!response.ok) throw new Error(`The server answers ${response.status}.`);
  return new Uint8Array(await new Response(response.body.pipeThrough(counting(count))).arrayBuffer());
}

// Each browser has its own words for a network that is gone.
const inWords = (error) => (error instanceof TypeError ? new Error("The connection broke.") : error);

// Beside a page -> fetchPart(part, count, signal): a promise of its bytes
async function pageParts(parts) {
  const [folder, store] = [engineFolder(), await openStore()];
  const addresses = new Set(parts.map(({ name }) => new URL(name, folder).href));
  for (const old of (await store?.keys()) ?? []) if (!addresses.has(old.url)) await store.delete(old);
  return async (part, count, signal) => {
    const address = new URL(part.name, folder).href;
    const kept = await store?.match(address);
    if (kept) {
      const bytes = new Uint8Array(await kept.arrayBuffer());
      count(bytes.length);
      return bytes;
    }
    const bytes = await fromNetwork(address, count, signal);
    if (!await isWhole(bytes, part)) throw new Error(`${part.name} came damaged.`);
    await store?.put(address, new Response(bytes)).catch(() => null); // full: it is fetched again the next time
    return bytes;
  };
}

// -> { open(count), stop(), isOpen, fill, begin, next, decode: promises of what worker.js answers, end() }
export function realModel(model) {
  const file = filesOf(model);
  const session = makeSession(file, "real");
  const call = async (method, ...args) => (await session.open())(method, args);
  const arrived = new Set();
  let aborted;
  const real = { isOpen: false, end: session.end, stop: () => aborted?.abort() };
  // count(got, size): bytes
  real.open = async (count) => {
    await session.open();
    const { parts, vocabulary } = session.special;
    const all = [...parts, vocabulary];
    const size = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const fetchPart = model.send ? (part) => file(part.name) : await pageParts(all);
    aborted = new AbortController();
    let here = 0; // bytes
    for (const part of all) {
      aborted.signal.throwIfAborted();
      if (!arrived.has(part)) {
        let got = here;
        const bytes = await fetchPart(part, (more) => count(got += more, size), aborted.signal).catch((error) => {
          count(here, size); // half a part is lost
          throw aborted.signal.aborted ? aborted.signal.reason : inWords(error);
        });
        await (part === vocabulary ? call("open", bytes) : call("put", here, bytes));
        arrived.add(part);
      }
      count(here += part.bytes, size);
    }
    real.isOpen = true;
  };
  for (const method of ["fill", "begin", "next", "decode"]) real[method] = (...args) => call(method, ...args);
  return real;
}
