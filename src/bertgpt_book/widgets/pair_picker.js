// The pair picker: guess first, then see what the model, a count of shared words and the book say.

import { change, follow, h, mark, root, select, withdraw } from "./common.js";

export function verdicts({ follows, model, overlap, threshold }, first, second) {
  return { truth: follows[first] === second, BERT: model[first][second] > 0.5,
    overlap: overlap[first][second] > threshold };
}

export function score(state, guesses) {
  const right = { you: 0, BERT: 0, overlap: 0 };
  for (const [first, second, guess] of guesses) {
    const said = { ...verdicts(state, first, second), you: guess };
    for (const name of Object.keys(right)) right[name] += said[name] === said.truth ? 1 : 0;
  }
  return right;
}

const start = (text) => (text.length > 44 ? `${text.slice(0, 44).replace(/\s\S*$/, "")} …` : text);

function twoTexts(model) {
  const options = (name) => model.get(name).map((text, i) => `${i + 1}. ${start(text)}`);
  const sides = ["first", "second"].map((name) => ({
    name,
    picker: select(`The ${name} text`, options(`${name}s`), (value) => change(model, { [name]: value })),
    text: h("blockquote", { class: `span ${name}`, "data-span": name }),
  }));
  return {
    nodes: [h("div", { class: "pickers" }, ...sides.map(({ picker }) => picker.node)), ...sides.map(({ text }) => text)],
    show() {
      for (const { name, picker, text } of sides) {
        picker.show(model.get(name));
        text.textContent = model.get(`${name}s`)[model.get(name)];
      }
    },
  };
}

// The next pair of the deck that has not been guessed yet; behind the last one comes the first.
function nextPair(deck, first, second, guesses) {
  const place = deck.findIndex((pair) => pair[0] === first && pair[1] === second);
  const known = new Set(guesses.map((guess) => `${guess[0]} ${guess[1]}`));
  const order = deck.map((_, i) => deck[(place + 1 + i) % deck.length]);
  return order.find((pair) => !known.has(pair.join(" "))) ?? order[0];
}

// What the novel, the reader, BERT and the count say of a pair.
function verdictLines(state, first, second, guess) {
  const said = verdicts(state, first, second);
  const line = (name, says, detail, glyph) => h("p", { "data-who": name, "data-says": says ? "next" : "not",
    ...(glyph ? { "data-model": "BERT" } : {}), class: says === said.truth ? "correct" : "incorrect" },
  ...(glyph ? [mark("BERT")] : []), h("span", { class: "who" }, name),
  h("span", {}, says ? "it follows" : "it does not"),
  h("span", { class: "verdict" }, says === said.truth ? "✓ right" : "✗ wrong"), h("span", { class: "detail" }, detail));
  return [
    h("p", { class: "truth", "data-truth": said.truth ? "next" : "not" },
      said.truth ? "In the novel it follows." : "In the novel it does not follow."),
    line("you", guess, ""),
    line("BERT", said.BERT, `probability of “is next”: ${state.model[first][second].toFixed(2)}`, true),
    line("shared words", said.overlap,
      `overlap ${state.overlap[first][second].toFixed(3)}, “next” above ${state.threshold.toFixed(3)}`),
  ];
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const state = () => Object.fromEntries(["follows", "model", "overlap", "threshold"].map((name) => [name, get(name)]));
  const guessed = () => get("guesses").find(([first, second]) => first === get("first") && second === get("second"));
  const guess = (says) => { if (!guessed()) change(model, { guesses: [...get("guesses"), [get("first"), get("second"), says]] }); };
  const deal = ([first, second], guesses) => {
    change(model, { first, second, guesses });
    draw(); // an answer that is still shut takes no focus
    answers[0].focus({ preventScroll: true });
  };

  const texts = twoTexts(model);
  const question = h("p", { class: "heading" }, "Does the second text follow the first?");
  const answers = [["yes", true, "Yes, it follows"], ["no", false, "No, it does not"]].map(([value, says, text]) =>
    h("button", { type: "button", "data-guess": value, onclick: () => guess(says) }, text));
  const next = h("button", { type: "button", class: "main-action", onclick: () =>
    deal(nextPair(get("deck"), get("first"), get("second"), get("guesses")), get("guesses")) }, "Next pair");
  const again = h("button", { type: "button", onclick: () => deal(get("deck")[0], []) }, "Start over");
  const verdict = h("div", { class: "verdicts", role: "status", "aria-live": "polite" });
  const tally = h("p", { class: "result", role: "status" });
  const figure = root(el, get("label"), h("div", { class: "main" }, ...texts.nodes,
    question, h("div", { class: "actions" }, ...answers, next, again), verdict, tally));

  function draw() {
    const shown = guessed();
    texts.show();
    for (const button of answers) withdraw(button, "disabled", Boolean(shown), next);
    figure.dataset.guessed = Boolean(shown);
    verdict.replaceChildren(...(shown ? verdictLines(state(), ...shown) : []));
    const right = score(state(), get("guesses"));
    const n = get("guesses").length;
    tally.textContent = n ? `After ${n} ${n === 1 ? "pair" : "pairs"}: you ${right.you}, BERT ${right.BERT}, shared words ${right.overlap} right.`
      : "Guess, and the verdicts appear.";
    again.hidden = !n;
  }

  return follow(model, ["first", "second", "guesses"], draw);
}
