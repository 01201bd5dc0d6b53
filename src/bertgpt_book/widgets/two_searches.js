// Two searches: the three passages that a count of shared words finds for a question, beside those of MiniLM's vectors.

import { change, follow, h, root, select } from "./common.js";

const WORD = /([\p{L}\p{N}_]+(?:'[\p{L}\p{N}_]+)?)/u;
const PLACES = ["first", "second", "third"];

// At odd places a text's words, between them what is no word.
const pieces = (text) => text.split(WORD);
const words = (text) => pieces(text.toLowerCase()).filter((_, i) => i % 2);

// TF-IDF: texts -> a function from a question to the cosine with each of them.
export function tfidf(texts) {
  const held = new Map();
  for (const text of texts) for (const word of new Set(words(text))) held.set(word, (held.get(word) ?? 0) + 1);
  const vector = (text) => {
    const weights = new Map();
    for (const word of words(text).filter((each) => held.has(each))) weights.set(word, (weights.get(word) ?? 0) + 1);
    for (const [word, n] of weights) weights.set(word, (1 + Math.log(n)) * (1 + Math.log((1 + texts.length) / (1 + held.get(word)))));
    const length = Math.hypot(...weights.values()) || 1;
    return new Map([...weights].map(([word, weight]) => [word, weight / length]));
  };
  const vectors = texts.map(vector);
  return (question) => {
    const asked = [...vector(question)];
    return vectors.map((of) => asked.reduce((sum, [word, weight]) => sum + weight * (of.get(word) ?? 0), 0));
  };
}

export function render({ model, el }) {
  const [passages, questions, common] = [model.get("passages"), model.get("questions"), new Set(model.get("common"))];
  const search = tfidf(passages);
  const content = (text) => new Set(words(text).filter((word) => !common.has(word)));
  const choice = select("A question about this course", [...questions.map(([question]) => question), "(your own)"],
    (i) => change(model, { question: questions[i]?.[0] ?? "" }));
  const own = h("input", { type: "text", maxlength: 200, autocomplete: "off", oninput: () => change(model, { question: own.value }),
    onchange: () => change(model, { asked: own.value }) });
  const [asks, status] = [h("p", { class: "heading" }), h("p", { class: "status", role: "status" })];
  const panels = h("div", { class: "panels" });
  const figure = root(el, model.get("label"), h("div", { class: "controls across" }, choice.node,
    h("label", { class: "field own" }, "Or type your own", own)), h("div", { class: "main" }, asks, status, panels));
  figure.classList.add("two-searches");

  // One search: what it found, the words shared with the question in bold, or why there is nothing.
  function panel(name, found, wanted, right, reason) {
    const item = (i) => {
      const [title, ...text] = passages[i].split(": ");
      return h("li", { class: right.includes(i) && "right", "data-passage": i },
        h("span", { class: "detail" }, title, right.includes(i) ? " ✓ answers it" : ""), h("br"),
        ...pieces(text.join(": ")).map((piece, n) => (n % 2 && wanted.has(piece.toLowerCase()) ? h("b", {}, piece) : piece)));
    };
    return h("section", { "data-search": name }, h("p", { class: "heading" }, name),
      found ? h("ol", {}, ...found.map(item)) : h("p", { class: "about" }, reason));
  }

  function draw() {
    const question = model.get("question");
    const at = questions.findIndex(([each]) => each === question);
    const [, right = [], recorded] = questions[at] ?? [];
    const [wanted, scores] = [content(question), search(question)];
    const counted = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]).filter((i) => scores[i]).slice(0, 3);
    const [asked, answer] = model.get("found");
    const known = recorded ?? (asked === question ? answer : undefined);
    const [vectors, reason] = Array.isArray(known) ? [known] : [null, known ?? (model.send
      ? "Press Enter, and MiniLM is asked. The first time it reads all passages, which takes about half a minute."
      : "For a question of your own MiniLM must read it, and this page does not hold MiniLM. In the notebook this cell asks it.")];
    asks.textContent = question;
    choice.show(at < 0 ? questions.length : at);
    if (at >= 0) own.value = "";
    else if (own.value !== question) own.value = question;
    const place = (found) => PLACES[found.findIndex((i) => right.includes(i))] ?? "not among its three";
    status.textContent = at < 0 ? "Your own question: you judge what answers it."
      : `The answer with TF-IDF: ${place(counted)}. With MiniLM: ${place(vectors)}.`;
    panels.replaceChildren(panel("TF-IDF counts shared words", counted.length ? counted : null, wanted, right, "No word of it stands in any passage."),
      panel("MiniLM compares vectors", vectors, wanted, right, reason));
  }

  return follow(model, ["question", "found"], draw);
}
