// The test of the whole course, sat twice: a question at a time, and not a word of the answers before the end. Where some
// questions are marked `first`, these alone are asked before the course, and all of them after it.

import { h, prose, root } from "./common.js";
import { item, score } from "./quiz.js";
import { keep, kept, questionKey } from "./storage.js";

const RECORD = "course-test";
const SITTINGS = { before: "Before the course", after: "After it" };

// The questions of each sitting.
export function asked(questions) {
  const first = questions.filter((question) => question.first);
  return { before: first.length ? first : questions, after: questions };
}

// What the start says of a sitting, given its answers so far.
function standing(questions, answers) {
  if (!answers.length) return "not yet sat";
  const n = questions.length;
  return answers.length < n ? `${answers.length} of ${n} answered` : `${score(questions, answers)} of ${n} right`;
}

// What two finished sittings say together, of the questions asked in both; nothing before there are two.
function gain(questions, { before, after }) {
  const { before: both } = asked(questions);
  if (before.length < both.length || after.length < questions.length) return "";
  const again = both.map((question) => after[questions.indexOf(question)]);
  const more = score(both, again) - score(both, before);
  const won = both.filter((question, i) => again[i] === question.answer && before[i] !== question.answer).length;
  const of = both.length < questions.length ? `, of the ${both.length} asked both times` : "";
  return `${more > 0 ? `${more} more than before` : more ? `${-more} fewer than before` : "As many as before"}: ` +
    `${won} won, ${won - more} lost${of}.`;
}

function explanations(questions, answers) {
  return h("details", {}, h("summary", {}, "Show the answers and why"),
    h("ol", { class: "questions" }, ...questions.map((question, i) => {
      const right = answers[i] === question.answer;
      return h("li", {}, h("p", {}, ...prose(question.question)),
        h("p", { class: right ? "correct" : "incorrect" }, h("span", { class: "verdict" }, right ? "✓ Right: " : "✗ You said: "),
          ...prose(question.options[answers[i]])),
        ...(right ? [] : [h("p", {}, h("span", { class: "verdict" }, "The answer: "), ...prose(question.options[question.answer]))]),
        h("p", { class: "why" }, ...prose(question.explanation)));
    })));
}

// Both sittings as this browser keeps them, { before, after }, and save(sitting, answers). A record of other questions, or
// one that is spoilt, counts for nothing.
export function sittings(questions) {
  const key = questions.map(questionKey).join("\n\n");
  const stored = kept(RECORD, null);
  const isOurs = stored?.asked === key && Object.entries(asked(questions)).every(([name, sitting]) =>
    stored[name]?.every?.((given, i) => i < sitting.length && given in sitting[i].options));
  const record = isOurs ? stored : { asked: key, before: [], after: [] };
  const save = (sitting, answers) => {
    record[sitting] = answers;
    keep(RECORD, record);
  };
  return { record, save };
}

export function render({ model, el }) {
  const questions = model.get("questions");
  const parts = asked(questions);
  const { record, save } = sittings(questions);
  const body = h("div", { class: "main" });
  root(el, model.get("label"), body);

  // said: of what the reader has just done, which has the focus where no gain is told
  function start(said) {
    const row = ([sitting, name]) => {
      const answers = record[sitting];
      const n = parts[sitting].length;
      const word = !answers.length ? "Begin" : answers.length < n ? "Go on" : "Sit again";
      return h("section", { "aria-label": name, class: "sitting" },
        h("p", { class: "heading" }, name), h("p", { class: "status" }, standing(parts[sitting], answers)),
        h("button", { type: "button", class: "main-action", "aria-label": `${word}: ${name}`, onclick() {
          if (answers.length === n) {
            if (!confirm(`Delete the score of this sitting (${standing(parts[sitting], answers)}) and begin again?`)) return;
            save(sitting, []);
          }
          showQuestion(sitting);
        } }, word),
        ...(answers.length === n ? [explanations(parts[sitting], answers)] : []));
    };
    const result = h("p", { class: "result", role: "status", tabindex: -1 }, gain(questions, record) || said);
    body.replaceChildren(h("div", { class: "sittings" }, ...Object.entries(SITTINGS).map(row)),
      result, h("div", { class: "actions" }, h("button", { type: "button", onclick() {
        if (!confirm("Delete your answers and scores of both sittings?")) return;
        for (const sitting of Object.keys(SITTINGS)) save(sitting, []);
        start("Your answers are forgotten.");
      } }, "Forget my answers")));
    if (said) result.focus({ preventScroll: true });
  }

  function showQuestion(sitting) {
    const at = record[sitting].length;
    const n = parts[sitting].length;
    const end = () => start(`${SITTINGS[sitting]}: ${standing(parts[sitting], record[sitting])}.`);
    if (at === n) return end();
    const shown = item(parts[sitting][at], `${at + 1} of ${n}. `);
    const go = () => {
      if (shown.chosen() < 0) return shown.remind("Choose an answer first; “I don't know yet” is one.");
      save(sitting, [...record[sitting], shown.chosen()]);
      return showQuestion(sitting);
    };
    body.replaceChildren(h("ol", { class: "questions" }, shown.node), h("div", { class: "actions" },
      h("button", { type: "button", class: "main-action", onclick: go }, at + 1 < n ? "Next" : "Finish"),
      h("button", { type: "button", onclick: end }, "Stop for now")));
    shown.focus();
  }

  start("");
}
