// The mask-rate slider: a text, the tokens that are asked at this rate, and what the model answered. A click on a
// token hides it, or shows it again; then the engine answers.

import { change, follow, h, headRow, range, root, select, tableRow } from "./common.js";
import { newest } from "./engine/client.js";
import { ownText, port, readable, rovingFocus, sizeOf, withBlanks } from "./live.js";

const KINDS = { mask: "[MASK]", random: "random", kept: "kept" };
const GUESSES = 3;

function sentence(rows, tokens) {
  const count = (kind) => rows.filter((row) => row[2] === kind).length;
  return `${rows.length} of ${tokens} tokens ${rows.length === 1 ? "is" : "are"} asked: ${count("mask")} as [MASK], `
    + `${count("random")} as a random token, ${count("kept")} kept. `
    + `The first guess is right for ${rows.filter((row) => row[4]).length}.`;
}

// The tokens of a text as the strip shows them, [token, begins a word?].
const pieces = (tokens) => tokens.map((token, i) => [token.trim() || readable(token), i === 0 || /^\s/.test(token)]);

// The places of the word that a token belongs to; a sign is a word of its own.
function wordAt(tokens, place) {
  const goesOn = (i) => tokens[i] && !tokens[i][1] && tokens[i][0] !== "[MASK]" && /[\p{L}\p{N}]/u.test(tokens[i][0]);
  let [from, to] = [place, place + 1];
  while (goesOn(from)) from -= 1;
  while (goesOn(to)) to += 1;
  return Array.from({ length: to - from }, (_, i) => from + i);
}

// BERT's answers at the blanks, in one pass: the rows of mask_rate.py's `mask_and_predict`.
async function fill(engine, ids, blanks) {
  if (!blanks.length) return [];
  const { cls, sep, mask } = engine.special;
  const seen = ids.map((id, place) => (blanks.includes(place) ? mask : id));
  const { words } = await engine.run("littlebert", [cls, ...seen, sep], { rows: blanks.map((place) => place + 1), top: GUESSES });
  return blanks.map((place, i) => [place, "[MASK]", "mask",
    words[i].map(({ token, p }) => [readable(token), p]), words[i][0].id === ids[place]]);
}

// The reader's own text, { text, tokens, blanks, rows, answered }: cut where it is not cut yet, and answered. The rows are
// those of the blanks in `answered`; the reader may have chosen others meanwhile.
async function reread(engine, own) {
  const { ids, tokens } = await engine.encode(withBlanks(own.text));
  own.tokens ??= pieces(tokens);
  const { blanks } = own;
  own.rows = await fill(engine, ids, blanks);
  own.answered = blanks;
}

// A line of tokens that can be pressed; Tab reaches one of them, the arrow keys the others.
function tokenButtons(press) {
  let buttons = [];
  let drawn = null;
  const strip = h("div", { class: "strip masked-text", role: "toolbar", "aria-label": "tokens: press one to hide it" });
  const point = rovingFocus(strip, () => buttons);
  return {
    node: strip,
    show(tokens, kinds) {
      if (tokens !== drawn) {
        drawn = tokens;
        buttons = tokens.map(([token], place) => h("button", { type: "button", "data-place": place, onclick: () => press(place) },
          h("span", { class: "piece" }, token)));
        strip.replaceChildren(...tokens.flatMap(([, begins], place) => (begins ? [" ", buttons[place]] : [buttons[place]])));
        point(0);
      }
      buttons.forEach((button, place) => {
        const kind = kinds.get(place);
        button.className = ["token", tokens[place][1] ? "begins" : "goes-on", kind && "asked", kind].filter(Boolean).join(" ");
        button.setAttribute("aria-pressed", Boolean(kind));
        button.querySelector(".kind")?.remove();
        if (kind) button.append(h("span", { class: "kind" }, KINDS[kind]));
      });
    },
  };
}

function answerRow(tokens, [place, saw, kind, guesses, right]) {
  const kept = { "data-place": place, "data-kind": kind, "data-right": right, class: right ? "correct" : "incorrect" };
  const verdict = h("span", { class: "verdict" }, right ? "✓" : "✗",
    h("span", { class: "unseen" }, right ? " right" : " wrong"));
  return tableRow(kept, tokens[place][0], kind === "mask" ? saw : [saw, h("span", { class: "detail" }, ` ${kind}`)],
    [verdict, ...guesses.map(([token, p]) => h("span", { class: "answer" }, h("b", {}, token), ` ${p.toFixed(2)}`))]);
}

// What was hidden and what BERT guessed, in words and as a table.
function answerTable() {
  const status = h("p", { class: "status", role: "status" });
  const body = h("tbody", {});
  const table = h("table", { class: "answers" }, headRow("hidden", "BERT sees", "BERT guesses"), body);
  return {
    status,
    node: h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "answers" }, table),
    show(tokens, rows, waits) {
      body.classList.toggle("waits", waits);
      status.textContent = waits ? "BERT has not read this yet." : sentence(rows, tokens.length);
      body.replaceChildren(...rows.map((row) => answerRow(tokens, row)));
    },
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const [rates, tokens] = [get("rates"), get("tokens").map(pieces)];
  const door = port(model, ["littlebert"]);
  let mine = null; // the reader's own: { text, tokens, blanks, rows, answered }
  const stored = () => ({ text: get("texts")[get("text")], tokens: tokens[get("text")],
    rows: get("answers")[get("text")][rates.indexOf(get("rate"))] });
  const back = (values) => {
    mine = null;
    own.show("");
    change(model, values);
    draw();
  };
  const answer = newest(async () => {
    const now = mine;
    if (now) await door.run((engine) => reread(engine, now));
    draw();
  });
  const press = (place) => {
    if (mine && (!mine.tokens || mine.tokens[place][0] === "[MASK]")) return; // still the text before; a typed blank
    mine ??= { text: stored().text, tokens: stored().tokens, blanks: [], rows: [] };
    const [{ blanks }, word] = [mine, wordAt(mine.tokens, place)];
    const others = blanks.filter((blank) => !word.includes(blank));
    mine.blanks = blanks.includes(place) ? others : [...others, ...word].sort((a, b) => a - b);
    draw();
    answer();
  };
  const field = { label: "Or your own sentence", how: "_ is a blank, and is not asked", hint: "type here, then click a word" };
  const own = ownText(model, field, (text) => {
    mine = text.trim() ? { text, tokens: null, blanks: [], rows: [] } : null;
    answer();
  });
  const controls = {
    text: select("Text", get("names"), (text) => back({ text })),
    rate: range("Mask rate in per cent", rates[0], rates.at(-1), (rate) => back({ rate }), rates.length > 1 ? rates[1] - rates[0] : 1),
  };
  const about = h("p", { class: "about" }, `Click a word to hide it yourself; with the first click BERT comes to the page (${sizeOf("littlebert")}). `
      + "Or slide: a higher rate hides what a lower one hides, and more. Under a token stands how it was hidden.");
  const strip = tokenButtons(press);
  const answers = answerTable();
  const figure = root(el, get("label"),
    h("div", { class: "controls across" }, controls.text.node, controls.rate.node, own.node),
    h("div", { class: "main" }, answers.status, door.node, strip.node, answers.node, about));
  figure.dataset.model = "BERT";

  function draw() {
    const { tokens, rows, blanks, answered } = mine ?? stored();
    if (!tokens) return; // the reader's own text, not yet cut
    controls.text.show(get("text"));
    controls.rate.show(get("rate"));
    figure.dataset.rate = blanks ? "own" : get("rate");
    const asked = rows.filter(([place]) => !blanks || blanks.includes(place));
    strip.show(tokens, new Map(blanks ? blanks.map((place) => [place, "mask"]) : rows.map((row) => [row[0], row[2]])));
    answers.show(tokens, asked, blanks !== answered);
  }

  return follow(model, ["text", "rate", "answers"], draw);
}
