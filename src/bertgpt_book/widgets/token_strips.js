// The token strips: one text, cut by the tokenizer that is chosen.

import { change, follow, h, mark, modelOf, root, select } from "./common.js";
import { framedRows } from "./cutting.js";
import { newest } from "./engine/client.js";
import { ownText, port, rovingFocus } from "./live.js";

const UNKNOWN = "[UNK]";

// A token in words, as Python's rows hold it: [shown, id, bytes, begins a word, special, segment].
function describe([shown, id, bytes, begins, special, segment], place, framed) {
  const start = shown === UNKNOWN ? "stands for what is not in the vocabulary" : shown.startsWith("‹") ? "begins a character"
    : /[\p{L}\p{N}]/u.test(shown) ? "begins a word" : "begins a sign";
  const kind = special && shown !== UNKNOWN ? "a special token: no text" : begins ? start : "goes on with it";
  const spelt = special ? [] : [`${bytes.split(" ").length === 1 ? "byte" : "bytes"} ${bytes.toUpperCase()}`];
  const part = framed ? [`segment ${segment}`] : [];
  return [`token ${place}: ${shown}`, `id ${id}`, ...spelt, kind, ...part].join(" · ");
}

const isFramed = (reader) => reader.startsWith("BERT");

function tokenOptions(row, framed) {
  let word = 0;
  return row.map((token, i) => {
    const [shown, id, , begins, special, segment] = token;
    word += begins ? 1 : 0;
    const kinds = ["token", begins ? "begins" : "goes-on", word % 2 ? "odd" : "even", special && "special",
      shown === UNKNOWN && "unknown", framed && segment && "second"].filter(Boolean);
    const words = describe(token, i + 1, framed);
    const seen = [shown, id, ...(framed ? [`segment ${segment}`] : [])].join(" "); // the name begins with what is seen
    return h("span", { class: kinds.join(" "), role: "option", "aria-selected": "false", "data-id": id,
      "data-segment": segment, "data-words": words, "aria-label": `${seen}: ${words}` },
    h("span", { class: "piece" }, shown), " ", h("span", { class: "id" }, String(id)),
    ...(framed ? [" ", h("span", { class: "segment" }, `segment ${segment}`)] : []));
  });
}

// A list of tokens, one of which can be reached by Tab and the others by the arrow keys; tell(words) hears of each that is
// pointed at or focused.
function tokenList(label, tell) {
  const strip = h("div", { class: "strip", role: "listbox", "aria-label": label, "aria-orientation": "horizontal" });
  const options = () => [...strip.querySelectorAll("[role=option]")];
  const point = rovingFocus(strip, options);
  for (const type of ["pointerover", "focusin", "click"]) {
    strip.addEventListener(type, ({ target }) => {
      const chosen = options().indexOf(target.closest("[role=option]"));
      if (chosen < 0) return;
      options().forEach((option, i) => option.setAttribute("aria-selected", i === chosen));
      tell(point(chosen).dataset.words);
    });
  }
  return {
    node: strip,
    show(tokens) {
      strip.replaceChildren(...tokens);
      point();
    },
  };
}

export function summary(row) {
  const specials = row.filter(([shown, , , , special]) => special && shown !== UNKNOWN).length;
  const lost = row.filter(([shown]) => shown === UNKNOWN).length;
  return [`${row.length} token${row.length === 1 ? "" : "s"}`, ...(specials ? [`${specials} special`] : []),
    ...(lost ? [`${lost} unknown`] : [])].join(", ");
}

function reading(name, tell) {
  const count = h("span", { class: "detail" });
  const list = tokenList(`tokens of ${name}`, (words) => tell(`${name}, ${words}`));
  return {
    node: h("section", { "data-reader": name, "data-model": modelOf(name), "aria-label": name },
      h("p", { class: "heading" }, mark(modelOf(name)), h("span", {}, name), count), list.node),
    show(row) {
      count.textContent = summary(row);
      list.show(tokenOptions(row, isFramed(name)));
    },
  };
}

export function render({ model, el }) {
  const get = (name) => model.get(name);
  const text = select("Text", get("texts"), (place) => {
    cut.drop();
    for (const field of fields) field.show("");
    change(model, { text: place, own: [], own_strips: {} });
  });
  const readout = h("p", { class: "readout" });
  const readings = get("names").map((name) => reading(name, (words) => { readout.textContent = words; }));
  // A kernel cuts with the tokenizers that it has; a page fetches those that were published.
  const door = port(model, []);
  const cut = newest((isNewest, texts) => door.run(async (engine) => {
    const known = Object.entries(get("vocabularies"));
    const strips = await Promise.all(known.map(async ([name, vocabulary]) => {
      const reader = { ...await engine.learn(vocabulary), cut: (text) => engine.cut(vocabulary, text) };
      return [name, await framedRows(texts, reader, isFramed(name))];
    }));
    if (isNewest()) change(model, { own: texts, own_strips: Object.fromEntries(strips) });
  }));
  const onInput = () => {
    if (model.send && written().length) readout.textContent = "The kernel is asked to cut this text.";
    cut.drop();
    if (model.send || !written().length) change(model, { own: written(), ...(written().length ? {} : { own_strips: {} }) });
    else cut(written());
  };
  const fields = [
    ownText(model, { label: "Or your own text", how: "_ and all, as it stands (fetches the vocabularies, 0.8 MB)" }, onInput),
    ownText(model, { label: "and a second one", hint: "BERT reads two with two segments" }, onInput)];
  const written = () => (fields[0].value ? fields.map(({ value }) => value).filter(Boolean) : []);
  const about = h("p", { class: "about" }, "Point at a token or tap it, or move with the arrow keys. Pieces that touch belong to one word; "
    + "␣ is a space. Under each token stands its id.");
  root(el, get("label"), h("div", { class: "controls across" }, text.node, ...fields.map(({ node }) => node), about),
    h("div", { class: "main readings" }, door.node, ...readings.map(({ node }) => node), readout));

  function draw() {
    text.show(get("text"));
    const own = get("own").length ? get("own_strips") : null;
    readings.forEach((each, i) => {
      const row = own ? own[get("names")[i]] : get("strips")[get("names")[i]][get("text")];
      each.node.hidden = !row; // a vocabulary that no page knows
      if (row) each.show(row);
    });
    readout.textContent = "Choose a token to read it.";
  }

  return follow(model, ["text", "own_strips"], draw);
}
