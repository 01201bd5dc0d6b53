"""The token strips: one text split by several tokenizers, each token with id, bytes and segment."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import zip_longest

import traitlets
from tokenizers import decoders, pre_tokenizers

from bertgpt.model.bert import BERT
from bertgpt.model.gpt import GPT
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import PUBLISHED, course_tokenizer

from .base import SIGNS, StaticWidget, module, style


def byte_values() -> dict[str, int]:
    """Map each character of a byte-level vocabulary to its byte (Radford et al. 2019, section 2.2)."""
    alphabet = set(pre_tokenizers.ByteLevel.alphabet())
    hidden = [byte for byte in range(256) if chr(byte) not in alphabet]  # spaces, control characters
    return {chr(256 + n): byte for n, byte in enumerate(hidden)} | {
        chr(byte): byte for byte in range(256) if byte not in hidden
    }


def visible(piece: bytes) -> str:
    """Write a token with visible spaces; a part of a character as its bytes."""
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return f"‹{piece.hex(' ').upper()}›"
    return text.translate(SIGNS)


def strip(tokenizer: Tokenizer, text: str, segment: int = 0) -> list[list]:
    """Split one text: -> a row per token, [as shown, id, bytes in hex, begins a word?, special?, segment].

    Words are what the tokenizer splits first; punctuation such as a comma is a word too.
    """
    encoding = tokenizer.backend.encode(text, add_special_tokens=False)
    byte_level = isinstance(tokenizer.backend.decoder, decoders.ByteLevel)
    values, rows, before = byte_values(), [], None
    for token, id_, word, (start, end) in zip(encoding.tokens, encoding.ids, encoding.word_ids, encoding.offsets):
        special = id_ in tokenizer.special_ids
        piece = (
            text[start:end].encode()
            if special
            else bytes(values[character] for character in token)
            if byte_level
            else token.removeprefix("##").encode()
        )
        # Our [MASK] includes the space before it.
        shown = token.strip() if special else visible(piece) if byte_level else token
        rows.append([shown, id_, piece.hex(" "), special or word != before, special, segment])
        before = word
    return rows


def framed_strip(tokenizer: Tokenizer, texts: Sequence[str], causal: bool) -> list[list]:
    """Split a text or two, with the special tokens that finetuning.build_inputs puts around them."""
    framing, rows = (GPT if causal else BERT).framing, []
    names = [framing.opening, *[framing.separator] * (len(texts) - 1), *framing.closing]
    for n, (id_, text) in enumerate(zip_longest(map(tokenizer.special_id, names), texts)):
        token, segment = tokenizer.decode([id_]), 0 if causal else n
        rows.append([token, id_, token.encode().hex(" "), True, True, max(segment - 1, 0)])  # [SEP] closes a text
        rows += strip(tokenizer, text, segment) if text is not None else []
    return rows


@cache
def published() -> dict[str, str]:
    """List the vocabularies that a page can fetch: the hash of each -> the page's name for it."""
    others = {Tokenizer(build()).sha256(): name.split("/")[-1] for name, build in PUBLISHED.items()}
    return {course_tokenizer().sha256(): "course", **others}


class TokenStrips(StaticWidget):
    """Show a text as coloured strips of tokens, one strip for each reader.

    readers: name -> tokenizer; a name that begins with BERT adds [CLS], [SEP] and segments, others <eos>
    texts: a str each, or a pair of them
    """

    _esm = module("token_strips.js")
    _css = style("live.css")

    label = traitlets.Unicode("Token strips").tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    texts = traitlets.List(traitlets.Unicode(), help="the texts to choose from").tag(sync=True)
    strips = traitlets.Dict(help="name -> a strip per text").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the text shown").tag(sync=True)
    vocabularies = traitlets.Dict(help="name -> the page's name for its vocabulary").tag(sync=True)
    own = traitlets.List(traitlets.Unicode(), help="the reader's own text, or two").tag(sync=True)
    own_strips = traitlets.Dict(help="name -> its strip").tag(sync=True)

    def __init__(self, readers: Mapping[str, Tokenizer], texts: Sequence, **traits):
        self._readers = dict(readers)
        hashes = {name: tokenizer.sha256() for name, tokenizer in readers.items()}
        super().__init__(
            names=list(readers),
            vocabularies={name: published()[each] for name, each in hashes.items() if each in published()},
            **self._split(texts),
            **traits,
        )

    @traitlets.observe("own")
    def _split_own(self, change):
        """Split the reader's own text where there is a kernel; in a page, cutting.js does it."""
        strips = self._split([change.new])["strips"] if change.new else {}
        self.own_strips = {name: rows for name, [rows] in strips.items()}

    def _split(self, texts: Sequence) -> dict:
        groups = [[text] if isinstance(text, str) else list(text) for text in texts]
        strips = {
            name: [framed_strip(tokenizer, group, not name.startswith("BERT")) for group in groups]
            for name, tokenizer in self._readers.items()
        }
        return {"texts": [" | ".join(group) for group in groups], "strips": strips}
