// The attention explorer: raw scores travel, the mask is laid over them here.

import {
  change, checkbox, follow, h, mark, maskIcon, radios, range, root, select, tokenGrid,
} from "./common.js";
import { aboutClosed, aboutSums, asNumbers, drawCells, ICONS, MASKS, paintBrush, sentence } from "./mask_grid.js";
import { livePasses } from "./mask_live.js";
import { buildMask, maskedSoftmax, OWN } from "./masks.js";

const chosenMask = (get) => buildMask(get("mask"), get("tokens").length, {
  padding: get("padding"), side: get("padding_side"), causalToo: get("causal_too"),
  prefix: get("prefix"), window: get("window"), own: get("own"),
});

// The masks on offer, and under them the settings of the one that is chosen.
// paint() -> what is set besides, where a mask is painted
function maskControls(get, set, paint) {
  const length = () => get("tokens").length;
  const masks = radios("Mask", "mask", Object.entries(MASKS).map(([kind, [name]]) =>
    [kind, maskIcon(buildMask(kind, 4, ICONS[kind])), name]),
  (mask) => set(mask === "own" ? paint() : { mask }));
  const padding = range("padding tokens", 0, length(), (value) => set({ padding: value }));
  const left = checkbox("pad on the left", (on) => set({ padding_side: on ? "left" : "right" }));
  const prefix = range("prefix length", 0, length(), (value) => set({ prefix: value }));
  const window = range("neighbours on each side", 0, length(), (value) => set({ window: value }));
  const causal = checkbox("and causal", (on) => set({ causal_too: on })); // stands in the settings of the mask that is chosen
  const start = (kind, text) =>
    h("button", { type: "button", onclick: () => set({ own: asNumbers(buildMask(kind, length())) }) }, text);
  const settings = {
    padding: h("div", { class: "sub" }, padding.node, left.node),
    prefix: h("div", { class: "sub" }, prefix.node),
    local: h("div", { class: "sub" }, window.node),
    own: h("div", { class: "sub starts" }, "start from", start("bidirectional", "all open"), start("causal", "causal")),
  };
  const about = h("p", { class: "about" });
  masks.node.append(...Object.values(settings), about);
  return {
    node: masks.node,
    show({ mask }) {
      masks.show(mask);
      for (const { node } of [padding, prefix, window]) node.control.max = length();
      padding.show(get("padding"));
      left.show(get("padding_side") === "left");
      prefix.show(get("prefix"));
      window.show(get("window"));
      causal.show(get("causal_too"));
      if (["padding", "local"].includes(mask) && causal.node.parentNode !== settings[mask]) settings[mask].append(causal.node);
      for (const [kind, box] of Object.entries(settings)) box.hidden = mask !== kind;
      about.textContent = MASKS[mask][1];
    },
  };
}

// Whose weights are shown: the model, its head, its layer. A model comes with its own mask, if that of a model was chosen;
// what was painted has no place in another text.
function placeControls(get, set) {
  const names = Object.keys(OWN);
  const numbered = (count) => Array.from({ length: count }, (_, i) => i + 1);
  const model = radios("Scores of", "model", names.map((name) => [name, mark(name), name]),
    (name) => set({ model: name, own: [], ...(Object.values(OWN).includes(get("mask")) ? { mask: OWN[name] } : {}) }));
  const head = select("Head", numbered(get("scores").BERT.length), (i) => set({ head: i }));
  const layer = select("Layer", numbered(1 + get("weights").BERT.causal.length), (i) => set({ layer: i + 1 }));
  return {
    nodes: [model.node, h("div", { class: "pickers" }, head.node, layer.node)],
    show({ name }) {
      model.show(name);
      head.show(get("head"));
      layer.show(get("layer") - 1);
    },
  };
}

// The grid of weights, and the sentence about the cell that is pointed at.
function weightGrid(get, set) {
  let shown = null; // while its weights come, a cell says nothing
  const grid = tokenGrid({
    tokens: get("tokens"), label: "attention weights", rowTitle: "attends", columnTitle: "attended to",
    lastColumn: "says", tell: (t, s) => shown && sentence(shown, t, s),
    brush: paintBrush(() => get("mask") === "own", () => chosenMask(get), set),
  });
  grid.table.classList.add("words");
  return {
    ...grid,
    show(now) {
      shown = now;
      if (shown) drawCells(grid, shown);
      else grid.readout.textContent = "";
    },
  };
}

// What is said above the grid, and below it where a row may attend nowhere.
function verdicts(get, set) {
  const title = h("p", { class: "heading" });
  const status = h("p", { class: "status about-sums", role: "status" });
  const text = h("p");
  const naive = checkbox("show what a naive softmax gives", (on) => set({ naive: on }));
  const nowhere = h("div", { class: "nowhere" }, text, naive.node);
  return {
    title,
    status,
    nowhere,
    head(name, mask) {
      const ofMask = ["padding", "local"].includes(mask) && get("causal_too") ? `${mask} and causal`
        : mask === "own" ? "your own" : mask;
      const owner = Object.keys(OWN).find((each) => OWN[each] === mask);
      title.replaceChildren(mark(owner), `${name}’s weights, ${owner ? `${owner}’s` : ofMask} mask`);
    },
    // layer: that of a mask for which there is no pass yet; none where the engine is at work
    lack(layer) {
      status.textContent = layer ? `Fetch the models to see this mask in layer ${layer}.` : "";
      nowhere.hidden = true;
    },
    show({ tokens, scores, weights, may, deeper, closed, naive: isNaive }) {
      // In stored passes a small weight may have been rounded away: the mask knows the true zeros.
      const zeros = weights.flat().filter((w, i) => (deeper ? !may.flat()[i] : w === 0)).length;
      status.textContent = `${zeros} of ${tokens.length ** 2} weights are exactly 0; ${aboutSums(closed, tokens.length, isNaive)}.`;
      naive.show(isNaive);
      naive.node.hidden = deeper || !scores; // there the engine's softmax is at work
      nowhere.hidden = !closed.length;
      text.textContent = closed.length ? aboutClosed(closed, isNaive) : "";
    },
  };
}

// All that is drawn of the choices made; nothing while a whole pass under this mask is not there.
function look(get, live) {
  const [tokens, name, mask, layer] = ["tokens", "model", "mask", "layer"].map(get);
  const heads = get("scores")[name];
  const head = Math.min(get("head"), heads.length - 1);
  const scores = live.isOwn() ? null : heads[head];
  const may = chosenMask(get);
  const deeper = layer > 1;
  const naive = scores && !deeper && get("naive");
  const pass = live.pass(name, may);
  const stored = deeper ? get("weights")[name][mask]?.[layer - 2][head]
    : scores && maskedSoftmax(scores, may, naive);
  const weights = (live.isOwn() ? null : stored) ?? pass?.attention[layer - 1][head];
  const open = buildMask("padding", tokens.length, { padding: get("padding"), side: get("padding_side") })[0];
  const closed = tokens.filter((_, t) => !may[t].some(Boolean)); // they may attend nowhere
  const words = pass?.words ?? (live.isOwn() ? [] : get("words")[name][mask] ?? []);
  return weights && {
    tokens, name, mask, scores, weights, may, deeper, closed, naive,
    words: naive && closed.length ? [] : words, // from NaN comes no word
    padded: open.map((isOpen) => mask === "padding" && !isOpen),
  };
}

export function render({ model, el }) {
  const live = livePasses(model, () => draw());
  const get = (name) => live.get(name) ?? model.get(name);
  const set = (values) => change(model, values);
  const side = h("div", { class: "controls" });
  const main = h("div", { class: "main" });
  const figure = root(el, get("label"), live.node, side, main);
  const words = verdicts(get, set);
  // A cell that is painted shows at once: without the models, in the first layer, whose scores are here.
  const paint = () => ({ own: asNumbers(chosenMask(get)), mask: "own", ...(live.fetched() ? {} : { layer: 1 }) });
  if (!model.send && location.search.startsWith("?paint")) set(paint()); // a card of the first page leads here (book_cards.py)
  const [masks, places] = [maskControls(get, set, paint), placeControls(get, set)];
  side.replaceChildren(masks.node, ...places.nodes);
  let grid, drawnFor;

  function draw() {
    if (get("tokens") !== drawnFor) { // a grid is built again for other tokens
      drawnFor = get("tokens");
      grid = weightGrid(get, set);
      main.replaceChildren(words.title, words.status, grid.node, grid.readout, words.nowhere);
    }
    // Controls and heading stand as they were chosen, whatever there is to show.
    const [name, mask] = [get("model"), get("mask")];
    Object.assign(figure.dataset, { model: name, mask });
    words.head(name, mask);
    for (const part of [masks, places]) part.show({ name, mask });
    const shown = look(get, live);
    grid.node.classList.toggle("waits", !shown);
    grid.show(shown);
    if (shown) words.show(shown);
    else words.lack(!live.fetched() && get("layer"));
  }

  return follow(model, ["mask", "model", "head", "layer", "padding", "padding_side", "causal_too", "prefix",
    "window", "own", "naive"], draw);
}
