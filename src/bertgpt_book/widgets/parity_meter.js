// The parity meter: a bar for each layer on a logarithmic axis, and a line that says what still counts as equal.

import { change, follow, h, headRow, mark, modelOf, radios, root, scientific, tableRow } from "./common.js";

const LOW = 1e-8;
const HIGH = 1e3;

// Where a difference stands on the axis, from 0 to 1.
export function place(error) {
  const part = Math.log10(Math.max(error, LOW) / LOW) / Math.log10(HIGH / LOW);
  return Math.min(1, part);
}

// What the bars say, in words.
function verdict(errors, line) {
  const over = errors.map((error, row) => (error > line ? row : -1)).filter((row) => row >= 0);
  const name = (row) => (row ? `layer ${row}` : "the embeddings");
  if (!over.length) return `Equal to within ${scientific(line)} everywhere. Largest difference: ${scientific(Math.max(...errors))}.`;
  const rest = over.length === 1 ? "there only" : over.length === errors.length - over[0] ? "and in all that follows"
    : `and in ${over.length - 1} of the ${errors.length - over[0] - 1} rows that follow`;
  return `Above ${scientific(line)} in ${name(over[0])} first, ${rest}. Largest difference: ${scientific(Math.max(...errors))}.`;
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const picker = radios("Model", "model", get("models").map((name) => [name, mark(modelOf(name)), name]),
    (name) => change(model, { model: name }));
  const slot = h("div", {}); // the breaks of the model that is shown
  const status = h("p", { class: "status", role: "status" });
  const body = h("tbody", {});
  const ticks = [1e-6, 1e-4, 1e-2, 1].map((tick) =>
    h("span", { style: `--at:${place(tick)}` }, scientific(tick)));
  const table = h("table", { class: "shares parity" }, headRow("after", null, "difference"), body);
  table.querySelector("td").append(h("span", { class: "track ticks", "aria-hidden": "true" }, ...ticks));
  const about = h("p", { class: "about" });
  const text = h("p", { class: "written short" });
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, picker.node, slot), h("div", { class: "main" }, text, status, table, about));
  let listed = null;
  let choice = null;

  function draw() {
    const shown = get("model");
    const names = get("breaks")[shown];
    const index = Math.max(0, names.indexOf(get("broken")));
    const errors = get("errors")[shown][index];
    const line = get("line");
    if (listed !== shown) {
      choice = radios("What is broken", "broken", names.map((name) => [name, name]), (broken) => change(model, { broken }));
      slot.replaceChildren(choice.node);
      listed = shown;
    }
    figure.dataset.model = modelOf(shown);
    figure.dataset.broken = names[index];
    picker.show(shown);
    choice.show(names[index]);
    table.style.setProperty("--line-at", place(line));
    const [read, said] = [get("texts")[shown] ?? "", get("said")[shown]?.[index] ?? ""];
    text.hidden = !read && !said;
    text.replaceChildren(read, h("b", {}, said.replaceAll("\n", "↵")));
    status.textContent = verdict(errors, line);
    about.textContent = "The axis is logarithmic: the further right, the more times as large. "
      + `The dashed line is at ${scientific(line)}.`;
    body.replaceChildren(...errors.map((error, row) =>
      tableRow({ "data-row": row, "data-error": error, class: error > line ? "over" : "under" },
        row ? `layer ${row}` : "embeddings",
        h("td", { class: "share", "aria-hidden": "true" }, h("span", { class: "track" },
          h("span", { class: "bar", style: `--share:${place(error)}` }))),
        scientific(error))));
  }

  return follow(model, ["model", "broken", "line"], draw);
}
