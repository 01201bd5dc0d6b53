// A button that walks through the steps of a figure by itself.

import { h } from "./common.js";

// Nothing moves by itself where the reader asks for less motion: there each press is one step.
const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// verb: what the button says; n: how many steps there are; at() -> the step that is shown; go(step): show another.
// -> { node, stop }. From the last step it starts over; a press while it walks, or stop(), ends the walk.
export function player({ verb, n, at, go, pause = 900 }) {
  let timer = null;
  const node = h("button", { type: "button", class: "play", onclick: () => (timer === null ? start() : stop()) });

  function say(playing) {
    node.setAttribute("data-playing", playing);
    node.replaceChildren(h("span", { "aria-hidden": "true" }, playing ? "❚❚ " : "▶ "),
      playing ? "Pause" : stillness() ? `${verb}: one step` : verb);
    // A sentence takes longer to be read out than a step: only the last one is.
    for (const status of node.closest("figure")?.querySelectorAll("[role=status]") ?? []) {
      status.setAttribute("aria-live", playing ? "off" : "polite");
    }
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    say(false);
  }

  function onward() {
    if (!node.isConnected || at() >= n - 1) return stop();
    go(at() + 1);
    if (at() >= n - 1) return stop();
    timer = setTimeout(onward, pause);
  }

  function start() {
    if (stillness()) return go((at() + 1) % n);
    say(true);
    if (at() < n - 1) return onward();
    go(0);
    timer = setTimeout(onward, pause);
  }

  say(false);
  node.hidden = n < 2;
  return { node, stop };
}
