// The depth slider: one slider, and a table for each model with a row for each stack.

import { barCell, change, fixed, follow, h, headRow, mark, range, root, tableRow } from "./common.js";

export function render({ model, el }) {
  const stacks = model.get("stacks");
  const [[, first]] = Object.values(stacks)[0];
  const slider = range("Blocks passed", 0, first.length - 1, (depth) => change(model, { depth }));
  const panels = Object.entries(stacks).map(([name, of]) => {
    const body = h("tbody");
    return {
      node: h("section", { "aria-label": name, "data-model": name }, h("p", { class: "heading" }, mark(name), name),
        h("table", { class: "shares" }, headRow("blocks", null, "cosine", "size"), body)),
      show(depth) {
        body.replaceChildren(...of.map(([stack, rows]) => {
          const [cosine, size] = rows[depth];
          return tableRow({ "data-stack": stack }, stack, barCell(Math.max(0, cosine)), fixed(cosine, 2), fixed(size, 2));
        }));
      },
    };
  });
  const about = h("p", { class: "about" }, "Cosine: 0 where two tokens point in unrelated directions, 1 where all point "
    + "the same way. Size: the standard deviation of the numbers, 1 at the bottom.");
  root(el, model.get("label"), h("div", { class: "controls across" }, slider.node),
    h("div", { class: "main" }, h("div", { class: "panels" }, ...panels.map((panel) => panel.node)), about));

  return follow(model, ["depth"], () => {
    slider.show(model.get("depth"));
    for (const panel of panels) panel.show(model.get("depth"));
  });
}
