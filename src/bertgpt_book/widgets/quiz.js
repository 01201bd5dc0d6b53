// The quiz at the end of a chapter: a question at a time, native radios, and an explanation behind each answer.

import { change, follow, h, prose, root } from "./common.js";
import { markQuestion, questionKey, recall, remember } from "./storage.js";

export function score(questions, answers) {
  return questions.filter((question, i) => answers[i] === question.answer).length;
}

// One question and its options; with an answer given they are closed, marked and explained. place: "1. ", before it
export function item(question, place) {
  const inputs = question.options.map((_, option) =>
    h("input", { type: "radio", name: place, value: option }));
  const marks = question.options.map(() => h("span", { class: "verdict" }));
  const labels = question.options.map((option, at) =>
    h("label", {}, inputs[at], h("span", {}, ...prose(option), marks[at])));
  const why = h("p", { class: "why", role: "status" });
  const legend = h("legend", {}, place, ...prose(question.question));
  const node = h("li", {}, h("fieldset", {}, legend, ...labels), why);
  return {
    node,
    chosen: () => inputs.findIndex((input) => input.checked),
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0]).focus({ preventScroll: true }),
    remind(words) { why.textContent = words; },
    clear() { for (const input of inputs) input.checked = false; },
    show(given, isCurrent) {
      const known = given >= 0;
      node.classList.toggle("away", !isCurrent);
      labels.forEach((label, option) => {
        const right = known && option === question.answer;
        const wrong = known && option === given && !right;
        if (known) inputs[option].checked = option === given;
        inputs[option].disabled = known;
        label.classList.toggle("correct", right);
        label.classList.toggle("incorrect", wrong);
        marks[option].textContent = right ? (given === option ? " ✓ right" : " ← the answer") : wrong ? " ✗ your answer" : "";
      });
      const [said, because] = known ? [given === question.answer ? "Right. " : "Not right. ", question.explanation] : ["", ""];
      why.replaceChildren(h("span", { class: "verdict" }, said), ...prose(because));
    },
  };
}

function steps(n, go) {
  const buttons = Array.from({ length: n }, (_, i) => h("button", { type: "button", onclick: () => go(i) }));
  return {
    node: h("div", { class: "actions steps", role: "group", "aria-label": "questions" }, ...buttons),
    show(place, questions, given) {
      buttons.forEach((button, i) => {
        const state = given(i) < 0 ? "" : given(i) === questions[i].answer ? "right" : "wrong";
        button.dataset.state = state;
        button.setAttribute("aria-current", i === place ? "step" : "false");
        button.setAttribute("aria-label", `${i + 1}${{ "": "", right: " ✓ right", wrong: " ✗ wrong" }[state]}`);
        button.textContent = `${i + 1}${{ "": "", right: " ✓", wrong: " ✗" }[state]}`;
      });
    },
  };
}

export function render({ model, el }) {
  const questions = model.get("questions");
  const n = questions.length;
  const given = (i) => model.get("answers")[i] ?? -1;
  const place = () => Math.min(model.get("place"), n - 1);
  const items = questions.map((question, i) => item(question, `${i + 1}. `));
  const go = (to) => {
    change(model, { place: to });
    draw();
    items[to].focus();
  };
  const check = h("button", { type: "button", class: "main-action", onclick() {
    const chosen = items[place()].chosen();
    if (chosen < 0) return items[place()].remind("Choose an answer first.");
    change(model, { answers: questions.map((_, i) => (i === place() ? chosen : given(i))) });
    draw();
    remember(items[place()].node, questionKey(questions[place()]), { given: chosen });
    (next.hidden ? again : next).focus({ preventScroll: true });
  } }, "Check");
  // The next question that has no answer yet; behind the last comes the first.
  const following = () => questions.map((_, i) => (place() + 1 + i) % n).find((i) => given(i) < 0);
  const next = h("button", { type: "button", class: "main-action", onclick: () => go(following()) }, "Next question");
  const again = h("button", { type: "button", onclick() {
    for (const each of items) each.clear();
    change(model, { answers: questions.map(() => -1) });
    questions.forEach((question, i) => remember(items[i].node, questionKey(question), null));
    go(0);
  } }, "Try again");
  const result = h("p", { class: "result", role: "status" });
  const overview = steps(n, go);
  root(el, model.get("label"), overview.node, h("ol", { class: "questions" }, ...items.map(({ node }) => node)),
    h("div", { class: "actions" }, check, next, again, result));

  function draw() {
    const done = questions.filter((_, i) => given(i) >= 0).length;
    items.forEach((each, i) => {
      each.show(given(i), i === place());
      markQuestion(each.node, given(i) >= 0);
    });
    overview.node.hidden = n < 2;
    overview.show(place(), questions, given);
    check.hidden = given(place()) >= 0;
    next.hidden = !check.hidden || done === n;
    again.hidden = !done;
    result.textContent = done ? `${score(questions, model.get("answers"))} of ${done} right${done < n ? ` so far, ${n - done} to go` : ""}.` : "";
  }

  const before = questions.map((question, i) => recall(questionKey(question))?.given ?? given(i));
  if (before.some((option, i) => option !== given(i))) change(model, { answers: before });
  return follow(model, ["answers", "place"], draw);
}
