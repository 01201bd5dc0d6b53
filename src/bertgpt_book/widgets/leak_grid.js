// A grid of leakage: row t is an output, column s the token that changes, and a zero is exact.

import { h, leakShade, tokenGrid } from "./common.js";

export function leakGrid(tokens) {
  const count = h("p", { class: "status" });
  let leak;
  const name = (token) => `“${token}”`;
  const tell = (t, s) => `Change ${name(tokens[s])}, token ${s + 1}: the output at ${name(tokens[t])}, token ${t + 1}, `
    + (leak[t][s] === 0 ? "does not move." : `moves by ${Number(leak[t][s].toPrecision(2))}.`);
  const grid = tokenGrid({ tokens, label: "leak", rowTitle: "output", columnTitle: "change", tell });
  return {
    nodes: [grid.node, count, grid.readout],
    show(now) {
      leak = now;
      const largest = Math.max(...leak.flat());
      grid.draw((t, s) => ({ shade: leakShade(leak[t][s], largest), kinds: [leak[t][s] === 0 && "closed"],
        "data-moved": leak[t][s] }));
      const n = tokens.length;
      const moved = leak.flatMap((row, t) => row.slice(t + 1)).filter((value) => value !== 0).length;
      count.textContent = `Right of the diagonal, where a later token changes: ${moved} of ${(n * (n - 1)) / 2} move.`;
    },
  };
}
