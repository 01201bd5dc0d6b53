// The pair: a sentence with a blank and two endings, BERT's words and GPT's, and a mask for each. What was computed
// beforehand is shown until the reader writes; then the engine answers, at every key.

import { change, follow, h, mark, maskIcon, percent, root } from "./common.js";
import { newest, openEngine } from "./engine/client.js";
import { MODEL_SIZE, PAIR, readable, spaced } from "./live.js";
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

export const whole = ({ left, right }) => `${left}${left ? " " : ""}${BLANK}${right}`;

// pair.py, blank_inputs: what each model reads, and the row that answers.
async function blankInputs(engine, { left, right }) {
  const { cls, sep, mask, eos } = engine.special;
  const [before, after] = await Promise.all([engine.encode(spaced(left)), engine.encode(right)]);
  const start = left ? before.ids : [eos];
  return {
    BERT: [[cls, ...(left ? before.ids : []), mask, ...after.ids, sep], 1 + (left ? before.ids.length : 0)],
    GPT: [[...start, ...after.ids], start.length - 1],
  };
}

// name -> [[token, p], ...] under the masks chosen
async function answer(engine, place, masks) {
  const questions = await blankInputs(engine, place);
  const found = {};
  for (const [name, [ids, row]] of Object.entries(questions)) {
    const { words: [words] } = await engine.run(PAIR[name], ids, { mask: masks[name], rows: [row], top: SHOWN });
    found[name] = words.map(({ token, p }) => [readable(token), p]);
  }
  return found;
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
    show(mask, words, waits) {
      section.dataset.mask = mask;
      list.classList.toggle("waits", waits);
      heading.replaceChildren(mark(MASK_OF[mask]), `${name}’s weights, ${MASK_OF[mask]}’s mask`);
      icon.replaceChildren(maskIcon(buildMask(mask, 5)));
      text.textContent = `Give ${name} the ${SHAPES[FLIPPED[mask]]}`;
      if (!words) return;
      list.replaceChildren(...words.map(([token, p]) => h("li", { "data-p": p, style: `--share:${p}` },
        h("b", {}, token), h("span", {}, percent(p)))));
    },
  };
}

// Who notices the ending: the models whose words differ between the two, and those of which not a number does.
export function verdict(one, other) {
  const same = (name) => JSON.stringify(one[name]) === JSON.stringify(other[name]);
  const [blind, sighted] = [Object.keys(PAIR).filter(same), Object.keys(PAIR).filter((name) => !same(name))];
  if (!blind.length) return "Both notice the ending.";
  if (!sighted.length) return "Neither notices the ending: not one number moves, BERT’s or GPT’s.";
  return `${sighted[0]} notices the ending. ${blind[0]} cannot look to the right: not one number moves.`;
}

// For those who cannot see the words change: each model's first.
const spoken = (words) => Object.entries(words).map(([name, [[first]]]) => `${name}: ${first}.`).join(" ");

// The line under the sentence: the button that fetches the models, how far it is, or why it failed.
function fetcher(load) {
  const button = h("button", { type: "button", onclick: load }, `Try your own sentence (${MODEL_SIZE} each)`);
  const bar = h("progress", { max: 1, value: 0, "aria-label": "fetching the models" });
  const node = h("span", { class: "fetching" }, button, bar);
  bar.hidden = true;
  return {
    node,
    going(share) {
      button.hidden = true;
      bar.hidden = share >= 1;
      bar.value = share;
    },
    failed() {
      bar.hidden = true;
      button.hidden = false;
      button.textContent = "Try again";
    },
  };
}

// What stands for a blank while it is typed, as in live.js: no keyboard has a key for the sign.
const TYPED = /\[MASK\]|[_▁]+/g;

// A sentence with its one blank at a place -> the sentence, and where the caret is then: behind the blank.
function blankAt(sentence, at) {
  const [before, after] = [sentence.slice(0, at), sentence.slice(at)].map((part) => part.replace(TYPED, ""));
  const right = /^[\p{L}\p{N}]/u.test(after) ? ` ${after}` : after;
  const moved = whole({ left: before.trimEnd(), right }).replace(/ {2,}/g, " ");
  return [moved, moved.indexOf(BLANK) + 1];
}

// A sentence as it is after a key, the caret at a place: a blank just typed is the one that counts.
export function typed(sentence, at) {
  const before = sentence.slice(0, at);
  if (/(\[MASK\]|_)$/.test(before)) return blankAt(sentence, at);
  const put = (text) => text.replace(TYPED, BLANK);
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
    dir: "auto", oninput: () => put(typed(field.value, field.selectionStart)) }, whole(place));
  const putBlank = () => {
    field.focus();
    put(blankAt(field.value, field.selectionStart ?? field.value.length));
  };
  return {
    field,
    button: h("button", { type: "button", onclick: putBlank }, `Put the blank ${BLANK} here`),
    show: (now) => { field.value = whole(now); },
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
    onclick: () => choose({ chosen: i, left, right: endings[0] }) }, whole({ left, right: "" })));
  return {
    node: h("div", { class: "chips", role: "group", "aria-label": "sentences to try", hidden: all.length < 2 }, ...buttons),
    show: () => buttons.forEach((button, i) =>
      button.setAttribute("aria-pressed", placeOf(get) >= 0 && i === get("chosen"))),
  };
}

// What the models answer to the sentence as it stands, and what is said of it in the status.
// parts: the fetcher, the chips and the panels, of which `draw` and `load` show what there is
function speaker(get, engine, parts) {
  const names = Object.keys(PAIR);
  const status = h("p", { class: "status", role: "status" });
  const say = (text) => { status.textContent = text; };
  let live = false; // once the engine answers it answers all: what is stored differs a little from its numbers
  let shown = null; // the words of the sentence as it stands, null where there are none
  let trouble = ""; // what the last key that could not be answered met

  const stored = (place) => {
    const words = !live && get("sentences")[get("chosen")].stored[place];
    return words && Object.fromEntries(names.map((name) => [name, words[name][get("masks")[name]]]));
  };
  const draw = newest(async () => {
    const masks = get("masks");
    const show = (found, waits) => names.forEach((name) => parts.panels[name].show(masks[name], found?.[name], waits));
    const known = stored(placeOf(get));
    parts.offered.show();
    show(known, !known);
    shown = known || null;
    if (!known && !live) return;
    try {
      shown ??= await answer(engine, { left: get("left"), right: get("right") }, masks);
      show(shown, false);
      if (status.textContent === trouble) say("");
    } catch (error) {
      say(trouble = error.message);
    }
  });
  // What is true under the masks as they are: of both endings, or of any where the ending is the reader's own.
  const judge = async () => {
    const { endings } = get("sentences")[get("chosen")];
    const at = endings.indexOf(get("right"));
    if (at < 0) say(`${names.map((name) => `${name} answers from ${REACH[get("masks")[name]]}`).join(", ")}.`);
    if (at < 0 || !shown) return;
    const [other, before] = [1 - at, shown];
    const found = (placeOf(get) >= 0 && stored(other))
      || await answer(engine, { left: get("left"), right: endings[other] }, get("masks"));
    if (shown === before) say(verdict(shown, found));
  };
  const load = async () => {
    say("Fetching the models …");
    parts.fetching.going(0);
    try {
      await engine.load(Object.values(PAIR), parts.fetching.going);
      live = true;
      say("The models are here, in 8-bit weights (a share may shift a little): type, or put the blank elsewhere.");
      await draw();
    } catch (error) {
      parts.fetching.failed();
      say(error.message);
    }
  };
  return {
    status, say, draw, judge, load,
    answers: () => live || placeOf(get) >= 0,
    spoken: () => spoken(shown ?? {}),
    forget: () => { if (status.textContent !== trouble) say(""); }, // what was said of the sentence before
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const parts = {};
  const { status, say, draw, judge, load, ...about } = speaker(get, openEngine(model), parts);
  const spokenLine = h("p", { class: "unseen", "aria-live": "polite" });
  const set = async (values) => {
    change(model, values);
    await (about.answers() ? draw() : load());
    spokenLine.textContent = about.spoken();
  };
  const sentence = sentenceField({ left: get("left"), right: get("right") }, (place) => {
    about.forget();
    set(place);
  });
  const put = (values) => {
    say("");
    sentence.show({ left: get("left"), ...values });
    return set(values);
  };
  parts.fetching = fetcher(() => { sentence.field.focus(); load(); });
  parts.offered = chips(get, put);
  parts.panels = Object.fromEntries(Object.keys(PAIR).map((name) => [name, panel(name, async () => {
    say("");
    await set({ masks: { ...get("masks"), [name]: FLIPPED[get("masks")[name]] } });
    await judge();
  })]));
  const changeEnding = async () => {
    const { endings } = get("sentences")[get("chosen")];
    await put({ right: endings[endings.indexOf(get("right")) === 0 ? 1 : 0] });
    await judge();
  };
  root(el, get("label"),
    h("label", { class: "field whole" }, h("span", {}, "A sentence with a blank (type _)"), sentence.field),
    h("div", { class: "actions" }, h("button", { type: "button", class: "first", onclick: changeEnding }, "Change the ending"),
      sentence.button, parts.fetching.node),
    h("div", { class: "two" }, parts.panels.BERT.node, parts.panels.GPT.node), status, spokenLine, parts.offered.node);
  return follow(model, ["masks", "left", "right", "sentences"], draw);
}
