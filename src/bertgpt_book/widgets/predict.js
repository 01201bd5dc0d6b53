// A prediction: one closed question, answered before the page says what came out.

import { change, follow, h, prose, root, withdraw } from "./common.js";
import { markQuestion, questionKey, recall, remember } from "./storage.js";

const EDGE = 1e-9; // 0.67 - 0.66 is a little more than 0.01 in binary fractions; so in predict.py

function isRight({ options, right, tolerance }, given) {
  return options.length ? given === right : Math.abs(given - right) <= tolerance + EDGE;
}

// What is said of an answer; `given` is null where the reader asked to be shown.
export function verdictOf(question, given) {
  const name = (answer) => question.options[answer] ?? `${answer}${question.unit ? ` ${question.unit}` : ""}`;
  if (given === null) return `The answer: ${name(question.right)}.`;
  return `You said: ${name(given)}. ${isRight(question, given) ? "Right." : `The answer: ${name(question.right)}.`}`;
}

// The options as buttons: one press answers.
function optionButtons(options, choose) {
  const buttons = options.map((option, i) =>
    h("button", { type: "button", class: "option", onclick: () => choose(i) }, ...prose(option)));
  return {
    nodes: buttons,
    show(given, right, answered) {
      buttons.forEach((button, i) => {
        // The one that was pressed keeps the focus, so it stays alive.
        button.disabled = answered && i !== given;
        button.setAttribute("aria-pressed", i === given);
        button.classList.toggle("correct", answered && i === right);
        button.classList.toggle("incorrect", answered && i === given && i !== right);
      });
    },
  };
}

// A number, in a field with a button of its own; Enter does the same.
function numberField(unit, choose) {
  const field = h("input", { type: "number", step: "any", "aria-label": unit || "Your number" });
  const answer = () => {
    if (Number.isFinite(field.valueAsNumber)) choose(field.valueAsNumber);
    else field.focus();
  };
  field.addEventListener("keydown", (event) => event.key === "Enter" && answer());
  const button = h("button", { type: "button", onclick: answer }, "Answer");
  return {
    nodes: [field, h("span", {}, unit), button],
    show(given, right, answered) {
      if (answered) field.value = given ?? "";
      field.readOnly = answered;
      withdraw(button, "hidden", answered, field);
    },
  };
}

export function render({ model, el }) {
  const question = Object.fromEntries(
    ["question", "options", "right", "tolerance", "unit", "why"].map((name) => [name, model.get(name)]));
  const key = questionKey(question);
  const answered = () => model.get("shown") || model.get("given") !== null;
  const settle = (given, shown) => {
    if (given !== null && answered()) return;
    change(model, { given, shown });
    remember(figure, key, given === null && !shown ? null : { given });
  };
  const answers = question.options.length ? optionButtons(question.options, (i) => settle(i, false))
    : numberField(question.unit, (number) => settle(number, false));
  const show = h("button", { type: "button", class: "quiet", onclick: () => settle(null, true) }, `Open ${el.dataset.opens ?? "the answer"}`);
  const again = h("button", { type: "button", class: "quiet", onclick: () => settle(null, false) }, "Ask me again");
  const said = h("p", { role: "status" });
  const printed = h("p", { class: "printed" }, ...prose(`${verdictOf(question, null)} ${question.why}`));
  const figure = root(el, model.get("label"),
    h("fieldset", { class: "predict" }, h("legend", {}, h("b", {}, "Predict"), ...prose(question.question)),
      h("div", { class: "choices" }, ...answers.nodes)), said, printed, h("p", { class: "opens" }, show, again));

  const before = recall(key);
  if (before && !answered()) change(model, { given: before.given, shown: before.given === null });

  function draw() {
    const given = model.get("given");
    answers.show(given, question.right, answered());
    withdraw(again, "hidden", !answered(), answers.nodes[0]);
    withdraw(show, "hidden", answered(), again);
    said.className = given === null ? "said" : isRight(question, given) ? "said correct" : "said incorrect";
    said.replaceChildren(...(answered() ? [h("b", {}, ...prose(verdictOf(question, given))), " ", ...prose(question.why)] : []));
    markQuestion(figure, answered());
  }

  return follow(model, ["given", "shown"], draw);
}
