// The sampling playground: next-token probabilities under temperature, top-k and top-p, and seeded draws from them.

import {
  barCell, change, checkbox, counted, follow, h, headRow, probability, range, root, select, tableRow,
  withdraw,
} from "./common.js";
import { readable } from "./live.js";
import { cost, liveWriter } from "./playground_live.js";
import { draw, normalised, nucleus, randomNumbers, softmax } from "./sampling.js";

// The shares of the listed tokens one by one, and of all others as one last share: before the cuts, and after.
export function shares(logits, rest, temperature, topK, topP) {
  const n = logits.length;
  if (temperature === 0) {
    const greedy = [1, ...logits.map(() => 0)];
    return [greedy, greedy];
  }
  const before = softmax([...logits.map((logit) => logit / temperature), rest[Math.round(10 * temperature) - 1]]);
  let kept = topK > 0 && topK <= n ? normalised(before.map((p, i) => (i < topK ? p : 0))) : before;
  if (topP < 1) {
    const listed = kept.slice(0, n);
    const reached = listed.reduce((sum, p) => sum + p, 0);
    kept = normalised([...nucleus(listed, topP), Math.max(0, Math.min(kept[n], topP - reached))]);
  }
  return [before, kept];
}

function seedField(model) {
  const field = h("input", { type: "number", name: "seed", min: 0, max: 4294967295, step: 1, onchange: () => {
    const seed = Math.min(Math.max(Math.round(Number(field.value) || 0), 0), 4294967295);
    field.value = seed;
    change(model, { seed });
  } });
  return { node: h("label", { class: "field" }, "Seed", field), show: (value) => { field.value = value; } };
}

// The text, and the settings of the draws; a slider shows its value in words.
function settings(model, rows, live) {
  const get = (name) => model.get(name);
  const controls = {
    text: select("Text", get("texts"), (text) => {
      change(model, { text, place: get("looks")[text].length - 1, draws: 0 });
      live.end();
    }),
    own: live.field,
    place: range("Place in the text", 1, 2, (place) => change(model, { place: place - 1, draws: 0 })),
    temperature: range("Temperature", 0, 2, (temperature) => change(model, { temperature }), 0.1),
    topK: range("Top-k", 1, rows + 1, (k) => change(model, { top_k: k > rows ? 0 : k })),
    topP: range("Top-p", 0.05, 1, (top_p) => change(model, { top_p }), 0.05),
    seed: seedField(model),
  };
  return {
    node: h("div", { class: "controls" }, ...Object.values(controls).map((control) => control.node)),
    show({ place, places, temperature, topK, topP }) {
      controls.text.show(get("text"));
      controls.place.node.control.max = places;
      controls.place.node.hidden = places < 2;
      controls.place.show(place + 1, `${place + 1} of ${places}`);
      controls.temperature.show(temperature, temperature === 0 ? "0, greedy" : temperature.toFixed(1));
      controls.topK.show(topK === 0 ? rows + 1 : topK, topK === 0 ? "all" : String(topK));
      controls.topP.show(topP, topP === 1 ? "1, all" : topP.toFixed(2));
      controls.seed.show(get("seed"));
    },
  };
}

const button = (text, act, kind = "") => h("button", { type: "button", class: kind, onclick: act }, text);

function drawButtons(model) {
  const add = (more) => change(model, { draws: Math.min(model.get("draws") + more, 10000) });
  const one = button("Draw", () => add(1));
  const again = button("Start again", () => change(model, { draws: 0 }));
  return {
    node: h("div", { class: "actions" }, one, button("Draw 100", () => add(100)), again),
    show({ n }) { withdraw(again, "disabled", !n, one); },
  };
}

// Append a drawn token and read on, or many; each with the next number of the seed.
function writeButtons(model, live) {
  const write = (n) => {
    change(model, { draws: 0 });
    return live.write(n);
  };
  const one = button("Append and go on", () => write(1), "main-action");
  const many = button("Write 20 tokens", () => (live.busy ? live.stop() : write(20)));
  const cache = checkbox("with a KV cache", (on) => { live.cached = on; });
  return {
    node: h("div", { class: "actions" }, one, many, cache.node),
    show() {
      many.textContent = live.busy ? "Stop" : "Write 20 tokens";
      cache.show(live.cached);
    },
  };
}

// The line from 0 to 1: a stretch for each token that can be drawn, and on it the last darts, the newest one drawn large.
function dartLine() {
  const stretches = h("div", { class: "stretches" });
  const darts = h("div", { class: "darts" });
  const node = h("div", { class: "dart-line", role: "img" }, darts, stretches);
  return {
    node,
    show({ names, kept, numbers, last }) {
      const open = kept.flatMap((p, i) => (p ? [[p, i]] : []));
      stretches.replaceChildren(...open.map(([p, i]) =>
        h("span", { class: i === last && "latest", style: `--share:${p}` }, p > 0.05 ? names[i] : "")));
      darts.replaceChildren(...numbers.slice(-100).map((number) => h("i", { style: `--at:${number}` })));
      const first = open.slice(0, 3).map(([p, i]) => `${names[i]} ${probability(p)}`);
      const fallen = numbers.length ? `; dart ${numbers.length} at ${numbers.at(-1).toFixed(3)}: ${names[last]}` : "";
      node.setAttribute("aria-label", `Probabilities end to end: ${first.join(", ")}${fallen}`);
    },
  };
}

// A row for each token, and a last one for all others: its share, and how often it was drawn.
function shareTable() {
  const body = h("tbody", {});
  const drawnHead = h("span");
  const table = h("table", { class: "shares next-tokens" },
    headRow("next token", null, "probability", drawnHead), body);
  return {
    node: h("div", { class: "scroll tall", tabindex: 0, role: "group", "aria-label": "next tokens" }, table),
    show({ names, before, kept, counts, n, last }) {
      const most = Math.max(...before, ...kept);
      drawnHead.textContent = n >= 100 ? "drawn (expected)" : "drawn";
      body.replaceChildren(...names.map((name, i) => {
        const cut = kept[i] === 0;
        const share = cut ? h("span", {}, "cut", h("span", { class: "unseen" }, `, was ${probability(before[i])}`))
          : probability(kept[i]);
        const expected = n >= 100 ? h("span", { class: "detail" }, ` (${(n * kept[i]).toFixed(1)})`) : "";
        return tableRow({ "data-row": i, "data-p": kept[i], "data-before": before[i], "data-drawn": counts[i],
          class: [cut ? "cut" : "", i === last ? "latest" : ""].join(" ").trim() },
        name, barCell((cut ? before[i] : kept[i]) / most), share, !n || cut ? "" : [`${counts[i]}`, expected]);
      }));
    },
  };
}

// All that is drawn of the choices made: shares before and after the cuts, and the draws.
function look(get, live) {
  const places = live ? [{ text: live.text, truth: "", ...live.look }] : get("looks")[get("text")];
  const place = Math.min(get("place"), places.length - 1);
  const { text, truth, tokens, logits, rest } = places[place];
  const [temperature, topK, topP, n] = [get("temperature"), get("top_k"), get("top_p"), get("draws")];
  const [before, kept] = shares(logits, rest, temperature, topK, topP);
  const numbers = randomNumbers(get("seed"), n);
  const drawn = numbers.map((u) => draw(kept, u));
  return {
    text, truth, place, places: places.length, temperature, topK, topP, n, before, kept,
    names: [...tokens, `${counted(get("others"))} others`], numbers, last: drawn.at(-1),
    counts: kept.map((_, i) => drawn.filter((row) => row === i).length),
  };
}

function sentence({ n, numbers, names, last, before, kept }) {
  if (n) return `Draw ${n}: the dart at ${numbers.at(-1).toFixed(4)} hits “${names[last]}”.`;
  const open = kept.slice(0, -1).filter((p) => p > 0).length;
  const others = kept.at(-1) === 0 ? "none" : kept.at(-1) < before.at(-1) ? "some" : "all";
  return `${open} of ${names.length - 1} tokens can be drawn, and ${others} of the others.`;
}

const written = ({ written: tokens, number }) =>
  `Token ${tokens.length}: the dart at ${number.toFixed(4)} hit “${readable(tokens.at(-1))}”.`;

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const top = get("looks")[0][0].tokens.length;
  // At temperature 1 a small model's text falls apart: the reader's own begins a little cooler.
  const opened = () => get("temperature") === 1 && change(model, { temperature: 0.6 });
  const live = liveWriter({ model, start: () => look(get).text, opened, redraw: () => show(), settings: () => ({
    top, temperature: get("temperature"), topK: get("top_k"), topP: get("top_p"), seed: get("seed"),
  }) });
  const controls = settings(model, top, live);
  const [buttons, line, table] = [drawButtons(model), dartLine(), shareTable()];
  const writing = writeButtons(model, live);
  const soFar = h("p", { class: "so-far", dir: "auto" });
  const status = h("p", { class: "status", role: "status" });
  const figure = root(el, get("label"), controls.node,
    h("div", { class: "main" }, soFar, line.node, buttons.node, status, writing.node, live.node, table.node));
  figure.dataset.model = "GPT";

  function show() {
    const { state } = live;
    const shown = look(get, state);
    Object.assign(figure.dataset, { draws: shown.n, written: state ? state.written.length : "" });
    for (const part of [controls, buttons, line, table, writing]) part.show(shown);
    soFar.replaceChildren(shown.text, h("span", { class: "new" }, ...(state?.written ?? [])), " ",
      h("b", { class: "gap" }, "▁"),
      ...(shown.truth ? [h("span", { class: "detail" }, ` in the text: ${shown.truth}`)] : []));
    const said = state?.written.length && !shown.n ? written(state) : sentence(shown);
    status.textContent = state ? `${said} ${cost(state.cost)}` : said;
  }

  return follow(model, ["text", "place", "temperature", "top_k", "top_p", "seed", "draws", "looks"], show);
}
