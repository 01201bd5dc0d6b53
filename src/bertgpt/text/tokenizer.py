"""Text to ids and back: a thin wrapper around the tokenizers library."""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers, trainers

from ..assets import write_atomically

PAD, CLS, SEP, MASK, EOS, UNK = "[PAD]", "[CLS]", "[SEP]", "[MASK]", "<eos>", "[UNK]"
GPT2_EOS = "<|endoftext|>"  # GPT-2's only special token: <eos> by another name

PIECE = 2**15  # characters to encode at once: the library takes 400 bytes for each
GAP = re.compile(r"(?<=\S)(?=[ \n])")


class Tokenizer:
    """Encode text; asking for a special token that the vocabulary lacks (BERT's own has no <eos>) raises ValueError."""

    def __init__(self, backend: tokenizers.Tokenizer, chat_template: str = ""):
        self.backend, self.chat_template = backend, chat_template
        self.special_ids = {i for i, token in backend.get_added_tokens_decoder().items() if token.special}

    @classmethod
    def from_file(cls, path: str | Path) -> "Tokenizer":
        """Read a tokenizer.json. Raises ValueError, naming the file, when it cannot be read as one."""
        try:
            backend = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises a bare Exception
            raise ValueError(f"{path} cannot be read as a tokenizer: {error}") from None
        backend.no_truncation()  # some checkpoints store both; here the code that
        backend.no_padding()  # makes batches decides what is cut or padded
        return cls(backend)

    @classmethod
    def train_bpe(cls, texts, vocab_size: int) -> "Tokenizer":
        """Learn byte-level BPE: merge the most frequent pair of symbols until there are `vocab_size`.

        texts: an iterable of str
        Sennrich et al. 2016, section 3.2; on bytes: Radford et al. 2019, section 2.2.
        """
        backend = tokenizers.Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        mask = AddedToken(MASK, lstrip=True, special=True)  # takes the space before it: here a word begins with its own
        special, alphabet = [PAD, CLS, SEP, mask, EOS], pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size, special_tokens=special, show_progress=False, initial_alphabet=alphabet
        )
        backend.train_from_iterator(texts, trainer)
        return cls(backend)

    @classmethod
    def train_char(cls, texts) -> "Tokenizer":
        """Take every character of the texts, an iterable of str, as a token; any other character becomes [UNK]."""
        backend = tokenizers.Tokenizer(models.WordLevel(unk_token=UNK))
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
        backend.decoder = decoders.Fuse()
        pieces = (text[start : start + PIECE] for text in texts for start in range(0, len(text), PIECE))
        trainer = trainers.WordLevelTrainer(special_tokens=[PAD, CLS, SEP, MASK, EOS, UNK], show_progress=False)
        backend.train_from_iterator(pieces, trainer)
        return cls(backend)

    @property
    def vocab_size(self) -> int:
        return self.backend.get_vocab_size()

    def find(self, *tokens: str) -> int | None:
        """Return the id of the first of these tokens that the vocabulary has, or None."""
        return next((i for i in map(self.backend.token_to_id, tokens) if i is not None), None)

    def special_id(self, name: str) -> int:
        """Return the id of a special token; ValueError where the vocabulary has none of this name."""
        id_ = self.find(name, *([GPT2_EOS] if name == EOS else []))
        if id_ is None:
            raise ValueError(f"this vocabulary has no {name}: take the tokenizer that belongs to the model")
        return id_

    def with_mask(self, token_id: int) -> "Tokenizer":
        """Call a special token [MASK], for a vocabulary that has none: the same tokens, one of another name.

        As in the course's own vocabulary it takes the space before it: the word that it hides begins with one.
        Raises ValueError for an id that is not a special token's.
        """
        settings = json.loads(self.backend.to_str())
        added = {token["id"]: token for token in settings["added_tokens"]}
        if token_id not in added:
            raise ValueError(f"token_id {token_id} is no special token: choose one of {sorted(added)}")
        old = added[token_id]["content"]
        added[token_id] |= {"content": MASK, "lstrip": True}
        vocabulary = settings["model"]["vocab"]
        if old in vocabulary:
            vocabulary[MASK] = vocabulary.pop(old)
        return Tokenizer(tokenizers.Tokenizer.from_str(json.dumps(settings)), self.chat_template)

    pad_id = property(lambda self: self.special_id(PAD))
    cls_id = property(lambda self: self.special_id(CLS))
    sep_id = property(lambda self: self.special_id(SEP))
    mask_id = property(lambda self: self.special_id(MASK))
    eos_id = property(lambda self: self.special_id(EOS))

    def encode(self, text: str) -> list[int]:
        """Turn a text into ids, adding nothing to it."""
        return self.backend.encode(text, add_special_tokens=False).ids

    def encode_plain(self, text: str) -> list[int]:
        """Turn a text into ids, reading "[MASK]" or "<eos>" in it as ordinary characters."""
        return self.plain_backend.encode(text, add_special_tokens=False).ids

    @cached_property
    def plain_backend(self) -> tokenizers.Tokenizer:
        """A second backend, because a flag set on a shared one would be seen by every thread."""
        plain = tokenizers.Tokenizer.from_str(self.backend.to_str())
        plain.encode_special_tokens = True
        return plain

    def pieces(self, text: str, size: int = PIECE) -> Iterator[str]:
        """Cut a long text into pieces of `size` characters or little more, before the space or line break after a word.

        No token of ours crosses such a gap, so the pieces encode, one after the other, to the ids of the whole.
        """
        start = 0
        while start < len(text):
            gap = GAP.search(text, start + size)
            end = gap.start() if gap else len(text)
            yield text[start:end]
            start = end

    def encode_pair(self, first: str, second: str | None = None) -> tuple[list[int], list[int]]:
        """Frame one text or two the way BERT reads them.

        -> ids of [CLS] first [SEP] second [SEP], and as many segments: 0 up to the first [SEP], then 1
        Devlin et al. 2019, figure 2.
        """
        ids = [self.cls_id, *self.encode(first), self.sep_id]
        segments = [0] * len(ids)
        if second is not None:
            tail = [*self.encode(second), self.sep_id]
            ids, segments = ids + tail, segments + [1] * len(tail)
        return ids, segments

    def decode(self, ids) -> str:
        """Turn ids back into text, special tokens included; ids: (T,) ints."""
        return self.backend.decode([int(i) for i in ids], skip_special_tokens=False)

    def chat(self, messages: list[dict[str, str]]) -> str:
        """Write a conversation the way an assistant was trained to read it, up to where it answers.

        messages: [{"role": "user", "content": ...}, ...]; roles are "system", "user" and "assistant"
        -> a text whose special tokens `encode` reads as such
        Raises ValueError for a vocabulary that came without a template.
        """
        if not self.chat_template:
            raise ValueError("this vocabulary has no chat template: take that of a model trained on conversations")
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(self.chat_template)
        return template.render(messages=messages, add_generation_prompt=True)

    def tokens(self, ids) -> list[str]:
        """Decode each id on its own; half a character becomes U+FFFD."""
        return [self.decode([i]) for i in ids]

    def sha256(self) -> str:
        return hashlib.sha256(self.backend.to_str().encode("utf-8")).hexdigest()

    def save(self, path: str | Path) -> None:
        """Write the tokenizer.json that `from_file` and transformers read."""
        path = Path(path)
        write_atomically(path.parent, {path.name: self.backend.to_str(pretty=True)})


def with_leading_space(text: str) -> str:
    """Put a space before a text that begins without one, so that its first word is encoded like any other."""
    return text if text[:1].isspace() else f" {text}"
