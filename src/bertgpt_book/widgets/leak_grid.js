// A grid of leakage: row t is an output, column s the token that changes, and a zero is exact.

import { fillCell, h, leakShade, tokenGrid } from "./common.js";

// How many outputs move when a later token changes
const countAhead = (leak) => leak.flatMap((row, t) => row.slice(t + 1)).filter((value) => value !== 0).length;

export function leakGrid(tokens) {
  const count = h("p", { class: "status" });
  const readout = h("p", { class: "readout" });
  let leak;
  const name = (token) => `“${token}”`;
  const tell = (t, s) => `Change ${name(tokens[s])}, token ${s + 1}: the output at ${name(tokens[t])}, token ${t + 1}, `
    + (leak[t][s] === 0 ? "does not move." : `moves by ${Number(leak[t][s].toPrecision(2))}.`);
  const grid = tokenGrid({
    tokens, label: "leak", rowTitle: "output", columnTitle: "change", press() {},
    look(t, s) { readout.textContent = tell(t, s); },
  });
  return {
    nodes: [grid.node, count, readout],
    show(now) {
      leak = now;
      const largest = Math.max(...leak.flat());
      grid.cells.forEach((cells, t) => cells.forEach((cell, s) => {
        fillCell(cell, leakShade(leak[t][s], largest), leak[t][s] === 0 && "closed");
        cell.dataset.moved = leak[t][s];
        cell.setAttribute("aria-label", tell(t, s));
      }));
      const n = tokens.length;
      count.textContent = `Right of the diagonal, where a later token changes: ${countAhead(leak)} of ${(n * (n - 1)) / 2} move.`;
      readout.textContent = "Choose a cell to read it.";
    },
  };
}
