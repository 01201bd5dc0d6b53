// The leak meter: change one token, see which outputs move. Square for BERT, triangle for GPT.

import {
  change, follow, h, leakShade, mark, moveInCell, radios, root, tokenGrid,
} from "./common.js";

// One model's grid, and what the token that changes moves in it. The others read other tokens, which have a number.
function leakPanel(get, name, choose, other = false) {
  const tokens = get("tokens").map((token, s) => (other ? `token ${s + 1}` : token));
  const leakage = () => get(other ? "others" : "leakage")[name];
  const verdict = h("p", { class: "status", role: "status" });
  const count = h("p", { class: "status" });
  const tell = (t, s) => {
    const leak = leakage()[t][s];
    const [output, input] = [tokens[t], tokens[s]];
    return leak === 0 ? `change “${input}”: the output at “${output}” does not move (0)`
      : `change “${input}”: the output at “${output}” moves by ${moveInCell(leak)}`;
  };
  const grid = tokenGrid({
    tokens: other ? tokens.map((_, s) => String(s + 1)) : tokens, label: `leakage of ${name}`, rowTitle: "output", columnTitle: "change",
    tell, press: (t, s) => choose(s),
  });
  const node = h("section", { "data-model": name, "aria-label": name },
    h("p", { class: "heading" }, mark(name), name), count, grid.node, verdict, grid.readout);

  function show() {
    const [token, leak] = [get("token"), leakage()];
    const [n, largest] = [tokens.length, Math.max(...leak.flat())];
    node.hidden = other ? get("beside") !== name : !["both", name].includes(get("show"));
    grid.draw((t, s) => ({ shade: leakShade(leak[t][s], largest), seen: s === token ? moveInCell(leak[t][s]) : "",
      kinds: [leak[t][s] === 0 && "closed", s === token ? "chosen" : "faded"],
      "data-moved": leak[t][s], "aria-selected": s === token }));
    grid.columns.forEach((head, s) => head.classList.toggle("chosen", s === token));
    const zeros = leak.flat().filter((value) => value === 0).length;
    count.textContent = `${zeros} of ${n * n} are exactly 0`;
    const still = tokens.filter((_, t) => leak[t][token] === 0);
    const moved = n - still.length;
    verdict.textContent = `Change “${tokens[token]}” and ${moved} of ${n} outputs ${moved === 1 ? "moves" : "move"}; `
      + (still.length ? `unmoved: ${still.map((word) => `“${word}”`).join(", ")}.` : "none stands still.");
  }

  return { node, show };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const [names, others] = ["leakage", "others"].map((part) => Object.keys(get(part)));
  const choose = (token) => change(model, { token });
  const controls = {
    token: radios("Change this token", "token", get("tokens").map((token, s) => [s, token]), choose),
    show: radios("Show", "show", [["both", "side by side"], ...names.map((name) => [name, mark(name), name])],
      (show) => change(model, { show })),
    beside: radios("Beside it", "beside", others.map((name) => [name, name]), (beside) => change(model, { beside })),
  };
  controls.show.node.hidden = names.length < 2;
  const panels = [
    ...names.map((name) => leakPanel(get, name, choose)), ...others.map((name) => leakPanel(get, name, choose, true)),
  ];
  const main = h("div", { class: "panels" }, ...panels.map((panel) => panel.node));
  const legend = h("p", { class: "status" },
    h("span", { class: "swatch shaded" }), " moves: the stronger, the farther (logarithmic) ",
    h("span", { class: "swatch closed" }, h("span", { class: "tile" })), " does not move: exactly 0");
  const menus = Object.values(controls).map((control) => control.node);
  root(el, get("label"), h("div", { class: "controls across" }, ...menus), main, legend);

  function draw() {
    controls.token.show(get("token"));
    controls.show.show(get("show"));
    controls.beside.show(get("beside"));
    for (const panel of panels) panel.show();
  }

  return follow(model, ["token", "show", "beside"], draw);
}
