// A mask to paint, for the first positions, and how it goes on from there.

import { h, radios, tokenGrid } from "./common.js";
import { paintBrush } from "./mask_grid.js";

const CONTINUATIONS = { band: "along its diagonals", prefix: "down its columns, then causal" };

// state() -> { own: n rows of n numbers, how }; set({ own }) or set({ how }) changes it
export function maskPainter(n, state, set) {
  const tell = (t, s) => `Position ${t + 1} ${state().own[t][s] ? "may" : "may not"} attend to position ${s + 1}.`;
  const grid = tokenGrid({
    tokens: Array.from({ length: n }, (_, i) => String(i + 1)), label: "mask", rowTitle: "attends",
    columnTitle: "attended to", tell, brush: paintBrush(() => true, () => state().own, set),
  });
  grid.table.classList.add("drawing");
  const continuation = radios("From there it goes on", "how", Object.entries(CONTINUATIONS), (how) => set({ how }));
  return {
    node: h("div", { class: "painter" },
      h("p", { class: "about" }, `The mask of the first ${n} positions: click a cell or drag over many, or use the arrow keys `
        + "and Space. A row sees the filled columns."), grid.node, grid.readout, continuation.node),
    show() {
      const { own, how } = state();
      continuation.show(how);
      grid.draw((t, s) => ({ shade: own[t][s], kinds: [!own[t][s] && "closed"], "aria-selected": Boolean(own[t][s]) }));
    },
  };
}
