// The token strips: one text, cut by the tokenizer that is chosen.

// A token in words, as Python's rows hold it: [shown, id, bytes, begins a word, special, segment].
export function describe([shown, id, bytes, begins, special, segment], place, framed, unknown = "[UNK]") {
  const start = /[\p{L}\p{N}]/u.test(shown) ? "begins a word" : "begins a sign";
  const kind = special && shown !== unknown ? "a special token: no text" : begins ? start : "goes on with it";
  const spelt = special && shown !== unknown ? [] : [`${bytes.split(" ").length === 1 ? "byte" : "bytes"} ${bytes.toUpperCase()}`];
  const part = framed ? [`segment ${segment}`] : [];
  return [`token ${place}: ${shown}`, `id ${id}`, ...spelt, kind, ...part].join(" · ");
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const framed = () => get("reader").startsWith("BERT");
  let current = 0; // the token that is read out

  const controls = {
    reader: radios("Read by", "reader", get("names").map((name) => [name, mark(modelOf(name)), name]),
      (reader) => change(model, { reader })),
    text: select("Text", get("texts"), (text) => change(model, { text })),
    about: h("p", { class: "about" }, "Point at a token, or move with the arrow keys. Pieces that touch belong to one word; "
      + "␣ is a space. Under each token stands its id."),
  };
  const field = controls.text.node.querySelector("select");
  const strip = h("div", { class: "strip", role: "listbox", "aria-label": "tokens", "aria-orientation": "horizontal" });
  const readout = h("p", { class: "readout" });
  const status = h("p", { class: "status", role: "status" });
  const figure = root(el, get("label"),
    h("div", { class: "controls" }, controls.reader.node, controls.text.node, controls.about),
    h("div", { class: "main" }, status, strip, readout));

  const row = () => get("strips")[get("reader")][get("text")];
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
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: row().length - 1 }[event.key];
    if (to === undefined) return;
    look(to, true);
    event.preventDefault();
  });

  function draw() {
    const tokens = row();
    figure.dataset.reader = get("reader");
    figure.dataset.model = modelOf(get("reader"));
    controls.reader.show(get("reader"));
    field.replaceChildren(...get("texts").map((text, i) => h("option", { value: i }, text)));
    controls.text.show(get("text"));
    controls.text.node.hidden = get("texts").length < 2;

    let word = 0;
    strip.replaceChildren(...tokens.map((token, i) => {
      const [shown, id, , begins, special, segment] = token;
      word += begins ? 1 : 0;
      const kinds = ["token", begins ? "begins" : "goes-on", word % 2 ? "odd" : "even", special && "special",
        shown === get("unknown") && "unknown", framed() && segment && "second"].filter(Boolean);
      return h("span", { class: kinds.join(" "), role: "option", "data-id": id, "data-segment": segment,
        "aria-label": describe(token, i + 1, framed(), get("unknown")) },
      h("span", { class: "piece" }, shown), h("span", { class: "id" }, String(id)),
      ...(framed() ? [h("span", { class: "segment" }, `segment ${segment}`)] : []));
    }));
    const specials = tokens.filter(([shown, , , , special]) => special && shown !== get("unknown")).length;
    const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
    status.textContent = `${count(tokens.length, "token")}, ${specials ? `${specials} of them special` : "none of them special"}.`;
    look(current);
  }

  return follow(model, ["reader", "text", "texts", "strips"], draw);
}

export default { render };
