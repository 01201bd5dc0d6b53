// A blank at the end of a text, with less or more of the text on its left: BERT's first guesses at each length.

import { barCell, change, chips, follow, h, headRow, mark, probability, range, root, tableRow } from "./common.js";

export function render({ model, el }) {
  const [tokens, answers, stops] = ["tokens", "answers", "stops"].map((name) => model.get(name));
  const slider = range("Tokens on the left", 1, answers.length, (length) => change(model, { length }));
  const jumps = chips("Go to", stops.map(String), (i) => change(model, { length: stops[i] }));
  const [away, seen, guess] = [h("span", { style: "color: var(--soft)" }),
    h("mark", { style: "background: var(--open); color: inherit" }), h("span", { role: "status" })];
  const body = h("tbody");
  root(el, model.get("label"), h("div", { class: "controls" }, slider.node, jumps.node), h("div", { class: "main" },
    h("p", { class: "heading" }, mark("BERT"), guess),
    h("table", { class: "shares words" }, headRow("most probable", null, "probability"), body),
    h("p", {}, away, seen, h("code", {}, "[MASK]"), " ", h("code", {}, "[SEP]")))).dataset.model = "BERT";

  return follow(model, ["length"], () => {
    const n = model.get("length");
    const top = answers[n - 1];
    slider.show(n);
    jumps.show(stops.indexOf(n));
    away.textContent = tokens.slice(0, -n).join("");
    seen.textContent = `${tokens.slice(-n).join("")} `;
    guess.textContent = `[SEP] at position ${n + 2}: “${top[0][0]}”`; // [CLS] and the blank stand before it
    body.replaceChildren(...top.map(([token, p]) => tableRow({ "data-p": p }, token, barCell(p), probability(p))));
  });
}
