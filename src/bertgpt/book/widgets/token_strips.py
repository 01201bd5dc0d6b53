"""The token strips: one text as several tokenizers cut it, each token with its id, its bytes and its segment."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import zip_longest

import traitlets
from tokenizers import decoders, pre_tokenizers

from ...text.tokenizer import UNK, Tokenizer
from ...text.vocabularies import PUBLISHED, course_tokenizer
from .base import SIGNS, StaticWidget, module, style


def byte_values() -> dict[str, int]:
    """Tell which byte each character of a byte-level vocabulary stands for (Radford et al. 2019, section 2.2).

    >>> [byte_values()[character] for character in "aĠ"]
    [97, 32]
    """
    alphabet = set(pre_tokenizers.ByteLevel.alphabet())
    hidden = [byte for byte in range(256) if chr(byte) not in alphabet]     # control characters, the space and such
    return {chr(256 + n): byte for n, byte in enumerate(hidden)} | {
        chr(byte): byte for byte in range(256) if byte not in hidden}


def spell(token: str, byte_level: bool) -> bytes:
    """Give the bytes that a token adds to the text."""
    if byte_level:
        values = byte_values()
        return bytes(values[character] for character in token)
    return token.removeprefix("##").encode()


def visible(piece: bytes) -> str:
    """Write a token so that one sees its spaces; half a character is written as its bytes."""
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return f"‹{piece.hex(' ').upper()}›"
    return text.translate(SIGNS)


def strip(tokenizer: Tokenizer, text: str, segment: int = 0) -> list[list]:
    """Cut one text: -> a row a token, [as it is shown, id, its bytes in hex, begins a word?, special?, segment].

    A word here is what the tokenizer cuts apart before it looks for tokens; a mark such as a comma is one.
    """
    encoding = tokenizer.backend.encode(text, add_special_tokens=False)
    byte_level = isinstance(tokenizer.backend.decoder, decoders.ByteLevel)
    rows, before = [], None
    for token, id_, word, (start, end) in zip(encoding.tokens, encoding.ids, encoding.word_ids, encoding.offsets):
        special = id_ in tokenizer.special_ids
        piece = text[start:end].encode() if special else spell(token, byte_level)
        # Our [MASK] takes the space before it along.
        shown = token.strip() if special else visible(piece) if byte_level else token
        rows.append([shown, id_, piece.hex(" "), special or word != before, special, segment])
        before = word
    return rows


def framed_strip(tokenizer: Tokenizer, texts: Sequence[str], causal: bool) -> list[list]:
    """Cut a text or two between the special tokens that finetuning.build_inputs, too, puts around them.

    Raises ValueError where the vocabulary lacks one of them.
    """
    rows = []
    for n, (id_, text) in enumerate(zip_longest(tokenizer.delimiters(len(texts), causal), texts)):
        token, segment = tokenizer.decode([id_]), 0 if causal else n
        rows.append([token, id_, token.encode().hex(" "), True, True, max(segment - 1, 0)])   # [SEP] closes a text
        rows += strip(tokenizer, text, segment) if text is not None else []
    return rows


@cache
def published() -> list[tuple[str, Tokenizer]]:
    """List the vocabularies that a page can fetch, by the names that it knows them by."""
    others = [(name.split("/")[-1], Tokenizer(build())) for name, build in PUBLISHED.items()]
    return [("course", course_tokenizer()), *others]


class TokenStrips(StaticWidget):
    """Show a text as coloured strips of tokens, one strip below the other for each of several readers.

    readers: name -> tokenizer; a name that begins with BERT reads with [CLS], [SEP] and segments, others behind <eos>
    texts: a str each, or a pair of them
    """

    _esm = module("token_strips.js")
    _css = style("live.css")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    texts = traitlets.List(traitlets.Unicode(), help="what each text is called in the picker").tag(sync=True)
    strips = traitlets.Dict(help="name -> a strip for each text").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the text that is shown").tag(sync=True)
    unknown = traitlets.Unicode(UNK).tag(sync=True)
    vocabularies = traitlets.Dict(help="name -> what a page knows its vocabulary by, where it does").tag(sync=True)
    own = traitlets.List(traitlets.Unicode(), help="the reader's own text, or two").tag(sync=True)
    own_strips = traitlets.Dict(help="name -> the strip of it").tag(sync=True)

    def __init__(self, readers: Mapping[str, Tokenizer], texts: Sequence, **traits):
        if not readers or not texts:
            raise ValueError("token strips need a reader and a text")
        self._readers = dict(readers)
        traits.setdefault("label", "Token strips")
        known = {tokenizer.sha256(): name for name, tokenizer in published()}
        vocabularies = {name: known[tokenizer.sha256()] for name, tokenizer in readers.items()
                        if tokenizer.sha256() in known}
        super().__init__(names=list(readers), vocabularies=vocabularies, **self._cut(texts), **traits)

    @traitlets.observe("own")
    def _cut_own(self, change):
        """Answer the reader's own text where there is a kernel; in a page, cutting.js does it."""
        strips = self._cut([change.new])["strips"] if change.new else {}
        self.own_strips = {name: rows for name, [rows] in strips.items()}

    def _cut(self, texts: Sequence) -> dict:
        groups = [[text] if isinstance(text, str) else list(text) for text in texts]
        strips = {name: [framed_strip(tokenizer, group, not name.startswith("BERT")) for group in groups]
                  for name, tokenizer in self._readers.items()}
        return {"texts": [" | ".join(group) for group in groups], "strips": strips}

    def shown(self) -> dict[str, list[list]]:
        """Give the strips that the page shows: name -> strip."""
        return {name: strips[self.text] for name, strips in self.strips.items()}

    def _summary(self) -> str:
        return f"readers={len(self.names)}, texts={len(self.texts)}"
