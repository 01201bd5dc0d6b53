// Six hacks: one beginning, six ways to make BERT go on from it, and GPT, token by token under one judge.

// Put the first n steps together: what stands in each slot (null: a blank), and the measures of it.
export function replay(steps, n, blanks) {
  const slots = Array(blanks).fill(null);
  for (const { at, token } of steps.slice(0, n)) slots.splice(at, 1, token);
  const judged = n ? steps[n - 1].judged : null;
  if (judged === null) return { slots, mean: null, signs: null, repeats: null };
  const signs = slots.filter((token) => !/[\p{L}\p{N}]/u.test(token)).length;
  return { slots, mean: judged.reduce((sum, p) => sum + p, 0) / judged.length, signs: signs / slots.length,
    repeats: 1 - new Set(slots).size / slots.length };
}

const ABOUT = {
  "no mask": "The text as it is. BERT's head is read at the last token, and what it says is appended.",
  "[MASK] at the end": "A blank after the text. BERT fills it, and a new blank is put behind.",
  "[MASK] and a full stop": "A blank after the text, and a full stop behind the blank, so that the sentence has an end.",
  "all blanks at once": "Blanks and a full stop. One pass, and each blank is filled without knowing the others.",
  "left to right": "The same blanks, one pass for each: the leftmost blank is filled, and BERT reads again.",
  "Gibbs sampling": "The same blanks in random order; then each slot is blanked again and filled anew, sweep after sweep.",
  GPT: "No blank and no frame. GPT is asked what comes next, and what it says is appended.",
};

function render({ model, el }) {
  const get = (name) => model.get(name);
  const ways = get("ways");
  const last = ways.length - 1;
  const spoken = (tokens) => tokens.reduce((text, token) =>
    text + (/^…/.test(token) ? token.slice(1) : /^[\p{L}\p{N}]/u.test(token) ? ` ${token}` : token), "").trim();
  const stepsOf = (way) => get("traces")[get("prompt")][way][get("rule")];
  const shownStep = () => Math.min(get("step"), stepsOf(get("way")).length);

  const controls = {
    prompt: select("Beginning", get("prompts").map((tokens) => spoken(tokens)), (prompt) => change(model, { prompt })),
    way: radios("Way to go on", "way", ways.map(([name], i) => [String(i), mark(name === "GPT" ? "GPT" : "BERT"), name]),
      (way) => change(model, { way: Number(way), step: 1 })),
    rule: radios("Take", "rule", get("rules").map((name, i) => [String(i), name]),
      (rule) => change(model, { rule: Number(rule) })),
  };
  const step = range("Step", 0, 1, (n) => change(model, { step: n }));
  const button = (text, to) => h("button", { type: "button", onclick: () => change(model, { step: to() }) }, text);
  const next = button("Next token", () => shownStep() + 1);
  const end = button("To the end", () => stepsOf(get("way")).length);
  const heading = h("p", { class: "heading" });
  const about = h("p", { class: "about" });
  const strip = h("div", { class: "strip slots", role: "group", "aria-label": "text so far" });
  const status = h("p", { class: "status", role: "status" });
  const head = (text, wide) => h("th", { scope: "col", ...(wide ? { class: "share" } : {}) }, text);
  const words = h("tbody", {});
  const answers = h("table", { class: "shares words taken" },
    h("thead", {}, h("tr", {}, head("likeliest there"), head("", true), head("probability"))), words);
  const scores = h("tbody", {});
  const judged = h("table", { class: "shares scores" },
    h("thead", {}, h("tr", {}, head("what was written"), head("judge"), head("signs"), head("repeated"))), scores);
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, controls.prompt.node, controls.way.node, controls.rule.node),
    h("div", { class: "main" }, heading, about, strip, h("div", { class: "actions" }, next, end), step.node, status, answers,
      judged, h("p", { class: "about" }, "Judge: a trigram's mean log-probability of a token, in nats; nearer to 0 is less "
        + "surprising, not better. Signs: tokens with no letter in them. Repeated: tokens that were written before.")));

  const measure = (name, { mean, signs, repeats }, data) => h("tr", { "data-score": data, "data-mean": mean },
    h("th", { scope: "row" }, mark(name.startsWith("GPT") ? "GPT" : "BERT"), " ", name),
    ...[mean === null ? null : fixed(mean, 2), ...[signs, repeats].map((share) => share === null ? null : `${Math.round(100 * share)} %`)]
      .map((text) => h("td", {}, text ?? "–")));

  function show() {
    const way = get("way");
    const [name, behind, blanks] = ways[way];
    const steps = stepsOf(way);
    const n = shownStep();
    const { slots, ...measures } = replay(steps, n, blanks);
    const current = n ? steps[n - 1] : null;
    const isGPT = way === last;

    controls.prompt.show(get("prompt"));
    controls.prompt.node.hidden = get("prompts").length < 2;
    controls.way.show(String(way));
    controls.rule.show(String(get("rule")));
    step.node.querySelector("input").max = steps.length;
    step.show(n);
    step.node.querySelector(".value").textContent = `${n} of ${steps.length}`;
    step.node.querySelector("input").setAttribute("aria-valuetext", `${n} of ${steps.length}`);
    next.disabled = end.disabled = n === steps.length;
    Object.assign(figure.dataset, { model: isGPT ? "GPT" : "BERT", way: name, step: n });
    heading.replaceChildren(mark(isGPT ? "GPT" : "BERT"), name);
    about.textContent = ABOUT[name];

    const chip = (text, kind) => h("span", { class: `token ${kind}` }, h("span", { class: "piece" }, text));
    const frame = (text) => (isGPT ? [] : [chip(text, "special")]);
    const pieces = behind.startsWith("[MASK]") ? ["[MASK]", behind.slice(6)] : [behind];
    strip.replaceChildren(...frame("[CLS]"), ...get("prompts")[get("prompt")].map((token) => chip(token, "even")),
      ...slots.map((token, at) => token === null ? chip("[MASK]", "special")
        : chip(token, at === current?.at ? "odd latest" : "odd")),
      ...pieces.filter((text) => text).map((text) => chip(text, text === "[MASK]" ? "special" : "even")), ...frame("[SEP]"));

    answers.hidden = !current;
    status.textContent = current
      ? `Step ${n}: slot ${current.at + 1} becomes “${current.token}”, probability ${probability(current.p)}.`
      : "Nothing is written yet.";
    // A draw may come from beyond the likeliest few: then it has a row of its own.
    const { top = [], token: taken, p: chance } = current ?? {};
    const listed = current && top.every(([token]) => token !== taken) ? [...top, [taken, chance]] : top;
    const most = top[0]?.[1];
    words.replaceChildren(...listed.map(([token, p]) =>
      h("tr", { "data-p": p, class: token === taken ? "latest" : "" }, h("th", { scope: "row" }, token),
        h("td", {}, h("span", { class: "bar", style: `--share:${p / most}` })), h("td", {}, probability(p)))));
    const gpt = stepsOf(last);
    scores.replaceChildren(measure(isGPT ? "GPT, so far" : name, measures, "way"),
      ...(isGPT ? [] : [measure("GPT", replay(gpt, gpt.length, 0), "GPT")]));
  }

  return follow(model, ["prompt", "way", "rule", "step", "traces"], show);
}

export default { render };
