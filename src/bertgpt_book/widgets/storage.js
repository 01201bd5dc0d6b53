// What a reader has answered, kept in this browser and sent nowhere. A page's answers are one record, under the
// page's name; where the browser keeps nothing for a page, they last as long as the visit.

// "…/03_masks.html" and "…/03_masks.ipynb" -> "03_masks"
export const pageOf = (path) => path.split("/").at(-1).replace(/\.\w+$/, "");

export function kept(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`bertgpt:${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`bertgpt:${name}`, JSON.stringify(value));
  } catch {
    // Denied or full: nothing is lost but the memory of it.
  }
}

// A question is known by its words and its options: another wording is another question.
export const questionKey = ({ question, options = [] }) => [question, ...options].join("\n");

export const recall = (key) => kept(pageOf(location.pathname), {})[key];

// Keep an answer (null forgets it), mark the question's element, and let the page know.
export function remember(element, key, answer) {
  const page = pageOf(location.pathname);
  const answers = kept(page, {});
  if (answer === null) delete answers[key];
  else answers[key] = answer;
  keep(page, answers);
  markQuestion(element, answer !== null);
}

// The page counts the elements that are marked as questions, and those among them that are answered.
export function markQuestion(element, answered) {
  element.dataset.question = answered ? "answered" : "open";
  element.dispatchEvent(new CustomEvent("bertgpt:answered", { bubbles: true }));
}
