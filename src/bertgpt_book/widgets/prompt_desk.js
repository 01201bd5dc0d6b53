// The prompt desk: one prompt, GPT's text token by token, and what BERT can say to it.

import { change, follow, h, mark, probability, range, root, select } from "./common.js";
import { ownPrompt } from "./desk_live.js";

// What the first n tokens of a text cost in nats, all together and each.
export function costOf(p, n) {
  const nats = p.slice(0, n).reduce((sum, share) => sum - Math.log(Math.max(share, 1e-12)), 0);
  return { nats, each: nats / Math.max(n, 1) };
}

// Show white space that would not be seen.
export const visible = (token) => token.replaceAll("\n", "↵");

// What one model has to say: which text goes on, which words fill the blank, or why there is nothing.
function answerPanel(name) {
  const about = h("p", { class: "detail" });
  const list = h("ol", { class: "guesses" });
  const note = h("p", { class: "nowhere" });
  const heading = (answer) => (answer.asked === "next" ? "The most probable words to come next, of all 8,192:"
    : name === "GPT" ? "Which goes on, by likelihood with the prompt minus without it:"
    : answer.asked.includes("[MASK]") ? `At the blank of “${answer.asked}”:`
      : "Is it the next text? The next-sentence head, each by itself:");
  const row = (text, share, best) => h("li", { class: share === best && "latest", "data-share": share,
    style: `--share:${share}` }, h("span", {}, text), h("span", {}, probability(share)));
  const node = h("section", { "data-model": name, "aria-label": name },
    h("p", { class: "heading" }, mark(name), h("span", {}, name)), about, list, note);
  return {
    node,
    show({ [name]: answer, notes }) {
      about.hidden = list.hidden = !answer;
      note.hidden = !notes[name];
      node.hidden = !answer && !notes[name];
      note.textContent = notes[name] ?? "";
      if (!answer) return;
      about.textContent = heading(answer);
      const best = Math.max(...answer.shares);
      list.replaceChildren(...answer.names.map((text, i) => row(text, answer.shares[i], best)));
    },
  };
}

const tokenSpan = (token, p) => h("span", {
  class: `token even${token.startsWith(" ") ? " begins" : ""}`, "data-p": p },
h("span", { class: "piece" }, visible(token).trim() || "␣"), h("span", { class: "id" }, probability(p)));

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const own = ownPrompt(model, { top: 5, redraw: () => show() });
  const pickers = {
    place: select("Prompt", get("desk").map((entry) => entry.name), (place) => {
      own.end();
      change(model, { place, rule: 0 });
    }),
    rule: select("GPT's text", get("rules").map(([name]) => name), (rule) => change(model, { rule })),
    shown: range("Tokens shown", 0, 1, (shown) => change(model, { shown })),
  };
  const prompt = h("p", { class: "written first short", dir: "auto" });
  const status = h("p", { class: "status", role: "status" });
  const written = h("p", { class: "strip slots", role: "group", "aria-label": "GPT's text" });
  const writing = h("div", { class: "wide", "data-model": "GPT" }, h("div", { class: "controls across" },
    pickers.rule.node, pickers.shown.node), written, status);
  const panels = [answerPanel("BERT"), answerPanel("GPT")];
  const figure = root(el, get("label"),
    h("div", { class: "controls across" }, pickers.place.node, own.field.node),
    own.node, h("div", { class: "main" }, prompt, h("div", { class: "panels" }, ...panels.map((panel) => panel.node), writing)));

  function show() {
    const mine = own.entry(get("rule"));
    const entry = mine ?? get("desk")[get("place")];
    figure.dataset.own = mine ? mine.text : "";
    const { tokens, p, waits } = entry.runs[get("rule")];
    const n = Math.min(get("shown"), tokens.length);
    pickers.place.show(get("place"));
    pickers.rule.show(get("rule"));
    pickers.shown.node.control.max = tokens.length;
    pickers.shown.show(n);
    prompt.textContent = entry.text.trim();
    written.replaceChildren(...tokens.slice(0, n).map((token, i) => tokenSpan(token, p[i])));
    const { nats, each } = costOf(p, n);
    status.textContent = n
      ? `${n === 1 ? "1 token costs" : `${n} tokens cost`} ${nats.toFixed(1)} nats in all, ${each.toFixed(2)} each; `
        + "under each its probability."
      : !mine || !get("shown") ? "GPT has not written anything yet: move the slider."
        : waits ? "GPT writes …" : "GPT could not write.";
    for (const panel of panels) panel.show(entry);
  }

  return follow(model, ["desk", "place", "rule", "shown"], show);
}
