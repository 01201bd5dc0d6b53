// The page's face of the trainer. Nothing is fetched before the first run.

import { filesOf, makeSession } from "../client.js";

const METHODS = ["make", "advance", "change", "deal", "practise"];

// -> { file(name), make(options), advance(), change(order), deal(options), practise(), end() }: what worker.js answers, a
// promise each. A worker that failed is gone, with its run; the next call starts another.
export function openTrainer(model) {
  const file = filesOf(model);
  let session = makeSession(file, "trainer");
  let isClosed = false;
  const calls = (method) => async (...args) => {
    if (session.isOver && !isClosed) session = makeSession(file, "trainer");
    const call = await session.open();
    return call(method, args);
  };
  return {
    file,
    ...Object.fromEntries(METHODS.map((method) => [method, calls(method)])),
    end() {
      isClosed = true;
      session.end();
    },
  };
}
