// Theta, window and mask on one grid. The mask is that of the explorer; a score is an average of cosines.

import {
  change, counted, fixed, follow, h, mark, maskIcon, radios, range, root, tokenGrid, weightInCell,
} from "./common.js";
import { buildMask } from "./masks.js";

export const THETAS = [10, 100, 1_000, 10_000, 160_000, 1_000_000];
const N_TOKENS = 10;
export const D_HEAD = 32;

// The score of two equal vectors so far apart: each pair of numbers has turned by its own angle.
export function score(distance, theta) {
  const pairs = D_HEAD / 2;
  let sum = 0;
  for (let i = 0; i < pairs; i += 1) sum += Math.cos(distance * theta ** (-i / pairs));
  return sum / pairs;
}

// Which tokens know of token 0 after some layers: true where it has come.
export function reached(mask, layers) {
  let knows = mask.map((_, t) => t === 0);
  for (let layer = 0; layer < layers; layer += 1) {
    knows = mask.map((row, t) => knows[t] || row.some((may, s) => may && knows[s]));
  }
  return knows;
}

const MASKS = [["bidirectional", "BERT", "every token: ModernBERT"], ["causal", "GPT", "up to itself: Llama, Gemma 3"]];

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const set = (values) => change(model, values);
  const tokens = Array.from({ length: N_TOKENS }, (_, t) => String(t));
  const controls = {
    mask: radios("Mask", "mask", MASKS.map(([kind, , text]) => [kind, maskIcon(buildMask(kind, 4)), text]), (mask) => set({ mask })),
    window: range("Window: tokens on each side", 0, N_TOKENS - 1, (window) => set({ window })),
    layers: range("Layers", 1, N_TOKENS - 1, (layers) => set({ layers })),
    theta: range("Theta", 0, THETAS.length - 1, (theta) => set({ theta })),
  };
  const heading = h("p", { class: "heading" });
  const status = h("p", { class: "status", role: "status" });
  const turns = h("p", { class: "about" });
  const look = () => {
    const mask = buildMask("local", N_TOKENS, { window: get("window"), causalToo: get("mask") === "causal" });
    return { mask, theta: THETAS[get("theta")] };
  };
  const tell = (t, s) => {
    const { mask, theta } = look();
    return `${t} → ${s}: ${mask[t][s] ? `score ${fixed(score(t - s, theta), 3)}` : "may not attend"}`;
  };
  const grid = tokenGrid({
    tokens, label: "scores by position", rowTitle: "attends", columnTitle: "attended to", lastColumn: "knows 0", tell,
  });
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, ...Object.values(controls).map((control) => control.node), turns),
    h("div", { class: "main" }, heading, status, grid.node, grid.readout));

  function draw() {
    const { mask, theta } = look();
    const [window, layers] = [get("window"), get("layers")];
    const local = window < N_TOKENS - 1;
    const [, name] = MASKS.find(([kind]) => kind === get("mask"));
    controls.mask.show(get("mask"));
    controls.window.show(window, local ? String(window) : `${window}, the whole text`);
    controls.layers.show(layers);
    controls.theta.show(get("theta"), counted(theta));
    Object.assign(figure.dataset, { model: name, mask: get("mask") });
    heading.replaceChildren(mark(name), `${local ? "A local" : "A global"} layer of ${name === "BERT" ? "an encoder" : "a decoder"}`);
    grid.draw((t, s) => {
      const value = score(t - s, theta);
      return mask[t][s] ? { shade: Math.max(0, value), seen: weightInCell(value) } : { shade: 0, kinds: ["closed"] };
    });
    const knows = reached(mask, layers);
    grid.last.forEach((cell, t) => { cell.textContent = knows[t] ? "yes" : "no"; });
    const open = mask.flat().filter(Boolean).length;
    status.textContent = `${open} of ${N_TOKENS ** 2} pairs may attend. After ${layers} such ${layers === 1 ? "layer" : "layers"} `
      + (knows.at(-1) ? "every token knows of token 0." : `token 0 has come as far as token ${knows.lastIndexOf(true)}.`);
    const slowest = 2 * Math.PI * theta ** (1 - 2 / D_HEAD);
    turns.textContent = `The fastest of ${D_HEAD / 2} pairs turns round in 6.3 tokens, the slowest in ${counted(Math.round(slowest))}.`;
  }

  return follow(model, ["mask", "window", "layers", "theta"], draw);
}
