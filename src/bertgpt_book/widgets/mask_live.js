// The mask explorer with the engine: the reader's own sentence, whole passes under any mask, and each row's top token.

import { change, h, withdraw } from "./common.js";
import { newest } from "./engine/client.js";
import { findings, ownText, PAIR, port, readable, sizeOf, withBlanks } from "./live.js";

const ROOM = 14; // tokens of a sentence, without its frame

// As mask_explorer.py's `reads`: each model's ids, and its tokens as the grid names them.
function framed({ ids, tokens }, { cls, sep }) {
  const names = tokens.map(readable);
  return {
    BERT: { ids: [cls, ...ids, sep], tokens: ["[CLS]", ...names, "[SEP]"] },
    GPT: { ids, tokens: names },
  };
}

// One head's weights of a pass, in a line -> n rows of n.
const square = (flat, n) => Array.from({ length: n }, (_, t) => [...flat.slice(t * n, (t + 1) * n)]);

// -> { node, get, isOwn(), fetched(), pass(name, may) }: get and isOwn() stand in for what is stored while a sentence of the
// reader's is shown; pass gives { attention, words } of one whole pass, or undefined while it is not there (redraw follows,
// where the models are fetched or on their way)
export function livePasses(model, redraw) {
  const door = port(model);
  let own = null; // the reader's sentence, as `framed` has it
  let live = false; // the models are here, or on their way
  const about = h("p", { class: "status" });
  const fetchAll = h("button", { type: "button", onclick: () => read(field.value) }, `Fetch the models (${sizeOf(PAIR.BERT)} each)`);
  const expect = (isThere) => withdraw(fetchAll, "hidden", live = isThere, field.node.control);
  const fail = () => {
    expect(false);
    fetchAll.textContent = "Try again";
    redraw();
  };
  const reads = () => own ?? model.get("reads");
  const read = newest(async (isNewest, text) => {
    expect(true);
    const cut = await door.run(async (engine) => framed(await engine.encode(withBlanks(text)), engine.special));
    if (!isNewest()) return;
    if (!cut) return fail();
    const n = cut.GPT.ids.length;
    about.textContent = n > ROOM ? `${n} tokens: there is room for ${ROOM}. Below stands the page’s.` : "";
    const before = reads().BERT.ids.length;
    own = n && n <= ROOM ? cut : null;
    if (reads().BERT.ids.length !== before) change(model, { own: [] }); // what was painted has no place there
    redraw();
  });
  const passes = findings(async (name, ids, mask) => {
    const pass = await door.run((engine) => engine.run(PAIR[name], ids, { mask, top: 1 }));
    if (!pass) return fail();
    const n = ids.length;
    return { attention: pass.attention.map((heads) => heads.map((head) => square(head, n))),
      words: pass.words.map(([{ token }], t) => (name !== "BERT" ? readable(token)
        : t % (n - 1) === 0 ? "" : readable(token).replace(t === 1 ? /^…/ : "", ""))) };
  }, redraw);
  const field = ownText(model, { label: "Your own sentence with _ for a [MASK]" }, read);
  return {
    node: h("div", { class: "ask" }, field.node, fetchAll, door.node, about),
    get: (name) => (name === "tokens" ? reads()[model.get("model")].tokens : undefined),
    isOwn: () => own !== null,
    fetched: () => live,
    pass: (name, may) => (live ? passes.of(name, reads()[name].ids, may) : undefined),
  };
}
