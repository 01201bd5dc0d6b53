// A published model in the page: a sentence with one blank under a triangle, a square, and a square after practice; and a
// text that it continues. The model comes on a click.

import { change, follow, h, maskIcon, percent, radios, root, withdraw } from "./common.js";
import { newest } from "./engine/client.js";
import { realModel, whyNot } from "./engine/real/client.js";
import { BLANKS, readable, sayFull, withSigns } from "./live.js";
import { buildMask } from "./masks.js";
import { makeRandom } from "./sampling.js";

const SHOWN = 5;
const SETTINGS = { triangle: "triangle", square: "square", practised: "square, practised" };
const MASKS = { triangle: "causal", square: "bidirectional", practised: "bidirectional" };
const SEES = {
  triangle: "It reads what stands left of the blank, as it always has.",
  square: "It reads both sides, and nobody has ever shown it how.",
  practised: "It reads both sides, after some minutes of practice.",
};

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

// A sentence cut at its first blank, or null where there is none. The space before a blank belongs to the word.
export function atBlank(sentence) {
  const [left, ...rest] = sentence.split(BLANKS);
  return rest.length ? { left: left.trimEnd(), right: rest.join("").trimEnd() } : null;
}

// The button that fetches, stops and goes on, and how far the model has come; done() is called once it is there.
function fetcher(model, real, done) {
  const size = `${model.get("megabytes")} MB`;
  const bar = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "fetching the model" });
  const words = h("span", { role: "status" },
    `SmolLM2, by Hugging Face${model.send ? "" : "; what has come stays in your browser"}.`);
  let isComing = false;
  const say = (text) => { words.textContent = text; };
  const button = h("button", { type: "button", class: "main-action", onclick: () => (isComing ? real.stop() : open()) },
    `Fetch a real model: 135 million parameters, ${size}`);
  async function open() {
    const reason = whyNot(model);
    if (reason) {
      say(reason);
      return;
    }
    [isComing, bar.hidden, button.textContent] = [true, false, "Stop"];
    say("Fetching the engine …");
    let fetched = "";
    try {
      await real.open((got, all) => {
        bar.value = got / all;
        fetched = `${megabytes(got)} of ${megabytes(all)} MB`;
        say(got < all ? `Fetching the model, ${fetched} …` : "Opening the model …");
      });
      button.hidden = true;
      say("The model is here. Type, or move the switch.");
      done();
    } catch (error) {
      button.textContent = fetched ? "Go on" : "Try again";
      if (error.name === "AbortError") say(`Stopped at ${fetched}. What has come is kept.`);
      else say(fetched ? `${error.message} ${fetched} are here.` : error.message);
    } finally {
      [isComing, bar.hidden] = [false, true];
    }
  }
  return { node: h("p", { class: "fetch" }, button, bar, words), say, open: () => isComing || button.hidden || open() };
}

// A line of the reader's, kept in the model's state. -> { node, put(text) }
function line(model, name, label, read) {
  const take = () => {
    change(model, { [name]: field.value });
    read?.();
  };
  const field = h("input", { type: "text", value: model.get(name), autocomplete: "off", spellcheck: "false", maxlength: 300,
    dir: "auto", oninput: take });
  return {
    node: h("label", { class: "field own" }, label, field, sayFull(field)),
    put(text) {
      field.value = text;
      take();
    },
  };
}

// The sentence with the first word in its blank, largest of all, and the most probable words below it.
function answers(shares) {
  const sentence = h("p", { class: "filled", "aria-live": "polite" });
  const sees = h("p", { class: "status" });
  const list = h("ol", { class: "guesses", "aria-label": "the most probable words" });
  return {
    node: h("div", { class: "main" }, sentence, sees, list),
    // words: undefined where they are not known; waits: they are coming, and those that stand there stay, pale
    show(place, setting, words, waits) {
      const none = Array(SHOWN).fill({ token: "…" });
      const [{ token }] = words ?? none;
      const word = withSigns(token.trim() || token);
      sentence.replaceChildren(...(place ? [place.left, /^\s/.test(token) && place.left ? " " : words ? "" : " ",
        h("b", {}, word), place.right] : ["Type _ where a word is missing."]));
      sees.textContent = `${SEES[setting]} Where only the right side decides, its first word fits in ${shares[setting]} sentences.`;
      list.classList.toggle("waits", Boolean(waits && !words));
      if (waits && !words) return;
      list.replaceChildren(...(words ?? none).map((each) => h("li", { "data-p": each.p, style: `--share:${each.p ?? 0}` },
        h("b", {}, words ? readable(each.token) : each.token), h("span", {}, words ? percent(each.p) : ""))));
    },
  };
}

// A text that the model continues, one token after another, until it ends, is full or is stopped.
function writer(model, real, fail) {
  const text = h("p", { class: "written", role: "group", "aria-label": "what it writes" });
  const [on, stop] = [h("button", { type: "button", disabled: true, onclick: write }, "Write on"),
    h("button", { type: "button", disabled: true, onclick: () => { turn += 1; running(false); } }, "Stop")];
  const random = makeRandom(Date.now());
  let turn = 0;
  const running = (is) => {
    const [opens, shuts] = is ? [stop, on] : [on, stop];
    opens.disabled = false;
    withdraw(shuts, "disabled", true, opens);
  };
  async function write() {
    const [mine, opening, count] = [turn += 1, model.get("opening").trimEnd(), model.get("count")];
    const more = h("span", { class: "new" });
    text.replaceChildren(opening, more);
    running(true);
    try {
      const ids = await real.begin(opening);
      const start = ids.length;
      while (turn === mine && ids.length < start + count) {
        const id = await real.next(ids, model.get("temperature"), random());
        if (id === null || turn !== mine) break;
        ids.push(id);
        more.textContent = await real.decode(ids.slice(start));
      }
    } catch (error) {
      fail(error.message);
    }
    if (turn === mine) running(false);
  }
  return {
    node: h("div", { class: "main", "data-model": "GPT" }, line(model, "opening", "An opening, which it continues under the triangle").node,
      h("div", { class: "actions" }, on, stop), text),
    open() { on.disabled = false; },
  };
}

// The words that came with the page for this sentence, if it is one of its own.
function stored(get, setting) {
  const found = get("stored")[get("sentence")]?.[setting];
  return found && Object.entries(found).map(([token, p]) => ({ token, p }));
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const real = realModel(model);
  let shown = {}; // what is known of this sentence, by setting
  let failed = false; // and the reason stands at the door
  const ask = newest(async (_, sentence, setting) => {
    try {
      const { words } = await real.fill({ ...atBlank(sentence), setting, top: SHOWN });
      if (get("sentence") !== sentence) return;
      if (failed) door.say("");
      failed = false;
      shown[setting] = words;
      draw();
    } catch (error) {
      failed = true;
      door.say(error.message);
    }
  });
  const read = () => {
    shown = {};
    draw();
  };
  const choice = radios("How it reads", "setting", Object.entries(SETTINGS).map(([name, text]) =>
    [name, maskIcon(buildMask(MASKS[name], 5)), text]), (setting) => change(model, { setting }));
  const panel = answers(get("shares"));
  const door = fetcher(model, real, () => {
    pen.open();
    draw();
  });
  const pen = writer(model, real, door.say);
  const sentence = line(model, "sentence", "A sentence with one blank (type _)", read);
  const figure = root(el, get("label"), h("p", { class: "heading" }, get("label")), door.node,
    h("div", { class: "controls across" }, sentence.node, choice.node),
    panel.node, pen.node);
  figure.classList.add("real");

  function draw() {
    const [place, setting] = [atBlank(get("sentence")), get("setting")];
    Object.assign(figure.dataset, { setting, mask: MASKS[setting] });
    choice.show(setting);
    panel.show(place, setting, shown[setting] ?? (real.isOpen ? undefined : stored(get, setting)), place && real.isOpen);
    if (place && real.isOpen && !shown[setting]) ask(get("sentence"), setting);
  }

  // A sentence that the pair hands over (pair.js): it is asked as this model answers best, and the model comes.
  function take() {
    const { carried } = el.dataset;
    if (!carried) return;
    delete el.dataset.carried;
    change(model, { setting: "practised" });
    sentence.put(carried);
    door.open();
  }
  el.addEventListener("bertgpt:carried", take);
  queueMicrotask(take);

  return follow(model, ["setting"], draw, real.end);
}
