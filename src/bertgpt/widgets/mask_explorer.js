// The attention explorer: raw scores travel, the mask is laid over them here.

// scores, mask: T rows of S -> weights: T rows of S. A row that may attend nowhere gives zeros;
// naive, it gives what exp(-inf - -inf) gives: NaN.
export function maskedSoftmax(scores, mask, naive = false) {
  return scores.map((row, t) => {
    if (!mask[t].some(Boolean) && !naive) return row.map(() => 0);
    return softmax(row.map((score, s) => (mask[t][s] ? score : -Infinity)));
  });
}

// kind, T -> T rows of T booleans, true = may attend.
export function buildMask(kind, n, options = {}) {
  const { padding = 0, side = "right", causalToo = false, prefix = 0, own = [] } = options;
  const isPadding = (s) => (side === "left" ? s < padding : s >= n - padding);
  const may = {
    bidirectional: () => true,
    causal: (t, s) => s <= t,
    padding: (t, s) => !isPadding(s) && (!causalToo || s <= t),
    prefix: (t, s) => s <= t || s < prefix,
    own: (t, s) => Boolean(own[t]?.[s] ?? true),
  }[kind];
  return Array.from({ length: n }, (_, t) => Array.from({ length: n }, (_, s) => may(t, s)));
}

const MASKS = {
  bidirectional: ["bidirectional", "Every token may attend to every token. This is BERT’s mask."],
  causal: ["causal", "A token may attend to itself and to what came before it. This is GPT’s mask."],
  padding: ["padding", "Nobody may attend to a padding token: its whole column is closed."],
  prefix: ["prefix", "The first tokens are open to everyone, as in BERT; the rest is causal, as in GPT."],
  own: ["draw your own", "Click a cell, or reach the grid with Tab, move with the arrow keys and press "
    + "Space. Your drawing starts from the mask you had before."],
};
const ICONS = {
  padding: { padding: 1 }, prefix: { prefix: 2 },
  own: { own: [[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]] },
};
const DEEPER = "Layer 1 wrote what this layer reads, and it wrote under a mask. Under another mask these "
  + "scores would be other numbers, so they cannot be masked anew here: each mask shown is a whole "
  + "forward pass of its own.";

const list = (names) => names.map((name) => `“${name}”`).join(", ");

// closed: the tokens that may attend nowhere.
function aboutClosed(closed, naive) {
  const opening = `${list(closed)} may attend nowhere`;
  return naive
    ? `${opening}. The naive softmax divides 0 by 0 there: NaN, not a number, and everything computed `
      + "from it is NaN too, in this layer and in all above it."
    : `${opening}, so there is nothing to average: the weights are 0, their sum is 0, and their `
      + "weighted sum is a vector of zeros.";
}

function aboutSums(closed, naive) {
  if (!closed.length) return "every row sums to 1";
  const rows = closed.length === 1 ? "1 row sums" : `${closed.length} rows sum`;
  return `${rows} to ${naive ? "NaN" : "0"}, the others to 1`;
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const set = (values) => change(model, values);
  const names = () => Object.keys(get("scores"));
  const weightsBelow = (name) => get("weights")[name]?.[get("mask")]?.[get("layer") - 2]?.[get("head")];

  const headCount = () => get("scores")[names()[0]].length;
  const layerCount = () => 1 + Math.max(0, ...Object.values(get("weights")).flatMap((passes) =>
    Object.values(passes).map((pass) => pass.length)));

  const mask = () => buildMask(get("mask"), get("tokens").length, {
    padding: get("padding"), side: get("padding_side"), causalToo: get("padding_causal"),
    prefix: get("prefix"), own: get("own"),
  });
  const consistent = () => {
    const n = get("tokens").length;
    return names().every((name) => get("scores")[name].every((head) => head.length === n));
  };

  let place = null; // the cell pointed at: [t, s]
  let grid, controls, drawnFor;
  const status = h("p", { class: "status", role: "status" });
  const title = h("p", { class: "heading" });
  const readout = h("p", { class: "readout" });
  const emptyText = h("p");
  const naive = checkbox("show what a naive softmax gives", (on) => set({ naive: on }));
  const empty = h("div", { class: "nowhere" }, emptyText, naive.node);
  const side = h("div", { class: "controls" });
  const main = h("div", { class: "main" });
  const figure = root(el, get("label"), side, main);

  function toggle(t, s) {
    if (get("mask") !== "own") return;
    const own = mask().map((row) => row.map(Number));
    own[t][s] = 1 - own[t][s];
    set({ own });
  }

  function chooseMask(kind) {
    if (kind === "own") set({ own: mask().map((row) => row.map(Number)), mask: kind });
    else set({ mask: kind });
  }

  function chooseLayer(layer) {
    const kept = layer === 1 || ["bidirectional", "causal"].includes(get("mask"));
    set(kept ? { layer } : { layer, mask: "bidirectional" });
  }

  // Controls and grid are made anew only when the tokens or the models change.
  function build(n) {
    const [heads, layers] = [headCount(), layerCount()];
    const numbered = (count) => Array.from({ length: count }, (_, i) => i + 1);
    controls = {
      mask: radios("Mask", "mask", get("masks").map((kind) =>
        [kind, maskIcon(buildMask(kind, 4, ICONS[kind])), MASKS[kind][0]]), chooseMask),
      padding: range("padding tokens", 0, n, (padding) => set({ padding })),
      left: checkbox("pad on the left", (on) => set({ padding_side: on ? "left" : "right" })),
      causal: checkbox("and causal", (on) => set({ padding_causal: on })),
      prefix: range("prefix length", 0, n, (prefix) => set({ prefix })),
      model: radios("Scores of", "model", names().map((name) => [name, mark(name), name]),
        (name) => set({ model: name })),
      head: select("Head", numbered(heads), (i) => set({ head: i })),
      layer: select("Layer", numbered(layers).map((l) => (l === 1 ? "1 (any mask)" : l)),
        (i) => chooseLayer(i + 1)),
      about: h("p", { class: "about" }),
    };
    const { padding, left, causal, prefix } = controls;
    controls.paddingBox = h("div", { class: "sub" }, padding.node, left.node, causal.node);
    controls.prefixBox = h("div", { class: "sub" }, prefix.node);
    const start = (kind) => h("button", {
      type: "button", onclick: () => set({ own: buildMask(kind, n).map((row) => row.map(Number)) }),
    }, kind === "causal" ? "causal" : "all open");
    controls.ownBox = h("div", { class: "sub starts" }, "start from", start("bidirectional"), start("causal"));
    controls.model.node.hidden = names().length < 2;
    controls.mask.node.hidden = get("masks").length < 2;
    controls.head.node.hidden = heads < 2;
    controls.layer.node.hidden = layers < 2;
    controls.mask.node.append(
      controls.paddingBox, controls.prefixBox, controls.ownBox, controls.about);
    const pickers = h("div", { class: "pickers" }, controls.head.node, controls.layer.node);
    side.replaceChildren(controls.mask.node, controls.model.node, pickers);
    side.hidden = [controls.mask, controls.model, controls.head, controls.layer].every((c) => c.node.hidden);
    grid = tokenGrid({
      tokens: get("tokens"), label: "attention weights", rowTitle: "asks", columnTitle: "is asked",
      lastColumn: "sum", press: toggle,
      look(t, s) {
        place = [t, s];
        showPlace();
      },
    });
    main.replaceChildren(title, status, grid.node, readout, empty);
    place = null;
  }

  let sentence = () => "";
  function showPlace() {
    readout.textContent = place ? sentence(...place) : "Point at a cell to read it.";
    grid.cells.flat().forEach((cell) => cell.classList.remove("here"));
    if (place) grid.cells[place[0]][place[1]].classList.add("here");
  }

  function draw() {
    const tokens = get("tokens");
    const n = tokens.length;
    if (!consistent()) return; // tokens and scores arrive one after the other
    const content = JSON.stringify([tokens, get("masks"), names(), headCount(), layerCount()]);
    if (content !== drawnFor) build(n);
    drawnFor = content;

    const name = get("model");
    const may = mask();
    const deeper = get("layer") > 1;
    const heads = get("scores")[name];
    const scores = heads[Math.min(get("head"), heads.length - 1)];
    const weights = deeper ? weightsBelow(name) : maskedSoftmax(scores, may, get("naive"));
    if (!weights) return;

    figure.dataset.model = name;
    figure.dataset.mask = get("mask");
    controls.mask.show(get("mask"), (kind) => !deeper || kind in (get("weights")[name] ?? {}));
    controls.model.show(name);
    controls.head.show(get("head"));
    controls.layer.show(get("layer") - 1);
    controls.padding.show(get("padding"));
    controls.left.show(get("padding_side") === "left");
    controls.causal.show(get("padding_causal"));
    controls.prefix.show(get("prefix"));
    controls.paddingBox.hidden = get("mask") !== "padding";
    controls.prefixBox.hidden = get("mask") !== "prefix";
    controls.ownBox.hidden = get("mask") !== "own";
    controls.about.textContent = deeper ? DEEPER : MASKS[get("mask")][1];
    naive.show(get("naive"));

    const sums = weights.map((row) => row.reduce((sum, w) => sum + w, 0));
    const closed = tokens.filter((_, t) => !may[t].some(Boolean));
    // In stored passes a small weight may have been rounded away: the mask knows the true zeros.
    const zeros = weights.flat().filter((w, i) => (deeper ? !may.flat()[i] : w === 0)).length;

    sentence = (t, s) => {
      const score = deeper ? "" : `score ${fixed(scores[t][s], 2)}, `;
      const w = weights[t][s];
      const verdict = may[t][s] ? "may attend" : "may not attend";
      const weight = w === 0 && !may[t][s] ? "0" : fixed(w, 3);
      return `${tokens[t]} → ${tokens[s]}: ${score}${verdict}, weight ${weight}`;
    };
    grid.cells.forEach((row, t) => row.forEach((cell, s) => {
      const w = weights[t][s];
      const shade = Number.isNaN(w) ? 0 : Math.sqrt(w); // so that a weight of 1 in 12 is still seen
      fillCell(cell, shade, !may[t][s] && "closed", Number.isNaN(w) && "nan");
      cell.dataset.weight = w;
      cell.setAttribute("aria-label", sentence(t, s));
      cell.setAttribute("aria-selected", may[t][s]);
      cell.firstChild.firstChild.textContent = Number.isNaN(w) ? "NaN" : may[t][s] ? weightInCell(w) : "";
    }));
    grid.last.forEach((cell, t) => {
      cell.textContent = Number.isNaN(sums[t]) ? "NaN" : sums[t] ? fixed(sums[t], 2) : "0";
      cell.classList.toggle("odd", !(sums[t] > 0.5));
    });
    const padded = buildMask("padding", n, { padding: get("padding"), side: get("padding_side") })[0];
    [grid.columns, grid.rows].forEach((heads) => heads.forEach((head, i) =>
      head.classList.toggle("padded", get("mask") === "padding" && !padded[i])));
    grid.table.classList.toggle("drawing", get("mask") === "own");

    const [kind, isNaive] = [get("mask"), get("naive")];
    const ofMask = kind === "padding" && get("padding_causal") ? "padding and causal"
      : kind === "own" ? "your own" : kind;
    const shape = name === "scores" ? { bidirectional: "BERT", causal: "GPT" }[kind] : name;
    title.replaceChildren(mark(shape), `${name === "scores" ? "" : `${name} · `}${ofMask} mask`);
    status.textContent = `${zeros} of ${n * n} weights are exactly 0; ${aboutSums(closed, isNaive)}.`;
    empty.hidden = !closed.length;
    emptyText.textContent = closed.length ? aboutClosed(closed, isNaive) : "";
    showPlace();
  }

  return follow(model, ["tokens", "scores", "weights", "masks", "mask", "model", "head", "layer", "padding",
    "padding_side", "padding_causal", "prefix", "own", "naive"], draw);
}

export default { render };
