// The quiz at the end of a chapter: native radios, one button, answers that explain themselves.

// `code` between backticks becomes a <code> element, filled as text.
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));
}

export function score(questions, answers) {
  return questions.filter((question, i) => answers[i] === question.answer).length;
}

// One question, its options, and the explanation that appears with the answer.
function item(question, i, choose) {
  const inputs = question.options.map((_, option) =>
    h("input", { type: "radio", name: `question-${i}`, value: option, onchange: () => choose(i, option) }));
  const verdicts = question.options.map(() => h("span", { class: "verdict" }));
  const labels = question.options.map((option, at) =>
    h("label", {}, inputs[at], h("span", {}, ...prose(option), verdicts[at])));
  const why = h("p", { class: "why" });
  const legend = h("legend", {}, `${i + 1}. `, ...prose(question.question));
  return {
    node: h("li", {}, h("fieldset", {}, legend, ...labels, why)),
    focus: () => inputs[0].focus(),
    show({ answer, explanation }, given, checked) {
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
    },
  };
}

function render({ model, el }) {
  const questions = () => model.get("questions");
  const given = (i) => model.get("answers")[i] ?? -1;
  let items;
  const list = h("ol", { class: "questions" });
  const check = h("button", {
    type: "button", class: "main-action", onclick: () => change(model, { checked: true }),
  }, "Check answers");
  const again = h("button", {
    type: "button",
    onclick() {
      change(model, { answers: questions().map(() => -1), checked: false });
      items[0].focus();
    },
  }, "Try again");
  const result = h("p", { class: "result", role: "status", "aria-live": "polite" });
  root(el, model.get("label"), list, h("div", { class: "actions" }, check, again, result));

  const choose = (i, option) =>
    change(model, { answers: questions().map((_, at) => (at === i ? option : given(at))), checked: false });

  function draw() {
    const checked = model.get("checked");
    if (items?.length !== questions().length) {
      items = questions().map((question, i) => item(question, i, choose));
      list.replaceChildren(...items.map(({ node }) => node));
    }
    items.forEach((each, i) => each.show(questions()[i], given(i), checked));
    again.hidden = !checked;
    const open = questions().filter((_, i) => given(i) < 0).length;
    result.textContent = !checked ? ""
      : `${score(questions(), model.get("answers"))} of ${questions().length} right`
        + (open ? `, ${open} not answered.` : ".");
  }

  return follow(model, ["questions", "answers", "checked"], draw);
}

export default { render };
