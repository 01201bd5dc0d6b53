// The token strips: one text, cut by the tokenizer that is chosen.

// A token in words, as Python's rows hold it: [shown, id, bytes, begins a word, special, segment].
export function describe([shown, id, bytes, begins, special, segment], place, framed, unknown = "[UNK]") {
  const start = /[\p{L}\p{N}]/u.test(shown) ? "begins a word" : "begins a sign";
  const kind = special && shown !== unknown ? "a special token: no text" : begins ? start : "goes on with it";
  const spelt = special && shown !== unknown ? [] : [`${bytes.split(" ").length === 1 ? "byte" : "bytes"} ${bytes.toUpperCase()}`];
  const part = framed ? [`segment ${segment}`] : [];
  return [`token ${place}: ${shown}`, `id ${id}`, ...spelt, kind, ...part].join(" · ");
}

const isFramed = (reader) => reader.startsWith("BERT");

// The tokens of a row, coloured by words.
function tokenOptions(row, framed, unknown) {
  let word = 0;
  return row.map((token, i) => {
    const [shown, id, , begins, special, segment] = token;
    word += begins ? 1 : 0;
    const kinds = ["token", begins ? "begins" : "goes-on", word % 2 ? "odd" : "even", special && "special",
      shown === unknown && "unknown", framed && segment && "second"].filter(Boolean);
    return h("span", { class: kinds.join(" "), role: "option", "data-id": id, "data-segment": segment,
      "aria-label": describe(token, i + 1, framed, unknown) },
    h("span", { class: "piece" }, shown), h("span", { class: "id" }, String(id)),
    ...(framed ? [h("span", { class: "segment" }, `segment ${segment}`)] : []));
  });
}

// A list of tokens in which one at a time is read out: pointed at, focused, or reached with the arrow keys.
function tokenList() {
  let current = 0;
  const strip = h("div", { class: "strip", role: "listbox", "aria-label": "tokens", "aria-orientation": "horizontal" });
  const readout = h("p", { class: "readout" });
  const options = () => [...strip.querySelectorAll("[role=option]")];

  function look(place, focus = false) {
    const all = options();
    current = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((option, i) => {
      option.tabIndex = i === current ? 0 : -1;
      option.setAttribute("aria-selected", i === current);
    });
    readout.textContent = all.length ? all[current].getAttribute("aria-label") : "no tokens";
    if (focus) all[current]?.focus();
  }

  const at = (event) => options().indexOf(event.target.closest("[role=option]"));
  for (const type of ["pointerover", "focusin", "click"]) {
    strip.addEventListener(type, (event) => { if (at(event) >= 0) look(at(event)); });
  }
  strip.addEventListener("keydown", (event) => {
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: options().length - 1 }[event.key];
    if (to === undefined) return;
    look(to, true);
    event.preventDefault();
  });
  return {
    nodes: [strip, readout],
    show(tokens) {
      strip.replaceChildren(...tokens);
      look(current);
    },
  };
}

function summary(row, unknown) {
  const specials = row.filter(([shown, , , , special]) => special && shown !== unknown).length;
  return `${row.length} token${row.length === 1 ? "" : "s"}, ${specials ? `${specials} of them special` : "none of them special"}.`;
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const reader = radios("Read by", "reader", get("names").map((name) => [name, mark(modelOf(name)), name]),
    (name) => change(model, { reader: name }));
  const text = select("Text", get("texts"), (place) => change(model, { text: place }));
  const about = h("p", { class: "about" }, "Point at a token, or move with the arrow keys. Pieces that touch belong to one word; "
    + "␣ is a space. Under each token stands its id.");
  const list = tokenList();
  const status = h("p", { class: "status", role: "status" });
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, reader.node, text.node, about),
    h("div", { class: "main" }, status, ...list.nodes));

  function draw() {
    const [name, unknown] = [get("reader"), get("unknown")];
    const row = get("strips")[name][get("text")];
    Object.assign(figure.dataset, { reader: name, model: modelOf(name) });
    reader.show(name);
    text.node.querySelector("select").replaceChildren(...get("texts").map((title, i) => h("option", { value: i }, title)));
    text.show(get("text"));
    text.node.hidden = get("texts").length < 2;
    status.textContent = summary(row, unknown);
    list.show(tokenOptions(row, isFramed(name), unknown));
  }

  return follow(model, ["reader", "text", "texts", "strips"], draw);
}

export default { render };
