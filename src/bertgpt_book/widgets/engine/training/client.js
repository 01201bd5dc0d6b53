// The page's face of the trainer. Nothing is fetched before the first run.

import { filesOf, makeSession } from "../client.js";

// -> { file(name), make(options), advance(), change(order), end() }: what worker.js answers, a promise each. hasEnded: whether
// the worker is gone, with its run; make() starts another.
export function openTrainer(model) {
  const file = filesOf(model);
  let session = makeSession(file, "trainer");
  let isClosed = false;
  const calls = (method) => async (...args) => {
    const call = await session.open();
    return call(method, args);
  };
  const make = calls("make");
  return {
    file,
    get hasEnded() { return session.isOver; },
    make(options) {
      if (session.isOver && !isClosed) session = makeSession(file, "trainer");
      return make(options);
    },
    advance: calls("advance"),
    change: calls("change"),
    end() {
      isClosed = true;
      session.end();
    },
  };
}
