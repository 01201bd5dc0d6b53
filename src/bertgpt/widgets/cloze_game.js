// The cloze game: the reader guesses a word first, then both models' real probabilities appear.

const MODELS = ["BERT", "GPT"];
const SHOWN = 6;
const ROUNDS = {
  blank: { name: "Blank", title: "Round A: fill the blank", ask: "Which word stands at the blank?",
    saw: { BERT: "saw both sides", GPT: "saw the left side only" } },
  end: { name: "End", title: "Round B: go on", ask: "The text stops here. What is the next word?",
    saw: { BERT: "saw the text, then [MASK]", GPT: "saw the text" } },
};

const plain = (word) => word.trim().toLowerCase();

// Capitals and outer spaces do not count.
export function same(word, other) {
  return plain(word) === plain(other);
}

// A word's first place among tokens, likeliest first, or null.
export function placeOf(tokens, word) {
  const place = tokens.findIndex((token) => same(token, word));
  return place < 0 ? null : place;
}

// Right first guesses in each round, of the texts that have a guess.
export function score(puzzles, guesses) {
  const counts = Object.fromEntries(Object.keys(ROUNDS).map((kind) => [kind, { played: 0, reader: 0, BERT: 0, GPT: 0 }]));
  puzzles.forEach((puzzle, i) => {
    if (!guesses[i]) return;
    const row = counts[puzzle.round];
    row.played += 1;
    row.reader += same(guesses[i], puzzle.truth) ? 1 : 0;
    for (const name of MODELS) row[name] += same(puzzle.answers[name].tokens[0], puzzle.truth) ? 1 : 0;
  });
  return counts;
}

// Which rows of a model's list to show: the first few, the reader's word and the true one.
export function rowsOf({ tokens }, guess, truth) {
  const found = [placeOf(tokens, guess), placeOf(tokens, truth)].filter((place) => place !== null && place >= SHOWN);
  const first = tokens.slice(0, SHOWN).map((_, i) => i);
  return [...first, ...[...new Set(found)].sort((a, b) => a - b)];
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const go = (place) => change(model, { place });
  const count = { blank: 0, end: 0 };
  const names = get("puzzles").map(({ round }) => `${ROUNDS[round].name} ${(count[round] += 1)}`);
  const picker = select("Text", names, go);
  const heading = h("p", { class: "heading" });
  const passage = h("p", { class: "span" });
  const word = h("input", { type: "text", name: "word", maxlength: 40, autocomplete: "off", autocapitalize: "off",
    spellcheck: "false" });
  const ask = h("span", {});
  const field = h("label", { class: "field" }, ask, word);
  const offer = h("select", { name: "choice", onchange: () => { if (offer.value) word.value = offer.value; } });
  const submit = h("button", { type: "submit", class: "main-action" }, "Show the answers");
  const next = h("button", { type: "button", class: "main-action", onclick: () => {
    go((get("place") + 1) % names.length);
    moved = true;
  } }, "Next text");
  const again = h("button", { type: "button", onclick: () => {
    change(model, { guesses: names.map(() => ""), place: 0 });
    moved = true;
  } }, "Start again");
  const status = h("p", { class: "status", role: "status" });
  const panels = h("div", { class: "panels" });
  const tally = h("tbody", {});
  const head = (text) => h("th", { scope: "col" }, text);
  const points = h("table", { class: "answers points" },
    h("thead", {}, h("tr", {}, ...["right first guesses", "you", "BERT", "GPT"].map(head))), tally);
  const figure = root(el, get("label"),
    h("div", { class: "controls across" }, picker.node),
    h("div", { class: "main" }, heading, passage, field, h("label", { class: "field" }, "or choose one", offer),
      h("div", { class: "actions" }, submit, next, again), status, panels, points));
  let moved = false; // the focus follows the reader from a guess to the next text and back
  let played = false;

  figure.querySelector("form").addEventListener("submit", () => {
    const place = get("place");
    if (get("guesses")[place]) return;
    const guess = word.value.trim();
    if (!guess || /\s/.test(guess)) {
      status.textContent = guess ? "One word, please." : "Your guess first: type a word, or choose one.";
      word.focus();
      return;
    }
    played = true;
    change(model, { guesses: get("guesses").map((old, i) => (i === place ? guess : old)) });
  });

  function panel(name, puzzle, guess) {
    const answer = puzzle.answers[name];
    const most = Math.max(...MODELS.map((other) => puzzle.answers[other].p[0])); // one scale for both
    const right = same(answer.tokens[0], puzzle.truth);
    const place = placeOf(answer.tokens, guess);
    const yours = place === null ? `Your word is not among its first ${answer.tokens.length}.`
      : `Your word is number ${place + 1}, with ${percent(answer.p[place])}.`;
    const rows = rowsOf(answer, guess, puzzle.truth).map((i) => {
      const [you, book] = [i === place, i === placeOf(answer.tokens, puzzle.truth)];
      const notes = [you && "you", book && "the book"].filter(Boolean).join(", ");
      return h("tr", { "data-rank": i + 1, "data-p": answer.p[i], class: book ? "latest" : "" },
        h("th", { scope: "row" }, h("span", { class: "detail" }, `${i + 1} `), answer.tokens[i],
          ...(notes ? [h("span", { class: "detail" }, ` ← ${notes}`)] : [])),
        h("td", { class: "share" }, h("span", { class: "bar", style: `--share:${answer.p[i] / most}` })),
        h("td", {}, percent(answer.p[i])));
    });
    return h("section", { "data-model": name, class: right ? "correct" : "incorrect" },
      h("p", { class: "heading" }, mark(name), name, h("span", { class: "detail" }, ROUNDS[puzzle.round].saw[name])),
      h("table", { class: "shares words", "aria-label": `${name}'s words` }, h("tbody", {}, ...rows)),
      h("p", { class: "detail yours" }, yours));
  }

  function draw() {
    const place = Math.min(get("place"), names.length - 1);
    const [puzzle, guesses] = [get("puzzles")[place], get("guesses")];
    const guess = guesses[place];
    const done = Boolean(guess);
    const kind = ROUNDS[puzzle.round];
    figure.dataset.round = puzzle.round;
    picker.show(place);
    heading.textContent = kind.title;
    ask.textContent = kind.ask;
    const gap = done ? h("b", { class: "truth" }, puzzle.truth)
      : h("b", { class: "gap" }, puzzle.round === "blank" ? "_____" : "…");
    const behind = puzzle.round === "blank" || done ? puzzle.right : "";
    passage.replaceChildren(puzzle.left, " ", gap, behind);
    word.value = guess;
    word.disabled = offer.disabled = done;
    offer.replaceChildren(h("option", { value: "" }, "–"),
      ...puzzle.choices.map((choice) => h("option", { value: choice }, choice)));
    offer.value = puzzle.choices.includes(guess) ? guess : "";
    submit.hidden = done;
    next.hidden = !done || names.length < 2;
    again.hidden = !guesses.some(Boolean);
    panels.hidden = !done;
    panels.replaceChildren(...(done ? MODELS.map((name) => panel(name, puzzle, guess)) : []));
    const said = (name) => `${name} says “${puzzle.answers[name].tokens[0]}”`;
    status.textContent = done
      ? `The book says “${puzzle.truth}”. You said “${guess}”: ${same(guess, puzzle.truth) ? "right" : "not this time"}. `
        + `${said("BERT")}, ${said("GPT")}.`
      : "";
    points.hidden = !guesses.some(Boolean);
    tally.replaceChildren(...Object.entries(score(get("puzzles"), guesses)).filter(([, row]) => row.played)
      .map(([name, row]) => h("tr", { "data-round": name },
        h("th", { scope: "row" }, `${ROUNDS[name].name}s, ${row.played} played`),
        ...["reader", ...MODELS].map((who) => h("td", { "data-who": who }, String(row[who]))))));
    if (played) (next.hidden ? again : next).focus();
    if (moved) (done ? next : word).focus();
    played = moved = false;
  }

  return follow(model, ["place", "guesses", "puzzles"], draw);
}

export default { render };
