// The page's face of the trainer. Nothing is fetched before the first run.

import { filesOf, startWorker } from "../client.js";

// -> { file(name), make(options), advance(), change(order), end() }: what worker.js answers, a promise each
export function openTrainer(model) {
  const file = filesOf(model);
  let started;
  async function start() {
    const { worker, ...parts } = await file("trainer");
    const running = startWorker(worker);
    await running.call("start", [parts]);
    return running;
  }
  const call = (method) => async (...args) => {
    started ??= start();
    try {
      return await (await started).call(method, args);
    } catch (error) {
      started = undefined; // the next call starts anew
      throw error;
    }
  };
  return {
    file, make: call("make"), advance: call("advance"), change: call("change"),
    end: () => started?.then(({ end }) => end(), () => {}),
  };
}
