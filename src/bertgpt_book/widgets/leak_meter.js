// The leak meter: switch the mask, or change a token, and see which outputs move.

import { change, follow, h, leakShade, mark, moveInCell, percent, radios, root, tokenGrid } from "./common.js";

// One model: the line that makes its mask, what it says, and its grid.
function leakPanel(get, name, chooseWord, chooseToken) {
  const tokens = get("tokens");
  const word = () => get("words")[name];
  const leakage = () => get("leakage")[name][word()];
  const [says, verdict] = ["status says", "status"].map((kind) => h("p", { class: kind, role: "status" }));
  const count = h("p", { class: "status" });
  const [seen, rest] = get("asked")[name] ?? [];
  const ahead = h("span", {}, rest);
  const asked = h("p", { class: "asked", hidden: !seen }, seen, ahead);
  const tell = (t, s) => {
    const leak = leakage()[t][s];
    return `change “${tokens[s]}”: the output at “${tokens[t]}” `
      + (leak === 0 ? "does not move (0)" : `moves by ${moveInCell(leak)}`);
  };
  const grid = tokenGrid({
    tokens, label: `leakage of ${name}`, rowTitle: "output", columnTitle: "change",
    tell, press: (t, s) => chooseToken(s),
  });
  const buttons = ["bidirectional", "causal"].map((each) => h("button", { type: "button", class: "chip", "data-word": each,
    disabled: !(each in get("leakage")[name]), onclick: () => chooseWord(each) }, each));
  const line = h("div", { class: "chips", role: "group", "aria-label": `Switch ${name}'s mask` },
    h("span", { class: "field" }, "Switch the mask"), h("code", {}, "masks."), ...buttons, h("code", {}, "_mask()"));
  const node = h("section", { "data-model": name, "aria-label": name },
    h("p", { class: "heading" }, mark(name), name), line, asked, says, count, grid.node, verdict, grid.readout);

  function show() {
    const [token, leak] = [get("token"), leakage()];
    const [n, largest] = [tokens.length, Math.max(...leak.flat())];
    buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.word === word()));
    const said = get("says")[name]?.[word()];
    says.hidden = !said;
    ahead.className = word() === "causal" ? "covered" : "";
    if (said) says.replaceChildren("→ ", h("b", {}, said[0]), `, ${percent(said[1])}`);
    grid.draw((t, s) => ({ shade: leakShade(leak[t][s], largest), seen: s === token ? moveInCell(leak[t][s]) : "",
      kinds: [leak[t][s] === 0 && "closed", s === token ? "chosen" : "faded"],
      "data-moved": leak[t][s], "aria-selected": s === token }));
    grid.columns.forEach((head, s) => head.classList.toggle("chosen", s === token));
    const zeros = leak.flat().filter((value) => value === 0).length;
    count.textContent = `${zeros} of ${n * n} are exactly 0`;
    const still = tokens.filter((_, t) => leak[t][token] === 0);
    const moved = n - still.length;
    verdict.textContent = `Change “${tokens[token]}” and ${moved} of ${n} outputs ${moved === 1 ? "moves" : "move"}; `
      + (still.length ? `unmoved: ${still.map((each) => `“${each}”`).join(", ")}.` : "none stands still.");
  }

  return { node, show };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const chooseToken = (token) => change(model, { token });
  const token = radios("Change this token", "token", get("tokens").map((each, s) => [s, each]), chooseToken);
  const panels = Object.keys(get("leakage")).map((name) => leakPanel(get, name,
    (word) => change(model, { words: { ...get("words"), [name]: word } }), chooseToken));
  const main = h("div", { class: "panels" }, ...panels.map((panel) => panel.node));
  const legend = h("p", { class: "status" },
    h("span", { class: "swatch shaded" }), " moves: the darker, the farther ",
    h("span", { class: "swatch closed" }, h("span", { class: "tile" })), " does not move: exactly 0");
  root(el, get("label"), main, h("div", { class: "controls across" }, token.node), legend);

  function draw() {
    token.show(get("token"));
    for (const panel of panels) panel.show();
  }

  return follow(model, ["token", "words"], draw);
}
