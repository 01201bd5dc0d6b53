// The quiz at the end of a chapter: native radios, one button, answers that explain themselves.

// `code` between backticks becomes a <code> element, filled as text.
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));
}

export function score(questions, answers) {
  return questions.filter((question, i) => answers[i] === question.answer).length;
}

function render({ model, el }) {
  const questions = () => model.get("questions");
  let items;
  const list = h("ol", { class: "questions" });
  const check = h("button", {
    type: "button", class: "main-action", onclick: () => change(model, { checked: true }),
  }, "Check answers");
  const again = h("button", {
    type: "button",
    onclick() {
      change(model, { answers: questions().map(() => -1), checked: false });
      items[0].inputs[0].focus();
    },
  }, "Try again");
  const result = h("p", { class: "result", role: "status", "aria-live": "polite" });
  root(el, model.get("label"), list, h("div", { class: "actions" }, check, again, result));

  function choose(i, option) {
    const answers = questions().map((_, at) => model.get("answers")[at] ?? -1);
    answers[i] = option;
    change(model, { answers, checked: false });
  }

  function build() {
    items = questions().map((question, i) => {
      const inputs = question.options.map((_, option) =>
        h("input", {
          type: "radio", name: `question-${i}`, value: option, onchange: () => choose(i, option),
        }));
      const verdicts = question.options.map(() => h("span", { class: "verdict" }));
      const labels = question.options.map((option, at) =>
        h("label", {}, inputs[at], h("span", {}, ...prose(option), verdicts[at])));
      const why = h("p", { class: "why" });
      const legend = h("legend", {}, `${i + 1}. `, ...prose(question.question));
      const node = h("li", {}, h("fieldset", {}, legend, ...labels, why));
      return { node, inputs, labels, verdicts, why };
    });
    list.replaceChildren(...items.map((item) => item.node));
  }

  function draw() {
    const [answers, checked] = [model.get("answers"), model.get("checked")];
    if (!items || items.length !== questions().length) build();
    items.forEach(({ inputs, labels, verdicts, why }, i) => {
      const { answer, explanation } = questions()[i];
      const given = answers[i] ?? -1;
      labels.forEach((label, option) => {
        const right = checked && option === answer;
        const wrong = checked && option === given && option !== answer;
        inputs[option].checked = option === given;
        label.classList.toggle("correct", right);
        label.classList.toggle("incorrect", wrong);
        verdicts[option].textContent = right ? (given === answer ? " ✓ right" : " ← the answer")
          : wrong ? " ✗ your answer" : "";
      });
      why.hidden = !checked;
      const said = Array.isArray(explanation) ? explanation[given] ?? explanation[answer] : explanation;
      why.replaceChildren(...prose(said));
    });
    again.hidden = !checked;
    const open = questions().filter((_, i) => (answers[i] ?? -1) < 0).length;
    result.textContent = !checked ? ""
      : `${score(questions(), answers)} of ${questions().length} right`
        + (open ? `, ${open} not answered.` : ".");
  }

  return follow(model, ["questions", "answers", "checked"], draw);
}

export default { render };
