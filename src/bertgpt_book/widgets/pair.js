// The pair: a sentence with a blank and two endings, BERT's words and GPT's, and a mask for each. What was computed
// beforehand is shown until the reader writes; then the engine answers, at every key.

import { change, follow, h, mark, maskIcon, percent, root } from "./common.js";
import { newest } from "./engine/client.js";
import { BLANKS, PAIR, port, readable, sizeOf, spaced } from "./live.js";
import { buildMask } from "./masks.js";

const BLANK = "▁";
const SHAPES = { bidirectional: "square", causal: "triangle" };
const FLIPPED = { bidirectional: "causal", causal: "bidirectional" };
const MASK_OF = { bidirectional: "BERT", causal: "GPT" };
const REACH = { bidirectional: "both sides of the blank", causal: "what stands left of it" };
const SHOWN = 4;

// A sentence cut at its first blank; without one the blank is at its end.
export function atBlank(sentence) {
  const [left, ...rest] = sentence.split(BLANK);
  return { left: left.trimEnd(), right: rest.join("") };
}

export const withBlank = ({ left, right }) => `${left}${left ? " " : ""}${BLANK}${right}`;

// pair.py, blank_inputs: what a model reads, and the row that answers.
async function blankInput(engine, name, { left, right }) {
  const { cls, sep, mask, eos } = engine.special;
  const [before, after] = (await Promise.all([engine.encode(left && spaced(left)), engine.encode(right)])).map(({ ids }) => ids);
  if (name === "BERT") return [[cls, ...before, mask, ...after, sep], 1 + before.length];
  const start = left ? before : [eos];
  return [[...start, ...after], start.length - 1];
}

// -> [[token, p], ...] of one model under a mask
async function answer(engine, name, place, mask) {
  const [ids, row] = await blankInput(engine, name, place);
  const { words: [words] } = await engine.run(PAIR[name], ids, { mask, rows: [row], top: SHOWN });
  return words.map(({ token, p }) => [readable(token), p]);
}

// One model: whose weights, whose mask, a button that flips it, and its words with a bar each.
function panel(name, flip) {
  const heading = h("p", { class: "heading" });
  const icon = h("span", { class: "flip-icon" });
  const text = h("span", {});
  const button = h("button", { type: "button", class: "flip", onclick: flip }, icon, text);
  const list = h("ol", { class: "guesses", "aria-label": `${name}'s words` });
  const section = h("section", { "data-model": name, "aria-label": name }, heading, button, list);
  return {
    node: section,
    // words: undefined leaves those that stand there, null takes them away
    show(mask, words, waits) {
      section.dataset.mask = mask;
      list.classList.toggle("waits", waits);
      heading.replaceChildren(mark(MASK_OF[mask]), `${name}’s weights, ${MASK_OF[mask]}’s mask`);
      icon.replaceChildren(maskIcon(buildMask(mask, 5)));
      text.textContent = `Give ${name} the ${SHAPES[FLIPPED[mask]]}`;
      if (words === undefined) return;
      const none = Array(SHOWN).fill(["…"]);
      list.replaceChildren(...(words ?? none).map(([token, p]) => h("li", { "data-p": p, style: `--share:${p ?? 0}` },
        h("b", {}, token), h("span", {}, words ? percent(p) : ""))));
    },
  };
}

// Who notices the ending: the models whose words differ between the two, and those of which not a number does.
function verdict(one, other) {
  const same = (name) => JSON.stringify(one[name]) === JSON.stringify(other[name]);
  const [blind, sighted] = [Object.keys(PAIR).filter(same), Object.keys(PAIR).filter((name) => !same(name))];
  if (!blind.length) return "Both notice the ending.";
  if (!sighted.length) return "Neither notices the ending: not one number moves, BERT’s or GPT’s.";
  return `${sighted[0]} notices the ending. ${blind[0]} cannot look to the right: not one number moves.`;
}

// For those who cannot see the words change: each model's first.
const spoken = (words) => words.map(([name, [[first]]]) => `${name}: ${first}.`).join(" ");

// A sentence with its one blank at a place -> the sentence, and where the caret is then: behind the blank.
function blankAt(sentence, at) {
  const [before, after] = [sentence.slice(0, at), sentence.slice(at)].map((part) => part.replace(BLANKS, ""));
  const right = /^[\p{L}\p{N}]/u.test(after) ? ` ${after}` : after;
  const rewritten = withBlank({ left: before.trimEnd(), right }).replace(/ {2,}/g, " ");
  return [rewritten, rewritten.indexOf(BLANK) + 1];
}

// A sentence as it is after a key, the caret at a place: a blank just typed is the one that counts.
export function typed(sentence, at) {
  const before = sentence.slice(0, at);
  if (/(\[MASK\]|_)$/.test(before)) return blankAt(sentence, at);
  const put = (text) => text.replace(BLANKS, BLANK);
  return [put(sentence), put(before).length];
}

// The sentence as a line to type in, and a button that moves its blank to where the caret is.
function sentenceField(place, read) {
  const put = ([sentence, caret]) => {
    if (field.value !== sentence) {
      field.value = sentence;
      field.setSelectionRange(caret, caret);
    }
    read(atBlank(sentence.replaceAll("\n", " ")));
  };
  const field = h("textarea", { class: "sentence", rows: 2, autocomplete: "off", spellcheck: "false", maxlength: 300,
    dir: "auto", oninput: () => put(typed(field.value, field.selectionStart)) }, withBlank(place));
  const putBlank = () => {
    field.focus();
    put(blankAt(field.value, field.selectionStart ?? field.value.length));
  };
  return {
    field,
    button: h("button", { type: "button", onclick: putBlank }, `Put the blank ${BLANK} here`),
    show: (now) => { field.value = withBlank(now); },
  };
}

// Where a sentence of the page stands: its place in the list, and that of its ending; -1 where it is the reader's own.
function placeOf(get) {
  const { left, endings } = get("sentences")[get("chosen")];
  return get("left") === left ? endings.indexOf(get("right")) : -1;
}

// The sentences that the page offers; nothing where there is but one.
function chips(get, choose) {
  const all = get("sentences");
  const buttons = all.map(({ left, endings }, i) => h("button", { type: "button", class: "chip",
    onclick: () => choose({ chosen: i, left, right: endings[0] }) }, withBlank({ left, right: "" })));
  return {
    node: h("div", { class: "chips", role: "group", "aria-label": "sentences to try", hidden: all.length < 2 }, ...buttons),
    show: () => buttons.forEach((button, i) =>
      button.setAttribute("aria-pressed", placeOf(get) >= 0 && i === get("chosen"))),
  };
}

// The words of one model under its mask: of a page's sentence those that are stored, until the model is here, since its
// numbers differ a little; or those that it gives for a text to the right of the blank.
function wordsOf(get, door) {
  return {
    stored: (name, ending) => (placeOf(get) >= 0 && !door.holds(PAIR[name])
      && get("sentences")[get("chosen")].stored[ending][name][get("masks")[name]]) || null,
    find(name, right) {
      const [place, mask] = [{ left: get("left"), right }, get("masks")[name]];
      return door.run((engine) => answer(engine, name, place, mask));
    },
  };
}

// What is true under the masks as they are: of both endings, or of any where the ending is the reader's own.
async function judgement(get, { stored, find }) {
  const { endings } = get("sentences")[get("chosen")];
  const [at, names] = [endings.indexOf(get("right")), Object.keys(PAIR)];
  if (at < 0) return `${names.map((name) => `${name} answers from ${REACH[get("masks")[name]]}`).join(", ")}.`;
  const [one, other] = await Promise.all([at, 1 - at].map(async (ending) => Object.fromEntries(await Promise.all(
    names.map(async (name) => [name, stored(name, ending) ?? await find(name, endings[ending])])))));
  return names.every((name) => one[name] && other[name]) ? verdict(one, other) : undefined;
}

// What the models answer to the sentence as it stands, each as soon as it can, and what is said of it in the status.
// parts: the chips, the panels and the button that fetches, which draw() shows as they are now
function speaker(model, door, parts) {
  const [get, names] = [(name) => model.get(name), Object.keys(PAIR)];
  const words = wordsOf(get, door);
  const say = (text) => { door.words.textContent = text; };
  const aloud = h("p", { class: "unseen", "aria-live": "polite" });
  let wanted = false; // whether the models are here or on their way
  let shown = {};

  const show = (name, latest, waits = false) => {
    if (latest) shown[name] = latest;
    parts.panels[name].show(get("masks")[name], latest, waits);
    if (names.every((each) => shown[each])) aloud.textContent = spoken(names.map((each) => [each, shown[each]]));
  };
  const ask = Object.fromEntries(names.map((name) => [name, newest(async (isNewest, right) => {
    const answers = await words.find(name, right);
    if (isNewest()) show(name, answers ?? null);
  })]));
  const draw = () => {
    shown = {};
    parts.offered.show();
    parts.fetch.hidden = wanted || Object.values(PAIR).every(door.holds);
    for (const name of names) {
      const [known, loaded] = [words.stored(name, placeOf(get)), door.holds(PAIR[name])];
      ask[name].drop(); // what was asked before is no answer to what stands there now
      show(name, known ?? (loaded ? undefined : null), !known);
      if (!known && (loaded || wanted)) ask[name](get("right"));
    }
  };
  const judge = newest(async (isNewest) => {
    const judged = await judgement(get, words);
    if (judged && isNewest()) say(judged);
  });
  async function load() {
    wanted = true;
    model.set("wanted", true);
    draw();
    wanted = Boolean(await door.run(() => true, Object.values(PAIR)));
    if (wanted) say("The models are here, in 8-bit weights (a share may shift a little): type, or put the blank elsewhere.");
    else parts.fetch.textContent = "Try again";
    if (!wanted || placeOf(get) >= 0) draw(); // one's own sentence has been asked
  }
  return {
    aloud, draw, judge, load,
    set(values, hush = () => say("")) {
      judge.drop();
      hush();
      change(model, values);
      if (!wanted && placeOf(get) < 0) load();
    },
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const door = port(model);
  door.node.classList.add("status");
  const parts = {};
  const { aloud, draw, judge, load, set } = speaker(model, door, parts);
  const sentence = sentenceField({ left: get("left"), right: get("right") }, (place) => set(place, door.hush));
  const put = (values) => {
    sentence.show({ left: get("left"), ...values });
    set(values);
  };
  parts.fetch = h("button", { type: "button", onclick: () => {
    sentence.field.focus();
    load();
  } }, `Try your own sentence (${sizeOf(...Object.values(PAIR))})`);
  parts.offered = chips(get, put);
  parts.panels = Object.fromEntries(Object.keys(PAIR).map((name) => [name, panel(name, () => {
    set({ masks: { ...get("masks"), [name]: FLIPPED[get("masks")[name]] } });
    judge();
  })]));
  const changeEnding = () => {
    const { endings } = get("sentences")[get("chosen")];
    put({ right: endings[endings.indexOf(get("right")) === 0 ? 1 : 0] });
    judge();
  };
  root(el, get("label"),
    h("label", { class: "field whole" }, h("span", {}, "A sentence with a blank (type _)"), sentence.field),
    h("div", { class: "actions" }, h("button", { type: "button", class: "first", onclick: changeEnding }, "Change the ending"),
      sentence.button, parts.fetch),
    h("div", { class: "two" }, parts.panels.BERT.node, parts.panels.GPT.node), door.node, aloud, parts.offered.node);
  if (get("wanted")) load(); // before a reload
  return follow(model, ["masks", "left", "right", "sentences"], draw);
}
