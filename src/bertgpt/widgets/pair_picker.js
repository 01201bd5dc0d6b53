// The pair picker: guess first, then see what the model, a count of shared words and the book say.

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

function render({ model, el }) {
  const get = (name) => model.get(name);
  const state = () => Object.fromEntries(["follows", "model", "overlap", "threshold"].map((name) => [name, get(name)]));
  const options = (name) => get(name).map((text, i) => `${i + 1}. ${start(text)}`);
  const guessed = () => get("guesses").find(([first, second]) => first === get("first") && second === get("second"));
  const guess = (says) => { if (!guessed()) change(model, { guesses: [...get("guesses"), [get("first"), get("second"), says]] }); };

  const pickers = ["first", "second"].map((name) =>
    select(`The ${name} text`, options(`${name}s`), (value) => change(model, { [name]: value })));
  const texts = ["first", "second"].map((name) => h("blockquote", { class: `span ${name}`, "data-span": name }));
  const question = h("p", { class: "heading" }, "Does the second text follow the first?");
  const answers = [["yes", true, "Yes, it follows"], ["no", false, "No, it does not"]].map(([value, says, text]) =>
    h("button", { type: "button", "data-guess": value, onclick: () => guess(says) }, text));
  const next = h("button", { type: "button", class: "main-action", onclick: deal }, "Next pair");
  const again = h("button", { type: "button", onclick: () => change(model, { guesses: [] }) }, "Start over");
  const verdict = h("div", { class: "verdicts", role: "status", "aria-live": "polite" });
  const tally = h("p", { class: "result", role: "status" });
  const figure = root(el, get("label"),
    h("div", { class: "main" }, h("div", { class: "pickers" }, ...pickers.map((picker) => picker.node)), ...texts,
      question, h("div", { class: "actions" }, ...answers, next, again), verdict, tally));

  // The next pair of the deck that has not been guessed yet; behind the last one comes the first.
  function deal() {
    const deck = get("deck");
    const here = deck.findIndex(([first, second]) => first === get("first") && second === get("second"));
    const known = new Set(get("guesses").map(([first, second]) => `${first} ${second}`));
    const order = deck.map((_, i) => deck[(here + 1 + i) % deck.length]);
    const [first, second] = order.find((pair) => !known.has(pair.join(" "))) ?? order[0];
    change(model, { first, second });
    answers[0].focus({ preventScroll: true });
  }

  const line = (name, says, right, detail, glyph) => h("p", { "data-who": name, "data-says": says ? "next" : "not",
    ...(glyph ? { "data-model": "BERT" } : {}), class: right ? "correct" : "incorrect" },
  ...(glyph ? [mark("BERT")] : []), h("span", { class: "who" }, name), h("span", {}, says ? "it follows" : "it does not"),
  h("span", { class: "verdict" }, right ? "✓ right" : "✗ wrong"), h("span", { class: "detail" }, detail));

  function draw() {
    const [first, second, shown] = [get("first"), get("second"), guessed()];
    pickers[0].show(first);
    pickers[1].show(second);
    texts[0].textContent = get("firsts")[first];
    texts[1].textContent = get("seconds")[second];
    answers.forEach((button) => { button.disabled = Boolean(shown); });
    figure.dataset.guessed = Boolean(shown);

    const said = verdicts(state(), first, second);
    verdict.replaceChildren(...(shown ? [
      h("p", { class: "truth", "data-truth": said.truth ? "next" : "not" },
        said.truth ? "In the novel it follows." : "In the novel it does not follow."),
      line("you", shown[2], shown[2] === said.truth, ""),
      line("BERT", said.BERT, said.BERT === said.truth, `probability of “is next”: ${get("model")[first][second].toFixed(2)}`, true),
      line("shared words", said.overlap, said.overlap === said.truth,
        `overlap ${get("overlap")[first][second].toFixed(3)}, “next” above ${get("threshold").toFixed(3)}`),
    ] : []));
    const right = score(state(), get("guesses"));
    const n = get("guesses").length;
    tally.textContent = n ? `After ${n} ${n === 1 ? "pair" : "pairs"}: you ${right.you}, BERT ${right.BERT}, shared words ${right.overlap} right.`
      : "Guess, and the verdicts appear.";
    again.hidden = !n;
  }

  return follow(model, ["first", "second", "guesses"], draw);
}

export default { render };
