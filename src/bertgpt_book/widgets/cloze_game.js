// The cloze game: the reader guesses a word first, then both models' real probabilities appear.

import { barCell, change, follow, h, headRow, mark, percent, root, select, tableRow } from "./common.js";

const MODELS = ["BERT", "GPT"];
const SHOWN = 6;
const ROUNDS = {
  blank: { name: "Blank", title: "Round A: fill the blank", prompt: "Which word stands at the blank?",
    saw: { BERT: "saw both sides", GPT: "saw the left side only" } },
  end: { name: "End", title: "Round B: go on", prompt: "The text stops here. What is the next word?",
    saw: { BERT: "saw the text, then [MASK]", GPT: "saw the text" } },
};

// Capitals and outer spaces do not count.
const plain = (word) => word.trim().toLowerCase();
const same = (word, other) => plain(word) === plain(other);

// A word's first index in a model's list, [token, probability] each, the most probable first; -1 where it is not in it.
const placeOf = (answer, word) => answer.findIndex(([token]) => same(token, word));

// A model's answer: [token, p], the most probable first
const first = (answer) => answer[0][0];

// Right first guesses in each round, of the texts that have a guess.
export function score(puzzles, guesses) {
  const counts = Object.fromEntries(Object.keys(ROUNDS).map((kind) => [kind, { played: 0, reader: 0, BERT: 0, GPT: 0 }]));
  puzzles.forEach((puzzle, i) => {
    if (!guesses[i]) return;
    const row = counts[puzzle.round];
    row.played += 1;
    row.reader += same(guesses[i], puzzle.truth) ? 1 : 0;
    for (const name of MODELS) row[name] += same(first(puzzle.answers[name]), puzzle.truth) ? 1 : 0;
  });
  return counts;
}

// Which rows of a model's list to show: the first few, the reader's word and the true one.
function rowsOf(answer, ...words) {
  const farther = words.map((word) => placeOf(answer, word)).filter((place) => place >= SHOWN);
  const shown = answer.slice(0, SHOWN).map((_, i) => i);
  return [...shown, ...[...new Set(farther)].sort((a, b) => a - b)];
}

// One model's list: its first words, the reader's and the true one, each with a bar on the scale of both models.
function answerList(name, puzzle, guess) {
  const answer = puzzle.answers[name];
  const most = Math.max(...MODELS.map((other) => puzzle.answers[other][0][1]));
  const [yours, book] = [placeOf(answer, guess), placeOf(answer, puzzle.truth)];
  const rows = rowsOf(answer, guess, puzzle.truth).map((i) => {
    const [token, p] = answer[i];
    const notes = [i === yours && "you", i === book && "the story"].filter(Boolean).join(", ");
    return tableRow({ "data-rank": i + 1, "data-p": p, class: i === book ? "latest" : "" },
      [h("span", { class: "detail" }, `${i + 1} `), token,
        ...(notes ? [h("span", { class: "detail" }, ` ← ${notes}`)] : [])],
      barCell(p / most), percent(p));
  });
  const verdict = yours < 0 ? `Your word is not among its first ${answer.length}.`
    : `Your word is number ${yours + 1}, with ${percent(answer[yours][1])}.`;
  return h("section", { "data-model": name, class: same(first(answer), puzzle.truth) ? "correct" : "incorrect" },
    h("p", { class: "heading" }, mark(name), name, h("span", { class: "detail" }, ROUNDS[puzzle.round].saw[name])),
    h("table", { class: "shares words", "aria-label": `${name}'s words` }, h("tbody", {}, ...rows)),
    h("p", { class: "detail yours" }, verdict));
}

// The text with its gap, and the word that the reader gives: typed, or chosen.
function question() {
  const heading = h("p", { class: "heading" });
  const passage = h("p", { class: "span" });
  const prompt = h("span", {});
  const word = h("input", { type: "text", name: "word", maxlength: 40, autocomplete: "off", autocapitalize: "off",
    spellcheck: "false" });
  const offer = h("select", { name: "choice", onchange: () => { if (offer.value) word.value = offer.value; } });
  return {
    word,
    nodes: [heading, passage, h("label", { class: "field" }, prompt, word),
      h("label", { class: "field" }, "or choose one", offer)],
    show({ round, left, right, truth, choices }, guess) {
      heading.textContent = ROUNDS[round].title;
      prompt.textContent = ROUNDS[round].prompt;
      const gap = guess ? h("b", { class: "truth" }, truth)
        : h("b", { class: "gap" }, round === "blank" ? "_____" : "…");
      passage.replaceChildren(left, " ", gap, round === "blank" || guess ? right : "");
      word.value = guess;
      word.disabled = offer.disabled = Boolean(guess);
      offer.replaceChildren(h("option", { value: "" }, "–"),
        ...choices.map((choice) => h("option", { value: choice }, choice)));
      offer.value = choices.includes(guess) ? guess : "";
    },
  };
}

function pointsTable() {
  const body = h("tbody", {});
  const node = h("table", { class: "answers points" }, headRow("right first guesses", "you", "BERT", "GPT"), body);
  return {
    node,
    show(puzzles, guesses) {
      node.hidden = !guesses.some(Boolean);
      body.replaceChildren(...Object.entries(score(puzzles, guesses)).filter(([, row]) => row.played)
        .map(([name, row]) => tableRow({ "data-round": name }, `${ROUNDS[name].name}s, ${row.played} played`,
          ...["reader", ...MODELS].map((who) => h("td", { "data-who": who }, String(row[who]))))));
    },
  };
}

function verdict({ truth, answers }, guess) {
  const said = (name) => `${name} says “${first(answers[name])}”`;
  return `The text says “${truth}”. You said “${guess}”: ${same(guess, truth) ? "right" : "not this time"}. `
    + `${said("BERT")}, ${said("GPT")}.`;
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const count = { blank: 0, end: 0 };
  const names = get("puzzles").map(({ round }) => `${ROUNDS[round].name} ${(count[round] += 1)}`);
  const picker = select("Text", names, (place) => change(model, { place }));
  const form = question();
  const n = names.length;
  const move = (values) => {
    change(model, values);
    draw(); // what is still hidden takes no focus
    (next.hidden ? form.word : next).focus();
  };
  const submit = h("button", { type: "submit", class: "main-action" }, "Show the answers");
  const next = h("button", { type: "button", class: "main-action",
    onclick: () => move({ place: (get("place") + 1) % n }) }, "Next text");
  const again = h("button", { type: "button", onclick: () => move({ guesses: Array(n).fill(""), place: 0 }) }, "Start again");
  const status = h("p", { class: "status", role: "status" });
  const panels = h("div", { class: "panels" });
  const points = pointsTable();
  const figure = root(el, get("label"),
    h("div", { class: "controls across" }, picker.node),
    h("div", { class: "main" }, ...form.nodes, h("div", { class: "actions" }, submit, next, again), status, panels, points.node));

  figure.querySelector("form").addEventListener("submit", () => {
    const place = get("place");
    if (get("guesses")[place]) return;
    const guess = form.word.value.trim();
    if (!guess || /\s/.test(guess)) {
      status.textContent = guess ? "One word, please." : "Your guess first: type a word, or choose one.";
      form.word.focus();
      return;
    }
    change(model, { guesses: get("guesses").map((old, i) => (i === place ? guess : old)) });
    draw();
    (next.hidden ? again : next).focus();
  });

  function draw() {
    const place = Math.min(get("place"), n - 1);
    const [puzzle, guesses] = [get("puzzles")[place], get("guesses")];
    const guess = guesses[place];
    figure.dataset.round = puzzle.round;
    picker.show(place);
    form.show(puzzle, guess);
    panels.hidden = !guess;
    panels.replaceChildren(...(guess ? MODELS.map((name) => answerList(name, puzzle, guess)) : []));
    status.textContent = guess ? verdict(puzzle, guess) : "";
    points.show(get("puzzles"), guesses);
    submit.hidden = Boolean(guess);
    next.hidden = !guess || n < 2;
    again.hidden = !guesses.some(Boolean);
  }

  return follow(model, ["place", "guesses", "puzzles"], draw);
}
