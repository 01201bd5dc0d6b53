// The mask-rate slider: a text, the tokens that are asked at this rate, and what the model answered.

const KINDS = { mask: "[MASK]", random: "random", kept: "kept" };

export function tally(rows) {
  const count = (kind) => rows.filter((row) => row[2] === kind).length;
  return { asked: rows.length, mask: count("mask"), random: count("random"), kept: count("kept"),
    right: rows.filter((row) => row[4]).length };
}

export function sentence({ asked, mask, random, kept, right }, tokens) {
  return `${asked} of ${tokens} tokens ${asked === 1 ? "is" : "are"} asked: ${mask} as [MASK], ${random} as a random token, `
    + `${kept} kept. The first guess is right for ${right}.`;
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const rates = get("rates");
  const controls = {
    text: select("Text", get("names"), (text) => change(model, { text })),
    rate: range("Mask rate in per cent", rates[0], rates.at(-1), (rate) => change(model, { rate }),
      rates.length > 1 ? rates[1] - rates[0] : 1),
    about: h("p", { class: "about" }, "Marked tokens are asked. Under each stands how it was hidden. "
      + "A higher rate hides what a lower one hides, and more."),
  };
  const status = h("p", { class: "status", role: "status" });
  const strip = h("p", { class: "strip masked-text" });
  const body = h("tbody", {});
  const head = (text) => h("th", { scope: "col" }, text);
  const table = h("table", { class: "answers" },
    h("thead", {}, h("tr", {}, head("hidden"), head("BERT sees"), head("BERT guesses"))), body);
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, controls.text.node, controls.rate.node, controls.about),
    h("div", { class: "main" }, status, strip, h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "answers" }, table)));
  figure.dataset.model = "BERT";

  function draw() {
    const [tokens, text, rate] = [get("tokens")[get("text")], get("text"), get("rate")];
    const rows = get("answers")[text][rates.indexOf(rate)];
    controls.text.show(text);
    controls.rate.show(rate);
    controls.text.node.hidden = get("names").length < 2;
    figure.dataset.rate = rate;
    status.textContent = sentence(tally(rows), tokens.length);

    const asked = new Map(rows.map((row) => [row[0], row]));
    strip.replaceChildren(...tokens.flatMap(([token, begins], place) => {
      const row = asked.get(place);
      const classes = ["token", begins ? "begins" : "goes-on", row && "asked", row?.[2]].filter(Boolean).join(" ");
      const node = h("span", { class: classes, "data-place": place, ...(row ? { "data-kind": row[2] } : {}) },
        h("span", { class: "piece" }, token),
        ...(row ? [h("span", { class: "kind" }, KINDS[row[2]])] : []));
      return begins ? [" ", node] : [node];
    }));
    body.replaceChildren(...rows.map(([place, saw, kind, guesses, right]) =>
      h("tr", { "data-place": place, "data-kind": kind, "data-right": right, class: right ? "correct" : "incorrect" },
        h("th", { scope: "row" }, tokens[place][0]),
        h("td", {}, saw, ...(kind === "mask" ? [] : [h("span", { class: "detail" }, ` ${kind}`)])),
        h("td", {}, h("span", { class: "verdict" }, right ? "✓" : "✗", h("span", { class: "unseen" }, right ? " right" : " wrong")),
          ...guesses.map(([token, p]) => h("span", { class: "answer" }, h("b", {}, token), ` ${p.toFixed(2)}`))))));
  }

  return follow(model, ["text", "rate", "answers"], draw);
}

export default { render };
