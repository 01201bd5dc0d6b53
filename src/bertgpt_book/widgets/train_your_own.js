// Train your own pair: choose a text, a question and a mask, and watch what becomes of the model, step by step.

import { change, counted, follow, h, mark, maskIcon, radios, root, select, withdraw } from "./common.js";
import { newest } from "./engine/client.js";
import { openTrainer } from "./engine/training/client.js";
import { plainText } from "./engine/training/text.js";
import { ICONS } from "./mask_grid.js";
import { maskPainter } from "./mask_painter.js";
import { buildMask } from "./masks.js";
import { emptyCard, MASKS, QUESTIONS, runCard, sentence } from "./run_card.js";

const LEAST = 20_000; // characters of a text of one's own
const KEPT = 2;       // runs that stand side by side
const LEG = 200;      // steps after which a run stops and offers more
const LEGEND = "Solid: the loss on held-out text. Dashed: the same, asked one at a time. Thin: the loss in training. "
  + "Dotted: knowing nothing, and counting. All is computed in this page: nothing is sent anywhere, and a run is lost when "
  + "you leave.";

// The reader's own text: a field, and whether it is long enough as the trainer reads it
function textField(onInput) {
  let length = 0;
  const field = h("textarea", { rows: 6, spellcheck: "false", dir: "auto", oninput: () => {
    length = plainText(field.value).length;
    onInput();
  } });
  const about = h("p", { class: "about" });
  return {
    node: h("div", { class: "own" }, h("label", { class: "field" }, "Paste a text, in any language", field), about),
    get text() { return length < LEAST ? null : field.value; },
    show(shut) {
      field.disabled = shut;
      about.textContent = `This text has ${counted(length)} character${length === 1 ? "" : "s"}. Training needs ${counted(LEAST)} or more.`;
    },
  };
}

// What the reader chooses. Text and question stay as they are while a run lasts; the mask may change.
function makeControls(get, set, redraw) {
  const texts = get("texts");
  const text = select("Text", [...texts.map(([, title]) => title), "my own text"], (i) => set({ text: i }));
  const own = textField(redraw);
  const question = radios("Question", "question", Object.entries(QUESTIONS).map(([value, [name, asks]]) =>
    [value, mark(name), asks]), (value) => set({ question: value }));
  const mask = radios("Mask", "mask", Object.entries(MASKS).map(([value, name]) =>
    [value, maskIcon(buildMask(value, 4, ICONS[value])), name]), (value) => set({ mask: value }));
  const painter = maskPainter(get("own").length, () => get("own"), set);
  const isOwn = () => get("text") === texts.length;
  return {
    nodes: [h("div", { class: "controls across" }, text.node, question.node, mask.node), own.node, painter.node],
    get ready() { return !isOwn() || own.text !== null; },
    read: (file) => (isOwn() ? own.text : file(texts[get("text")][0])),
    show(shut) {
      text.show(get("text"));
      text.node.querySelector("select").disabled = shut;
      question.show(get("question"), () => !shut);
      mask.show(get("mask"));
      own.node.hidden = !isOwn();
      own.show(shut);
      painter.node.hidden = get("mask") !== "own";
      painter.show();
    },
  };
}

// The runs of this page, the newest in the worker: begin(), go(), pause(), leave(), turn()
function makeRuns(get, trainer, read, main, isOpen) {
  let [run, card, running, loops, number] = [null, null, false, 0, 0];
  const toCome = emptyCard();
  main.append(toCome);
  const order = () => ({ mask: get("mask"), own: get("own") });
  function take(report) {
    Object.assign(run, report);
    if (report.loss !== undefined) {
      const { steps, train, loss, alone } = run;
      run.points.push({ steps, train, loss, alone });
      card.showPoint();
    }
    card.show();
  }
  return {
    get run() { return run; },
    get running() { return running; },
    async begin() {
      running = true;
      const [question, asked] = [get("question"), order()];
      const made = await trainer.make({ text: await read(trainer.file), question, order: asked, seed: 1 });
      run = { number: number += 1, question, mask: asked.mask, points: [], changes: [], ...made };
      card = runCard(run);
      toCome.remove();
      while (main.children.length >= KEPT) main.firstChild.remove();
      main.append(card.node);
      take(made);
      if (JSON.stringify(order()) !== JSON.stringify(asked)) await this.turn(); // chosen while it was made
    },
    // To the end of this leg: -> whether it came there, and was not paused
    async go() {
      const [loop, now] = [loops += 1, run];
      const end = LEG * (Math.floor(now.steps / LEG) + 1);
      const mine = () => running && loop === loops && run === now && isOpen();
      running = true;
      while (mine() && now.steps < end) {
        const report = await trainer.advance();
        if (run === now) take(report);
      }
      if (!mine()) return false;
      running = false;
      return true;
    },
    stop() { running = false; },
    leave() { [run, card, running] = [null, null, false]; },
    // The mask counts from here on.
    turn: newest(async () => {
      if (!run) return;
      const [now, mask] = [run, get("mask")];
      const report = await trainer.change(order());
      if (run !== now) return;
      if (mask !== run.mask) run.changes.push({ steps: report.steps, mask });
      run.mask = mask;
      take(report);
    }),
  };
}

function nextAct({ running, run }) {
  if (running) return "Pause";
  if (!run) return "Train";
  return run.steps && run.steps % LEG === 0 ? `${LEG} more` : "Go on";
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const trainer = openTrainer(model);
  const main = h("div", { class: "panels runs" });
  const status = h("p", { class: "status", role: "status" });
  const controls = makeControls(get, (values) => change(model, values), () => draw());
  const runs = makeRuns(get, trainer, controls.read, main, () => el.isConnected);
  const go = h("button", { type: "button", class: "play", onclick: () => attempt(runs.running ? pause : train) });
  const fresh = h("button", { type: "button", onclick: () => attempt(leave) }, "New run");

  async function attempt(act) {
    try {
      await act();
    } catch (error) {
      runs.leave();
      say(error.message);
    }
  }
  function say(words) {
    status.textContent = words;
    draw();
  }
  async function train() {
    if (!runs.run) {
      const making = runs.begin();
      say("Fetching the trainer and the text …");
      await making;
      if (!runs.running) return say("Paused at the beginning.");
    }
    const going = runs.go();
    say(`Run ${runs.run.number} is training.`);
    if (await going) say(`${sentence(runs.run)} A run stops after ${LEG} steps: take ${LEG} more, or a new run.`);
  }
  async function pause() {
    runs.stop();
    say(runs.run ? `Paused. ${sentence(runs.run)}` : "");
  }
  async function leave() {
    const { number } = runs.run;
    runs.leave();
    say(`Run ${number} is over and stays here for comparison. Choose what the next one shall be.`);
  }
  function draw() {
    controls.show(Boolean(runs.run) || runs.running);
    go.textContent = nextAct(runs);
    go.disabled = !controls.ready;
    withdraw(fresh, "hidden", !runs.run, go);
  }

  root(el, get("label"), h("p", { class: "heading" }, get("label")), ...controls.nodes, h("div", { class: "actions" }, go, fresh, status), main,
    h("p", { class: "about" }, LEGEND));
  model.on("change:mask", () => attempt(runs.turn));
  if (!model.send && location.hash === "#train-your-own") queueMicrotask(() => attempt(train)); // the first page's card
  model.on("change:own", () => get("mask") === "own" && attempt(runs.turn));
  return follow(model, ["text", "question", "mask", "own"], draw, trainer.end);
}
