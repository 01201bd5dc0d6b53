// A mask to paint, for the first positions, and how it goes on from there.

import { fillCell, h, radios, tokenGrid } from "./common.js";
import { paintBrush } from "./mask_grid.js";

const CONTINUATIONS = { band: "along its diagonals", prefix: "down its columns, then causal" };

// state() -> { own: n rows of n numbers, how }; set({ own }) or set({ how }) changes it
export function maskPainter(n, state, set) {
  const brush = paintBrush(() => true, (t, s, value) => {
    const own = state().own.map((row) => [...row]);
    own[t][s] = value ?? 1 - own[t][s];
    set({ own });
    return own[t][s];
  });
  const readout = h("p", { class: "readout" });
  const tell = (t, s) => `Position ${t + 1} ${state().own[t][s] ? "may" : "may not"} attend to position ${s + 1}.`;
  const grid = tokenGrid({
    tokens: Array.from({ length: n }, (_, i) => String(i + 1)), label: "mask", rowTitle: "attends",
    columnTitle: "attended to", press: brush.press,
    look(t, s) {
      brush.pass(t, s);
      readout.textContent = tell(t, s);
    },
  });
  brush.hold(grid.table);
  grid.table.classList.add("drawing");
  const continuation = radios("From there it goes on", "how", Object.entries(CONTINUATIONS), (how) => set({ how }));
  return {
    node: h("div", { class: "painter" },
      h("p", { class: "about" }, `The mask of the first ${n} positions: click a cell or drag over many, or use the arrow keys `
        + "and Space. A row sees the filled columns."), grid.node, readout, continuation.node),
    show() {
      const { own, how } = state();
      continuation.show(how);
      grid.cells.forEach((row, t) => row.forEach((cell, s) => {
        fillCell(cell, own[t][s], !own[t][s] && "closed");
        cell.setAttribute("aria-label", tell(t, s));
        cell.setAttribute("aria-selected", Boolean(own[t][s]));
      }));
    },
  };
}
