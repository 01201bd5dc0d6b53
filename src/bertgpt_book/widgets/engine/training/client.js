// The page's face of the trainer. Nothing is fetched before the first run.

import { filesOf, makeSession } from "../client.js";

// -> { file(name), make(options), advance(), change(order), deal(options), practise(), end() }: what worker.js answers, a
// promise each. hasEnded: whether the worker is gone, with its run; make() and deal() start another.
export function openTrainer(model) {
  const file = filesOf(model);
  let session = makeSession(file, "trainer");
  let isClosed = false;
  const calls = (method) => async (...args) => {
    const call = await session.open();
    return call(method, args);
  };
  const first = (method) => {
    const call = calls(method);
    return (options) => {
      if (session.isOver && !isClosed) session = makeSession(file, "trainer");
      return call(options);
    };
  };
  return {
    file,
    get hasEnded() { return session.isOver; },
    make: first("make"),
    advance: calls("advance"),
    change: calls("change"),
    deal: first("deal"),
    practise: calls("practise"),
    end() {
      isClosed = true;
      session.end();
    },
  };
}
