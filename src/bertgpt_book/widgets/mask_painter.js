// A mask to paint, for the first positions, and how it goes on from there.

import { h, tokenGrid } from "./common.js";
import { paintBrush } from "./mask_grid.js";

// own() -> n rows of n numbers; set({ own }) changes them
export function maskPainter(n, own, set) {
  const tell = (t, s) => `Position ${t + 1} ${own()[t][s] ? "may" : "may not"} attend to position ${s + 1}.`;
  const grid = tokenGrid({
    tokens: Array.from({ length: n }, (_, i) => String(i + 1)), label: "mask", rowTitle: "attends",
    columnTitle: "attended to", tell, brush: paintBrush(() => true, own, set),
  });
  grid.table.classList.add("drawing");
  return {
    node: h("div", { class: "painter" },
      h("p", { class: "about" }, `The mask of the first ${n} positions: click a cell or drag over many, or use the arrow keys `
        + "and Space. A row sees the filled columns. From there it goes on along its diagonals."), grid.node, grid.readout),
    show() {
      grid.draw((t, s) => {
        const may = own()[t][s];
        return { shade: may, kinds: [!may && "closed"], "aria-selected": Boolean(may) };
      });
    },
  };
}
