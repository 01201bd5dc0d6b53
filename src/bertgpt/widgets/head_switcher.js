// The head switcher: one text's hidden states, and one linear layer at a time that reads them.

export function poolRows(rows, reading) {
  if (reading === "first") return rows[0];
  if (reading === "last") return rows.at(-1);
  return rows[0].map((_, c) => rows.reduce((sum, row) => sum + row[c], 0) / rows.length);
}

export const best = (row) => row.indexOf(Math.max(...row));

const READINGS = [["first", "first token"], ["last", "last token"], ["mean", "average"]];

function render({ model, el }) {
  const get = (name) => model.get(name);
  const heads = get("heads");
  const models = Object.keys(get("looks"));
  const controls = {
    text: select("Text", get("texts"), (text) => change(model, { text })),
    model: radios("Hidden states of", "model", models.map((name) => [name, mark(name), name]),
      (name) => change(model, { model: name })),
    head: radios("Head", "head", heads.map(({ name }, i) => [String(i), name]),
      (i) => change(model, { head: Number(i) })),
    reading: radios("It reads", "reading", READINGS, (reading) => change(model, { reading })),
  };
  const status = h("p", { class: "status", role: "status" });
  const strip = h("div", { class: "strip slots", role: "list", "aria-label": "tokens" });
  const about = h("p", { class: "detail" });
  const body = h("tbody", {});
  const column = h("th", { scope: "col" });
  const value = h("th", { scope: "col" });
  const table = h("table", { class: "shares words" },
    h("thead", {}, h("tr", {}, column, h("th", { scope: "col", class: "share" }), value)), body);
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, ...Object.values(controls).map((control) => control.node)),
    h("div", { class: "main" }, status, strip, about, table));

  function rows(names, numbers, shares) {
    const first = best(numbers);
    body.replaceChildren(...names.map((name, i) => h("tr",
      { "data-value": numbers[i], ...(i === first ? { class: "latest" } : {}) },
      h("th", { scope: "row" }, name),
      h("td", {}, h("span", { class: "bar", style: `--share:${Math.max(shares[i], 0)}` })),
      h("td", {}, fixed(numbers[i], 2)))));
  }

  function show() {
    const { kind, name, names } = heads[get("head")];
    const look = get("looks")[get("model")][get("text")];
    const given = look.heads[get("head")];
    const [reading, D, n] = [get("reading"), get("width")[get("model")], look.tokens.length];
    const whole = kind === "classes" || kind === "scores";
    figure.dataset.model = get("model");
    figure.dataset.kind = kind;
    controls.text.show(get("text"));
    controls.model.show(get("model"));
    controls.head.show(String(get("head")));
    controls.reading.show(whole ? reading : null, () => whole);

    const isRead = (t) => !whole || reading === "mean" || t === (reading === "first" ? 0 : n - 1);
    const pair = kind === "classes" && names.length === 2;
    const under = (t) => {
      if (kind === "tags") return given[t] ? names[best(given[t])] : "";
      if (kind === "words") return given[t][0][0];
      if (kind !== "classes" || !isRead(t)) return "";
      const row = given[reading][t];
      return pair ? signed(row[1] - row[0], 1) : names[best(row)];
    };
    strip.replaceChildren(...look.tokens.map((token, t) => {
      const below = under(t);
      const marked = isRead(t) && (kind !== "tags" || (below && below !== "O"));
      return h("span", { class: `token ${marked ? "odd" : "even"}`, role: "listitem", "data-under": below },
        h("span", { class: "piece" }, token), ...(kind === "scores" ? [] : [h("span", { class: "id" }, below || "\u00a0")]));
    }));

    const what = reading === "mean" ? `the average of ${n} hidden states` : `the hidden state of the ${reading} token`;
    table.hidden = !whole;
    if (kind === "classes") {
      const p = softmax(poolRows(given[reading], reading));
      status.textContent = `${name}: one layer of ${D} × ${names.length} weights reads ${what}.`;
      about.textContent = pair
        ? `Under each token that is read: its own vote, ${names[1]} above zero, ${names[0]} below. The answer is their average.`
        : "Under each token that is read: the class it would vote for by itself. The answer is the average of the votes.";
      [column.textContent, value.textContent] = ["class", "probability"];
      rows(names, p, p);
    } else if (kind === "scores") {
      const scores = given[reading];
      status.textContent = `${name}: no weights of its own. It compares ${what} with one vector of ${D} numbers a candidate.`;
      about.textContent = "The cosine between the two: 1 is the same direction.";
      [column.textContent, value.textContent] = ["candidate answer", "cosine"];
      rows(names, scores, scores);
    } else if (kind === "tags") {
      const read = given.filter((row) => row);
      const found = read.filter((row) => names[best(row)] !== "O").length;
      status.textContent = `${name}: one layer of ${D} × ${names.length} weights reads one hidden state a word, each by itself; `
        + `${found} of ${read.length} belong to a name.`;
      about.textContent = `Under the ${get("pieces")[get("model")]} piece of each word stands its likeliest tag; O is no name.`;
    } else {
      const right = look.tokens.filter((token, t) => given[t][0][0] === look.tokens[t + (get("model") === "GPT" ? 1 : 0)]).length;
      status.textContent = get("model") === "GPT"
        ? `${name}: the head that GPT was trained with asks every state for the token that comes next. ${right} of ${n - 1} are right.`
        : `${name}: the head that BERT was trained with. No token is hidden here: ${right} of ${n} states name the token they stand at.`;
      about.textContent = "Under each token stands the likeliest token of the vocabulary.";
    }
  }

  return follow(model, ["text", "model", "head", "reading", "looks"], show);
}

export default { render };
