// The reader's own text as every vocabulary cuts it: rows as token_strips.py makes them, from the tokens that the
// vendored tokenizer gives. A row: [shown, id, bytes in hex, begins a word?, special?, segment].

import { withSigns } from "./live.js";

// Which byte each character of a byte-level vocabulary stands for (byte_values in token_strips.py).
function byteValues() {
  const plain = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const bytes = [...Array(256).keys()];
  const hidden = bytes.filter((byte) => !plain(byte));
  return new Map(bytes.map((byte) => [String.fromCharCode(plain(byte) ? byte : 256 + hidden.indexOf(byte)), byte]));
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
const utf8 = (text) => [...new TextEncoder().encode(text)];

// Bytes as text in which one sees the spaces; half a character stays bytes (`visible` in token_strips.py).
function visibleBytes(bytes) {
  try {
    return withSigns(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)));
  } catch {
    return `‹${hex(bytes).toUpperCase()}›`;
  }
}

// What byte-level vocabularies cut apart before they look for tokens (Radford et al. 2019, section 2.2).
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
// Rare Chinese characters: the vendored tokenizer reads one half at a time, and so does not set them apart by itself.
const FAR_CHINESE = /[\u{20000}-\u{2fa1f}]/gu;

function byteLevelRows(text, { ids, tokens }, segment) {
  const values = byteValues();
  const starts = new Set();
  let at = 0;
  for (const [word] of text.matchAll(WORDS)) {
    starts.add(at);
    at += utf8(word).length;
  }
  at = 0;
  return tokens.map((token, i) => {
    const bytes = [...token].map((character) => values.get(character));
    const row = [visibleBytes(bytes), ids[i], hex(bytes), starts.has(at), false, segment];
    at += bytes.length;
    return row;
  });
}

function wordPieceRows({ ids, tokens }, segment, unknown) {
  return tokens.map((token, i) =>
    [token, ids[i], hex(utf8(token.replace(/^##/, ""))), !token.startsWith("##"), token === unknown, segment]);
}

// special: token -> id, of one vocabulary; cut(text) -> a promise of { ids, tokens } of a text with no special token in it.
async function textRows(text, { cut, special, byteLevel, unknown }, segment) {
  const names = Object.keys(special).filter((name) => name !== unknown)
    .map((name) => `${name === "[MASK]" && byteLevel ? "\\s*" : ""}${name.replace(/[[\]|<>]/g, "\\$&")}`);
  const rows = [];
  for (const part of text.split(new RegExp(`(${names.join("|")})`))) {
    const name = part.trim();
    const isSpecial = Object.hasOwn(special, name) && name !== unknown; // no text is a property that all objects have
    if (isSpecial) rows.push([name, special[name], hex(utf8(part)), true, true, segment]);
    else if (part && byteLevel) rows.push(...byteLevelRows(part, await cut(part), segment));
    else if (part) rows.push(...wordPieceRows(await cut(part.replace(FAR_CHINESE, " $& ")), segment, unknown));
  }
  return rows;
}

// One text or two between the tokens that a reader frames them with (framed_strip in token_strips.py).
export async function framedRows(texts, reader, bert) {
  const mark = (...names) => {
    const name = names.find((each) => each in reader.special);
    return (segment) => [name, reader.special[name], hex(utf8(name)), true, true, segment];
  };
  const [open, close] = bert ? [mark("[CLS]"), mark("[SEP]")] : [mark("<eos>", "<|endoftext|>"), null];
  const rows = [open(0)];
  for (const [n, text] of texts.entries()) {
    if (!bert && n) rows.push(open(0));
    rows.push(...await textRows(text, reader, bert ? n : 0));
    if (bert) rows.push(close(n));
  }
  return rows;
}
