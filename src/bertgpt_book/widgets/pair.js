// The pair: a sentence with two endings, both models' words in its gap, and a mask for each model that is a switch. What
// was computed beforehand is shown until the reader writes a sentence; then the engine answers, at every key.

import { change, chips, follow, h, mark, maskIcon, percent, radios, root } from "./common.js";
import { newest } from "./engine/client.js";
import { BLANKS, PAIR, port, readable, sizeOf, spaced } from "./live.js";
import { buildMask, OWN } from "./masks.js";

const BLANK = "▁";
const NAMES = Object.keys(PAIR);
const FLIPPED = { bidirectional: "causal", causal: "bidirectional" };
const SIDES = { bidirectional: "both sides", causal: "the left only" };
const SIZE = 5; // rows of the mask that is drawn
const SHOWN = 4;

const word = (text) => h("b", {}, text);

const STEPS = ["Change the ending.", "Let BERT see the left only.", "Let GPT see both sides.", "Now your own sentence."];
const ALL_BUT_THE_LAST = "No weight was changed, only the masks. Now your own sentence.";

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

// The number of a step, and a tick once it is done.
function stepMark(i) {
  const node = h("span", { class: "step" }, i + 1);
  return { node, show: (done) => { node.textContent = done ? "✓" : i + 1; node.classList.toggle("done", done); } };
}

// One model: the mask that it reads through, drawn, with its two positions; and its words.
function panel(name, step, choose) {
  const drawn = maskIcon(buildMask(OWN[name], SIZE));
  const picture = h("div", { class: "drawn", onclick: () => choose(FLIPPED[section.dataset.mask]) }, drawn);
  const heading = h("p", { class: "heading" }, step.node, mark(name), `${name} sees`);
  const sides = radios(h("span", { class: "unseen" }, `${name} sees`), `sides of ${name}`, Object.entries(SIDES), choose);
  const list = h("ol", { class: "guesses", "aria-label": `${name}'s words` });
  const section = h("section", { "data-model": name, "aria-label": name },
    h("div", { class: "reads" }, heading, h("div", { class: "switch" }, picture, sides.node)), list);
  return {
    node: section,
    // words: undefined leaves those that stand there, null takes them away
    show(now, words, waits) {
      section.dataset.mask = now;
      sides.show(now);
      buildMask(now, SIZE).flat().forEach((may, i) => drawn.children[i].setAttribute("class", may ? "may" : "not"));
      list.classList.toggle("waits", waits);
      if (words === undefined) return;
      list.replaceChildren(...(words ?? Array(SHOWN).fill(["…"])).map(([token, p]) =>
        h("li", { "data-p": p, style: `--share:${p ?? 0}` }, h("b", {}, token), h("span", {}, words ? percent(p) : ""))));
    },
  };
}

// The sentence as a line of text, with both models' first words in its gap.
function sentenceLine() {
  const [before, after] = [h("span"), h("span")];
  const says = Object.fromEntries(NAMES.map((name) => [name, h("span", { class: "says", "data-model": name })]));
  return {
    node: h("p", { class: "line" }, before, h("span", { class: "gap" }, ...Object.values(says)), after),
    put({ left, right }) {
      before.textContent = left ? `${left} ` : "";
      after.textContent = right;
    },
    show(name, answers, waits) {
      says[name].classList.toggle("waits", waits);
      if (answers === undefined) return;
      const [first, p] = answers?.[0] ?? ["…"];
      const share = h("span", { class: "value" }, answers ? `${Math.round(100 * p)} %` : "");
      says[name].replaceChildren(mark(name), word(first), " ", share);
    },
  };
}

// A sentence with its one blank at a place -> the sentence, and where the caret is then: behind the blank.
function blankAt(sentence, at) {
  const [before, after] = [sentence.slice(0, at), sentence.slice(at)].map((part) => part.replace(BLANKS, ""));
  const right = /^[\p{L}\p{N}]/u.test(after) ? ` ${after}` : after;
  const rewritten = withBlank({ left: before.trimEnd(), right }).replace(/ {2,}/g, " ");
  return [rewritten, rewritten.indexOf(BLANK) + 1];
}

// A sentence as it is after a key, the caret at a place: a blank just typed is the one that counts; of several that are
// pasted, the first.
export function typed(sentence, at) {
  const before = sentence.slice(0, at);
  if (/(\[MASK\]|_)$/.test(before)) return blankAt(sentence, at);
  const [first, another] = sentence.matchAll(BLANKS);
  if (another) return blankAt(sentence, first.index);
  const put = (text) => text.replace(BLANKS, BLANK);
  return [put(sentence), put(before).length];
}

// A line for the reader's own sentence, and a button that moves its blank to where the caret is.
function sentenceField(text, read) {
  const put = ([sentence, caret]) => {
    if (field.value !== sentence) {
      field.value = sentence;
      field.setSelectionRange(caret, caret);
    }
    read(sentence.replaceAll("\n", " "));
  };
  const field = h("textarea", { class: "sentence", rows: 2, autocomplete: "off", spellcheck: "false", maxlength: 300, dir: "auto",
    placeholder: "The _ barked.", oninput: () => put(typed(field.value, field.selectionStart)) }, text);
  const putBlank = () => {
    field.focus();
    put(blankAt(field.value, field.selectionStart ?? field.value.length));
  };
  return { field, button: h("button", { type: "button", onclick: putBlank }, `Put ${BLANK} here`) };
}

// Where a sentence of the page stands: its ending's place, or -1 where it is the reader's own.
function placeOf(get) {
  const { left, endings } = get("sentences")[get("chosen")];
  return get("left") === left ? endings.indexOf(get("right")) : -1;
}

// The two endings of the page's sentence, one of them chosen.
function endingTabs(get, step, choose) {
  const legend = h("span", { class: "heading" }, step.node, "The ending");
  const tabs = [h("span"), h("span")];
  const now = () => get("sentences")[get("chosen")];
  const choice = radios(legend, "ending", tabs.map((tab, i) => [i, tab]),
    (i) => choose({ left: now().left, right: now().endings[i] }));
  choice.node.classList.add("endings");
  return {
    node: choice.node,
    show() {
      now().endings.forEach((ending, i) => { tabs[i].textContent = ending.trim(); });
      choice.show(placeOf(get));
    },
  };
}

// Of a sentence of the page: which models' words change with its ending.
function ofEndings(get) {
  const [{ stored }, at] = [get("sentences")[get("chosen")], placeOf(get)];
  const of = (name, ending) => stored[ending][name][get("masks")[name]];
  const says = (name) => word(of(name, at)[0][0]);
  const sighted = NAMES.filter((name) => JSON.stringify(of(name, 0)) !== JSON.stringify(of(name, 1)));
  const [one, other] = NAMES.map((name) => of(name, at)[0][0]);
  if (!get("done").length) return one === other ? ["Both say ", word(one), "."] : ["BERT says ", word(one), ", GPT says ", word(other), "."];
  if (!sighted.length) return ["Neither can see the ending: change it, and not one number moves."];
  if (sighted.length === 2) return ["Both have read the ending: BERT says ", says("BERT"), ", GPT says ", says("GPT"), "."];
  const blind = NAMES.find((name) => name !== sighted[0]);
  return [`${sighted[0]} has read the ending and says `, says(sighted[0]), `. ${blind} cannot look to the right: not one number moves.`];
}

// Whether BERT, with no word after the blank to read, has ended the sentence there.
export const endsThere = (mask, right, first) =>
  mask === "bidirectional" && !/[\p{L}\p{N}]/u.test(right) && /^[.!?]/.test(first);

// Of a sentence of the reader's: from what each model answers; and at the end of a text, why BERT ends it.
function ofOwn(model, shown) {
  const masks = model.get("masks");
  if (NAMES.some((name) => !shown[name])) return [];
  const [bert, gpt] = NAMES.map((name) => word(shown[name][0][0]));
  if (!endsThere(masks.BERT, model.get("right"), bert.textContent)) {
    return [`BERT, from ${SIDES[masks.BERT]}: `, bert, `. GPT, from ${SIDES[masks.GPT]}: `, gpt, "."];
  }
  const why = model.send ? [] : [" ", h("a", { href: "11_why_bert_cannot_continue.html" }, "Why?")];
  return ["No word follows the blank, so BERT takes the sentence to be over. GPT goes on: ", gpt, ".", ...why];
}

// What the models answer to the sentence as it stands, each as soon as it can, and what is said of it.
// parts: the line, the panels, what is said and the button that fetches, which draw() shows as they are now
function speaker(model, door, parts) {
  const get = (name) => model.get(name);
  let wanted = false; // whether the models are here or on their way
  let shown = {};

  const show = (name, latest, waits = false) => {
    if (latest) shown[name] = latest;
    parts.panels[name].show(get("masks")[name], latest, waits);
    parts.line.show(name, latest, waits);
    parts.verdict.replaceChildren(...(placeOf(get) < 0 ? ofOwn(model, shown) : ofEndings(get)));
  };
  const ask = Object.fromEntries(NAMES.map((name) => [name, newest(async (isNewest, place, mask) => {
    const answers = await door.run((engine) => answer(engine, name, place, mask));
    if (isNewest()) show(name, answers ?? null);
  })]));
  const draw = () => {
    shown = {};
    const [at, { stored }] = [placeOf(get), get("sentences")[get("chosen")]];
    const place = { left: get("left"), right: get("right") };
    parts.line.put(place);
    for (const name of NAMES) {
      const [mask, loaded] = [get("masks")[name], door.holds(PAIR[name])];
      const known = at < 0 ? undefined : stored[at][name][mask];
      ask[name].drop(); // what was asked before is no answer to what stands there now
      show(name, known ?? (loaded ? undefined : null), !known);
      if (!known && (loaded || wanted)) ask[name](place, mask);
    }
  };
  // The models, for what is drawn next.
  async function load() {
    [wanted, parts.again.hidden] = [true, true];
    model.set("wanted", true);
    wanted = Boolean(await door.run(() => true, Object.values(PAIR)));
    if (wanted) door.words.textContent = "Here. Type.";
    else parts.again.hidden = false;
  }
  return {
    draw, load,
    fetchIfOwn: () => !wanted && placeOf(get) < 0 && load(),
  };
}

// Changes of what is read, each with the step that it ticks off. A sentence of the reader's begins under the models' own masks.
function doings(model, sentence, talk) {
  const get = (name) => model.get(name);
  const set = (values, step) => {
    const done = get("done");
    change(model, { ...values, ...(step === undefined || done.includes(step) ? {} : { done: [...done, step] }) });
    talk.fetchIfOwn();
  };
  return {
    choose(values, step) {
      sentence.field.value = "";
      set(values, step);
    },
    flip(name, mask) {
      set({ masks: { ...get("masks"), [name]: mask } }, mask === OWN[name] ? undefined : 1 + NAMES.indexOf(name));
    },
    back: () => set({ masks: OWN }),
    read(text) {
      const { left, endings } = get("sentences")[get("chosen")];
      if (!text.trim()) set({ left, right: endings[0], masks: OWN });
      else set({ ...atBlank(text), ...(placeOf(get) < 0 ? {} : { masks: OWN }) }, 3);
    },
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const door = port(model);
  const steps = STEPS.map((_, i) => stepMark(i));
  const parts = { line: sentenceLine(), verdict: h("p", { class: "verdict", role: "status" }) };
  const talk = speaker(model, door, parts);
  const own = placeOf(get) < 0 ? withBlank({ left: get("left"), right: get("right") }) : "";
  const sentence = sentenceField(own, (text) => todo.read(text));
  const todo = doings(model, sentence, talk);
  const tabs = endingTabs(get, steps[0], (values) => todo.choose(values, 0));
  const offered = chips("sentences to try", get("sentences").map(({ left }) => withBlank({ left, right: "" })), (i) => {
    const { left, endings } = get("sentences")[i];
    todo.choose({ chosen: i, left, right: endings[0], masks: OWN });
  });
  parts.again = h("button", { type: "button", hidden: true, onclick: () => {
    talk.load();
    talk.draw();
  } }, "Try again");
  parts.panels = Object.fromEntries(NAMES.map((name, i) => [name, panel(name, steps[1 + i], (mask) => todo.flip(name, mask))]));
  const next = h("p", { class: "next" });
  const back = h("button", { type: "button", onclick: todo.back }, "Put the masks back");
  const label = h("span", { class: "heading" }, steps[3].node, "Now your own sentence, with _ for the blank");
  door.words.textContent = Object.values(PAIR).every(door.holds) ? "" : `Both models come when you type (${sizeOf(...Object.values(PAIR))}).`;
  root(el, get("label"), parts.line.node, tabs.node,
    h("div", { class: "two" }, ...NAMES.map((name) => parts.panels[name].node), h("div", { class: "said" }, parts.verdict, next)),
    h("div", { class: "own" }, h("label", { class: "field whole" }, label, sentence.field),
      h("div", { class: "actions" }, sentence.button, door.node, parts.again, back)),
    offered.node);
  if (get("wanted")) talk.load(); // before a reload
  return follow(model, ["masks", "left", "right", "sentences", "done"], () => {
    talk.draw();
    tabs.show();
    offered.show(placeOf(get) < 0 ? -1 : get("chosen"));
    const done = (i) => get("done").includes(i);
    steps.forEach((step, i) => step.show(done(i)));
    const i = STEPS.findIndex((_, i) => !done(i));
    next.textContent = i === 3 ? ALL_BUT_THE_LAST : STEPS[i] ?? "";
    back.classList.toggle("away", NAMES.every((name) => get("masks")[name] === OWN[name]));
  });
}
