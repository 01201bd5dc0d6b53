// The pair: a sentence with two endings, both models' words in its gap, and a mask for each model that is a switch; and
// what the switch does in many sentences. What was computed beforehand is shown until the reader writes a sentence; then
// the engine answers, at every key.

import { change, chips, follow, h, mark, maskIcon, radios, root, whole } from "./common.js";
import { newest } from "./engine/client.js";
import { BLANKS, PAIR, port, readable, sayFull, sizeOf, spaced } from "./live.js";
import { buildMask, OWN } from "./masks.js";

const BLANK = "▁";
const NAMES = Object.keys(PAIR);
const FLIPPED = { bidirectional: "causal", causal: "bidirectional" };
const SIDES = { bidirectional: "both sides", causal: "the left only" };
const SIZE = 5; // rows of the mask that is drawn
const SHOWN = 4;

const word = (text) => h("b", {}, text);

const STEPS = ["Let BERT see the left only.", "Let GPT see both sides.", "Change the ending.", "One sentence proves little: ask 400."];
const ENDING = 2; // the steps that are no mask's
const MANY = 3;
const DONE = "No weight was changed, only masks. Now your own sentence.";

// A word that ends what is said, with its full stop, unless it brings its own.
const last = (text) => [word(text), /[.!?…]$/.test(text) ? "" : "."];

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
        h("li", { "data-p": p, style: `--share:${p ?? 0}` }, h("b", {}, token), h("span", {}, words ? whole(p) : ""))));
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
      const share = h("span", { class: "value" }, answers ? whole(p) : "");
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
  return { field, full: sayFull(field), button: h("button", { type: "button", onclick: putBlank }, `Put ${BLANK} here`) };
}

// Where a sentence of the page stands: its ending's place, or -1 where it is the reader's own.
function placeOf(get) {
  const { left, endings } = get("sentences")[get("chosen")];
  return get("left") === left ? endings.indexOf(get("right")) : -1;
}

// The two endings of the page's sentence, one of them chosen.
function endingTabs(get, step, choose) {
  const legend = h("span", { class: "heading" }, step.node, h("span", {}, "The ending"));
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

// Of a sentence of the page: what the last click did to the words, and why; where nothing was clicked, who reads the ending.
function ofEndings(get) {
  const [{ stored }, at, did] = [get("sentences")[get("chosen")], placeOf(get), get("did")];
  const of = (name, ending = at, mask = get("masks")[name]) => stored[ending][name][mask][0][0];
  const says = (name) => word(of(name));
  const became = (before, now) => (before === now ? [" and still says ", word(now)] : [": ", word(before), " became ", word(now)]);
  const sighted = NAMES.filter((name) => get("masks")[name] === "bidirectional");
  const blind = NAMES.filter((name) => !sighted.includes(name));
  if (NAMES.includes(did)) {
    const reads = sighted.includes(did) ? "now reads the ending" : "cannot read the ending any more";
    const swapped = NAMES.every((name, i) => of(name) === of(NAMES[1 - i], at, OWN[NAMES[1 - i]])) && of("BERT") !== of("GPT");
    return [`${did} ${reads}`, ...became(of(did, at, FLIPPED[get("masks")[did]]), of(did)),
      blind.length === 1 && blind[0] === "BERT" && swapped ? ". They have changed places." : "."];
  }
  if (did === "ending") {
    if (!sighted.length) return ["Neither can see the ending: not one number moves."];
    const moved = sighted.flatMap((name, i) => [i ? ". " : "", `${name} has read the new ending`, ...became(of(name, 1 - at), of(name))]);
    return [...moved, blind.length ? `. ${blind[0]} cannot look to the right: not one number moves.` : "."];
  }
  if (sighted.length === 1) return [`${sighted[0]} reads the ending and says `, says(sighted[0]), `. ${blind[0]} cannot, and says `, says(blind[0]),
    of(sighted[0]) === of(blind[0]) ? " too." : "."];
  return [sighted.length ? "Both read the ending: " : "Neither reads the ending: ", "BERT says ", says("BERT"), ", GPT says ", says("GPT"), "."];
}

// Of many sentences: how often each model's first word is the right one, under its own mask and under the other's.
function ofMany({ blanks, right }) {
  const [bert, gpt] = NAMES.map((name) => [OWN[name], FLIPPED[OWN[name]]].map((mask) => right[name][mask]));
  return [`You got lucky. Of ${blanks} other words BERT finds ${bert[0]} % (the left only: ${bert[1]}), GPT ${gpt[0]} (both sides: ${gpt[1]}). `
    + "A mask shows what may be seen; training teaches what to do with it."];
}

// Whether BERT, with no word after the blank to read, has ended the sentence there.
export const endsThere = (mask, right, first) =>
  mask === "bidirectional" && !/[\p{L}\p{N}]/u.test(right) && /^[.!?]/.test(first);

// Of a sentence of the reader's: from what each model answers; and at the end of a text, why BERT ends it.
function ofOwn(model, shown) {
  const masks = model.get("masks");
  if (NAMES.some((name) => !shown[name])) return [];
  const [bert, gpt] = NAMES.map((name) => shown[name][0][0]);
  if (!endsThere(masks.BERT, model.get("right"), bert)) {
    return [`BERT, from ${SIDES[masks.BERT]}: `, ...last(bert), ` GPT, from ${SIDES[masks.GPT]}: `, ...last(gpt)];
  }
  const why = model.send ? [] : [" ", h("a", { href: "13_why_bert_cannot_continue.html" }, "Why?")];
  return ["No word follows the blank, so BERT takes the sentence to be over. GPT goes on: ", ...last(gpt), ...why];
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
    const many = get("did") === "many";
    if (many) parts.panels[name].show(get("masks")[name], Object.entries(get("many").right[name]).map(([mask, p]) => [SIDES[mask], p / 100]), false);
    parts.verdict.replaceChildren(...(many ? ofMany(get("many")) : placeOf(get) < 0 ? ofOwn(model, shown) : ofEndings(get)));
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
    if (wanted) door.words.textContent = "Both models are here. Type.";
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
  const set = (did, values, step) => {
    const done = get("done");
    change(model, { did, ...values, ...(step === undefined || done.includes(step) ? {} : { done: [...done, step] }) });
    talk.fetchIfOwn();
  };
  return {
    choose(did, values, step) {
      sentence.field.value = "";
      set(did, values, step);
    },
    flip(name, mask) {
      set(name, { masks: { ...get("masks"), [name]: mask } }, mask === OWN[name] ? undefined : NAMES.indexOf(name));
    },
    back: () => set("", { masks: OWN }),
    askMany: () => set("many", {}, MANY),
    read(text) {
      const { left, endings } = get("sentences")[get("chosen")];
      if (!text.trim()) set("", { left, right: endings[0], masks: OWN });
      else set("", { ...atBlank(text), ...(placeOf(get) < 0 ? {} : { masks: OWN }) });
    },
  };
}

// A line under the reader's own sentence: the published model of this page, if it has one, takes the sentence over.
function realOne(model, read) {
  const host = model.send ? null : document.querySelector("[data-bertgpt=RealModel]");
  const ask = () => {
    host.dataset.carried = read();
    document.querySelector("button[name=RealModel]")?.click(); // its script comes on request (book_widgets.py)
    host.dispatchEvent(new CustomEvent("bertgpt:carried"));
    host.scrollIntoView({ block: "start" });
  };
  const node = h("p", { class: "real-one away" }, "These two know children's stories. ",
    h("button", { type: "button", onclick: ask }, `Ask a real one (${model.get("megabytes")} MB)`));
  return { node, show: (is) => { node.hidden = !host; node.classList.toggle("away", !is); } };
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
  const tabs = endingTabs(get, steps[ENDING], (values) => todo.choose("ending", values, ENDING));
  const offered = chips("sentences to try", get("sentences").map(({ left }) => withBlank({ left, right: "" })), (i) => {
    const { left, endings } = get("sentences")[i];
    todo.choose("", { chosen: i, left, right: endings[0], masks: OWN });
  });
  parts.again = h("button", { type: "button", hidden: true, onclick: () => {
    talk.load();
    talk.draw();
  } }, "Try again");
  parts.panels = Object.fromEntries(NAMES.map((name, i) => [name, panel(name, steps[i], (mask) => todo.flip(name, mask))]));
  const next = h("p", { class: "next" });
  const many = h("button", { type: "button", class: "many", hidden: !get("many").blanks, onclick: todo.askMany }, steps[MANY].node,
    `Ask ${get("many").blanks} sentences`);
  const back = h("button", { type: "button", onclick: todo.back }, "Put the masks back");
  const real = realOne(model, () => sentence.field.value);
  door.words.textContent = Object.values(PAIR).every(door.holds) ? "" : `Both models come when you type (${sizeOf(...Object.values(PAIR))}).`;
  root(el, get("label"), parts.line.node,
    h("div", { class: "two" }, ...NAMES.map((name) => parts.panels[name].node), tabs.node,
      h("div", { class: "spoken" }, parts.verdict, h("div", { class: "then" }, next, many))),
    h("div", { class: "own" }, h("label", { class: "field whole" }, h("span", { class: "heading" }, "Your own sentence, with _ for the blank"), sentence.field),
      h("div", { class: "actions" }, sentence.button, door.node, parts.again, back), sentence.full, real.node),
    offered.node);
  if (get("wanted")) talk.load(); // before a reload
  return follow(model, ["masks", "left", "right", "sentences", "done", "did"], () => {
    talk.draw();
    tabs.show();
    const own = placeOf(get) < 0;
    offered.show(own ? -1 : get("chosen"));
    real.show(own && /\p{L}/u.test(get("right")));
    const done = (i) => get("done").includes(i);
    steps.forEach((step, i) => step.show(done(i)));
    next.textContent = STEPS.find((_, i) => !done(i) && (i < MANY || get("many").blanks)) ?? DONE;
    back.classList.toggle("away", NAMES.every((name) => get("masks")[name] === OWN[name]));
  });
}
