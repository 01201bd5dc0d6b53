// The head switcher: one text's hidden states, and one linear layer at a time that reads them.

import {
  barCell, change, fixed, follow, h, headRow, mark, radios, root, select, signed, tableRow,
} from "./common.js";
import { ownStates, poolRows } from "./heads_live.js";
import { PAIR } from "./live.js";
import { argmax, softmax } from "./sampling.js";

const READINGS = [["first", "first token"], ["last", "last token"], ["mean", "average"]];

// What stands under each token, "" where nothing does.
function under(look, { kind, names }, given, reading, isRead) {
  return look.tokens.map((_, t) => {
    if (kind === "tags") return given[t] ? names[argmax(given[t])] : "";
    if (kind === "words") return given[t][0];
    const [against, towards] = given[reading][t];
    return isRead(t) ? signed(towards - against, 1) : "";
  });
}

// Each kind of head: what is read, what stands under the tokens, and the probabilities, where the text has one answer.
const SAID = {
  classes({ name, names, D, what, given, reading }) {
    const p = softmax(poolRows(given[reading], reading));
    return {
      status: `${name}: one layer of ${D} × ${names.length} weights reads ${what}.`,
      about: `Under each token that is read: its own vote, ${names[1]} above zero, ${names[0]} below. The answer is their average.`,
      probabilities: p,
    };
  },
  tags({ name, names, D, given }) {
    const read = given.filter((row) => row);
    const nNames = read.filter((row) => names[argmax(row)] !== "O").length;
    return {
      status: `${name}: one layer of ${D} × ${names.length} weights reads one hidden state a word, each by itself; `
        + `${nNames} of ${read.length} belong to a name.`,
      about: "Under the first piece of each word stands its most probable tag; O is no name.",
    };
  },
  words({ name, model, tokens, given }) {
    const n = tokens.length;
    const right = tokens.filter((_, t) => given[t][0] === tokens[t + (model === "GPT" ? 1 : 0)]).length;
    return {
      status: model === "GPT"
        ? `${name}: the head that GPT was trained with asks every state for the token that comes next. ${right} of ${n - 1} are right.`
        : `${name}: the head ${PAIR[model] ? "that BERT was trained with" : "of the vocabulary, with random weights"}. ${tokens.includes("[MASK]") ? "" : "No token is hidden here: "}${right} of ${n} states name the token they stand at.`,
      about: "Under each token stands the most probable token of the vocabulary.",
    };
  },
};

// The colour of a vote: the model's for, purple against, as strong as it is beside the largest; "" where there is none.
export function tint(vote, all, name) {
  const size = (each) => Math.abs(Number(each.replace("\u2212", "-"))) || 0;
  const share = size(vote) / Math.max(...all.map(size));
  const hue = vote.startsWith("+") ? { BERT: "#0072B2", GPT: "#D55E00" }[name] ?? "#808080" : "#9B4480";
  return share ? `background-color: color-mix(in srgb, ${hue} ${Math.round(45 * share)}%, transparent)` : "";
}

// The tokens, those that are read marked, and under each what the head says of it.
function tokenStrip(tokens, below, kind, isRead, name) {
  return tokens.map((token, t) => {
    const marked = isRead(t) && (kind !== "tags" || (below[t] && below[t] !== "O"));
    return h("span", { class: `token ${marked ? "odd" : "even"}`, role: "listitem", "data-under": below[t],
      style: kind === "classes" ? tint(below[t], below, name) : null },
      h("span", { class: "piece" }, token), h("span", { class: "id" }, below[t] || "\u00a0"));
  });
}

function answerTable() {
  const body = h("tbody", {});
  const node = h("table", { class: "shares words" }, headRow("class", null, "probability"), body);
  return {
    node,
    show(names, numbers) {
      const first = argmax(numbers);
      body.replaceChildren(...names.map((name, i) =>
        tableRow({ "data-value": numbers[i], class: i === first && "latest" }, name,
          barCell(Math.max(numbers[i], 0)), fixed(numbers[i], 2))));
    },
  };
}

// What is shown of a look: the tokens with what stands under them, in words, and as a table.
function answerView(get) {
  const [status, about] = [h("p", { class: "status", role: "status" }), h("p", { class: "detail" })];
  const strip = h("div", { class: "strip slots", role: "list", "aria-label": "tokens" });
  const table = answerTable();
  return {
    nodes: [status, strip, about, table.node],
    // Nothing of another text or model stands there while this one reads.
    wait(name) {
      strip.replaceChildren();
      const why = PAIR[name] ? "has not read this text yet" : "reads only the texts of the list";
      [status.textContent, about.textContent, table.node.hidden] = [`${name} ${why}.`, "", true];
    },
    show(look, name, head, given, reading) {
      const n = look.tokens.length;
      const isRead = (t) => head.kind !== "classes" || reading === "mean" || t === (reading === "first" ? 0 : n - 1);
      const below = under(look, head, given, reading, isRead);
      strip.replaceChildren(...tokenStrip(look.tokens, below, head.kind, isRead, name));
      const what = reading === "mean" ? `the average of ${n} hidden states` : `the hidden state of the ${reading} token`;
      const said = SAID[head.kind]({ ...head, model: name, tokens: look.tokens, given, reading, what,
        D: get("width")[name] });
      status.textContent = said.status;
      about.textContent = said.about;
      table.node.hidden = !said.probabilities;
      if (said.probabilities) table.show(head.names, said.probabilities);
    },
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const heads = get("heads");
  const own = ownStates(model, () => {
    if (!own.text) change(model, { head: fitting(get("text"), get("head")) });
    show();
  });
  // Whether a head has anything to say of one's own text, its reader may see.
  const why = (text, head) => (!own.text && get("senseless")[text]?.[heads[head].name])
    || (get("layers")[get("model")][head] === null && "no such head was fitted");
  // The head that is shown, or the first one that has something to say of this text.
  const fitting = (text, head) => (why(text, head) ? heads.findIndex((_, i) => !why(text, i)) : head);
  const controls = {
    text: select("Text", get("texts"), (text) => {
      own.end();
      change(model, { text, head: fitting(text, get("head")) });
    }),
    own: own.field,
    model: radios("Hidden states of", "model", Object.keys(get("looks")).map((name) => [name, mark(name), name]),
      (name) => {
        change(model, { model: name });
        change(model, { head: fitting(get("text"), get("head")) });
      }),
    head: radios("Head", "head", heads.map(({ name }, i) => [String(i), name]),
      (i) => change(model, { head: Number(i) })),
    reading: radios("It reads", "reading", READINGS, (reading) => change(model, { reading })),
  };
  const closed = h("p", { class: "about" });
  const view = answerView(get);
  const figure = root(el, get("label"),
    h("div", { class: "controls across" }, ...Object.values(controls).map((control) => control.node), closed),
    h("div", { class: "main" }, own.node, ...view.nodes));

  function show() {
    const [name, reading, head] = [get("model"), get("reading"), heads[get("head")]];
    const look = own.text ? PAIR[name] && own.look(name) : get("looks")[name][get("text")];
    const readsText = head.kind === "classes"; // read off the text, not off each token
    controls.text.show(get("text"));
    controls.model.show(name);
    controls.head.show(String(get("head")), (i) => !why(get("text"), i));
    const reasons = heads.map((each, i) => [each.name, why(get("text"), i)]).filter(([, reason]) => reason);
    closed.textContent = reasons.length ? `Not here: ${reasons.map(([each, reason]) => `${each} (${reason})`).join(", ")}.` : "";
    controls.reading.show(readsText ? reading : null, () => readsText);
    if (!look) {
      view.wait(name);
      return;
    }
    Object.assign(figure.dataset, { model: name, kind: head.kind, own: own.text ?? "" });
    view.show(look, name, head, look.heads[get("head")], reading);
  }

  return follow(model, ["text", "model", "head", "reading", "looks"], show);
}
