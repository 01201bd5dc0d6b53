// The mask explorer with the engine: the reader's own sentence, whole passes under any mask, and the word that each
// row names.

import { change, h, withdraw } from "./common.js";
import { newest } from "./engine/client.js";
import { MODEL_SIZE, ownText, PAIR, port, readable, spaced } from "./live.js";
import { explorer } from "./mask_explorer.js";

const ROOM = 16; // tokens of a sentence

// -> { node, get, here(), fetched(), pass(name, may) }: get and here() stand in for what is stored while a sentence of the
// reader's is shown; pass gives { attention, words } of one whole pass, or undefined while it is not there (redraw follows,
// where the models are fetched or on their way)
function wholePasses(model, redraw) {
  const door = port(model, Object.values(PAIR));
  let own = null; // the reader's sentence: { ids, tokens }
  let live = false; // the models are here, or on their way
  let found = { key: "" };
  const about = h("p", { class: "status" });
  const fetchAll = h("button", { type: "button", onclick: () => read(field.value) }, `Fetch the models (${MODEL_SIZE} each)`);
  const expect = (isThere) => {
    live = isThere;
    withdraw(fetchAll, "hidden", live, field.node.control);
  };
  const fail = () => {
    expect(false);
    fetchAll.textContent = "Try again";
    redraw();
  };
  const length = () => (own ? own.ids : model.get("ids")).length;
  const read = newest(async (text) => {
    expect(true);
    const cut = text.trim() ? await door.run((engine) => engine.encode(spaced(text.trim()))) : { ids: [] };
    if (!cut) {
      fail();
      return;
    }
    const n = cut.ids.length;
    about.textContent = n > ROOM ? `${n} tokens: there is room for ${ROOM}.` : "";
    if (n > ROOM) return;
    const before = length();
    own = n ? { ids: cut.ids, tokens: cut.tokens.map(readable) } : null;
    if (length() !== before) change(model, { own: [] }); // what was painted has no place there
    redraw();
  });
  const request = newest(async (key, name, ids, mask) => {
    const pass = await door.run((engine) => engine.run(PAIR[name], ids, { mask, top: 1 }));
    if (!pass) {
      fail();
      return;
    }
    const n = ids.length;
    const square = (flat) => Array.from({ length: n }, (_, t) => [...flat.slice(t * n, (t + 1) * n)]);
    found = { key, attention: pass.attention.map((heads) => heads.map(square)),
      words: pass.words.map(([{ token }]) => readable(token)) };
    redraw();
  });
  const field = ownText("Your own sentence", "type here", read);
  return {
    node: h("div", { class: "ask" }, field.node, fetchAll, door.node, about),
    get: (name) => (name === "tokens" && own ? own.tokens : undefined),
    here: () => own !== null,
    fetched: () => live,
    pass(name, may) {
      if (!live) return undefined;
      const ids = own ? own.ids : model.get("ids");
      const key = JSON.stringify([name, ids, may]);
      if (found.key === key) return found;
      request(key, name, ids, may);
      return undefined;
    },
  };
}

export function render({ model, el }) {
  return explorer({ model, el }, (redraw) => wholePasses(model, redraw));
}
