"""Is it the right side that an opened decoder cannot use, or the strange token in the blank? And what does it know?

Under the square two things are new to SmolLM2 at once: the row that answers meets keys on its right, and one of them is
the blank, a token that no weight was trained for. Two more masks take these apart: the square in which nobody but the
blank itself sees the blank, and the triangle in which the row that answers sees the blank, one token to its right, and
nothing else there. Sentences, fitting words, the blank's vector (the mean of all tokens' vectors) and where the answer
is read (one token before the blank) are those of `open_a_real_mask`, whose two untrained rows come out again.

What could the same weights reach? Under their own triangle, without any practice:

- "prompt": the whole sentence stands in front, with a gap in it, and the missing word is asked for behind it: with no
  sentence solved before it, with three, and with the chat template. All three were fixed before any was judged.
- "every word tried": each word of a list goes into the gap, and the most probable whole sentence wins. The list has all
  words of one token that fit one of the sentences, so that the right ones are among them: more is known here than when
  any token may come. Where no word of one token fits, it cannot win.

A word is right if it is in the sentence's list of words that fit. The lists were written by a language model, with the
sentences; a fitting word that nobody thought of counts as wrong, and no person was asked.
"""

from collections.abc import Iterator
from functools import cache, partial

import torch
from experiments import BFLOAT16, Row, fingerprint, main
from torch import Tensor

from bertgpt import load_tokenizer
from bertgpt.assets import CONTENTS
from bertgpt.model.attention import KVCache
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt_book.modern import load_modern, share_weights
from bertgpt_book.modern.adapters import Adapter
from bertgpt_book.modern.model import Decoder, OpenDecoder
from bertgpt_book.modern.wheels import SMOLLM2, WHEELS
from bertgpt_book.tasks.labelled import plain_sentences, right_side_sentences

NAME = "blank_in_sight"
BLANK = "<reponame>"  # a token of its vocabulary that texts do not hold stands for [MASK]
FILES = ["labelled/right_side.tsv", "labelled/plain_sentences.tsv"]
DATA = {file: CONTENTS[file] for file in FILES}
SENTENCES = {"right": right_side_sentences(), "plain": plain_sentences()}
SOLVED = [
    ("The ___ was ripe, so we picked it from the tree.", "apple"),
    ("A ___ builds houses of brick.", "builder"),
    ("They ___ the boat across the lake.", "rowed"),
]
ASKED = "Sentence: {}\nMissing word:"
CHAT = "Which one word is missing in this sentence? {}"
CHAT_ANSWER = 'The missing word is "'
AT_ONCE = 64  # words tried in one batch


class BlankUnseen(OpenDecoder):
    """The square, in which the blank sees all, and nobody but the blank itself sees the blank."""

    blank: Tensor  # (B, T) bool, for the next call

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        own = torch.eye(n_queries, dtype=torch.bool)  # (T, S)
        return super().build_mask(attention_mask, n_queries) & (~self.blank[:, None, None, :] | own)  # (B, 1, T, S)


class BlankSeen(Decoder):
    """The triangle, in which the token before the blank sees the blank, too."""

    blank: Tensor  # (B, T) bool, for the next call

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        before = self.blank.roll(-1, dims=1)  # (B, T)
        return super().build_mask(attention_mask, n_queries) | (before[:, :, None] & self.blank[:, None, :])[:, None]


MASKS = {
    "triangle": Decoder,
    "square": OpenDecoder,
    "square, blank unseen": BlankUnseen,
    "triangle, blank seen": BlankSeen,
}


@cache
def tokenizer():
    return load_tokenizer(SMOLLM2)


@cache
def decoder() -> Decoder:
    return load_modern(SMOLLM2)


def judge(items: list, answers: list[list[str]]) -> list[int]:
    """Judge five words each: 2 where the first word fits, 1 where another does, 0 where none does."""
    fits = [{each.lower() for each in item.fits} for item in items]
    return [2 if a[0] in f else int(not f.isdisjoint(a)) for a, f in zip(answers, fits)]


def words_of(logits: Tensor) -> list[str]:
    return [tokenizer().decode([token]).strip().lower() for token in logits.topk(5).indices.tolist()]


def judged(fill) -> dict:
    """Judge fill(items) -> five words each, on the sentences of both kinds."""
    results = {}
    for kind, items in SENTENCES.items():
        answers = fill(items)
        results[kind] = judge(items, answers)
        results[f"{kind}: first answers"] = " ".join(a[0].replace(" ", "") or "_" for a in answers)
    return results


@torch.inference_mode()
def at_the_blank(model, items: list) -> list[list[str]]:
    """Fill the blank of each sentence with the five most probable tokens, asked one token before it."""
    blank = tokenizer().special_id(BLANK)
    lefts = [[tokenizer().eos_id, *tokenizer().encode(item.left)] for item in items]
    rows = [[*left, blank, *tokenizer().encode(item.right)] for left, item in zip(lefts, items)]
    answers = {}
    for chunk in length_sorted_batches(rows, 16):
        ids, mask = pad([rows[i] for i in chunk], tokenizer().eos_id)  # (B, T)
        model.blank = ids == blank
        logits = model(ids, attention_mask=mask, positions=model.blank.roll(-1, dims=1))  # (B, V)
        answers |= {i: words_of(of_row) for i, of_row in zip(chunk, logits)}
    return [answers[i] for i in range(len(rows))]


def under(mask: str) -> dict:
    """Judge the model as it is under a mask; the blank's vector is the mean of all."""
    model = share_weights(decoder(), MASKS[mask])
    adapter = Adapter(model, token_id=tokenizer().special_id(BLANK))  # B is zero: nothing is added
    adapter.token.vector.data = adapter.embedding.weight.mean(dim=0)
    results = judged(partial(at_the_blank, model))
    adapter.detach()
    return results


def prompt(way: str, item) -> list[int]:
    """Write the ids of a prompt that asks for the missing word of a sentence."""
    sentence = f"{item.left.strip()} ___{item.right}".strip()
    if way == "chat":
        text = tokenizer().chat([{"role": "user", "content": CHAT.format(sentence)}])
        return tokenizer().encode(text + CHAT_ANSWER)
    solved = [f"{ASKED.format(each)} {word}" for each, word in SOLVED] if way == "three solved" else []
    return [tokenizer().eos_id, *tokenizer().encode("\n\n".join([*solved, ASKED.format(sentence)]))]


@torch.inference_mode()
def prompted(way: str, items: list) -> list[list[str]]:
    return [words_of(decoder()(torch.tensor([prompt(way, item)]))[0, -1]) for item in items]


def by_prompt(way: str) -> dict:
    return judged(partial(prompted, way))


@cache
def word_list() -> tuple[tuple[str, int], ...]:
    """List the words of one token that fit in any of the sentences: -> words and their tokens."""
    words = sorted({word.lower() for item in SENTENCES["right"] for word in item.fits})
    encoded = [(word, tokenizer().encode(f" {word}")) for word in words]
    return tuple((word, ids[0]) for word, ids in encoded if len(ids) == 1)


@torch.inference_mode()
def every_word(items: list) -> list[list[str]]:
    """Try each word of the list in the gap: -> the five whose whole sentences are most probable.

    Matrix products take their inputs in bfloat16 where that is not emulated: it halves the time.
    """
    answers = []
    tokens = torch.tensor([token for _, token in word_list()])  # (W,)
    for item in items:
        left = torch.tensor([[tokenizer().eos_id, *tokenizer().encode(item.left)]])  # (1, T)
        right = torch.tensor(tokenizer().encode(item.right))  # (R,)
        given = [KVCache() for _ in decoder().blocks]
        first = decoder()(left, cache=given)[0, -1].float().log_softmax(dim=-1)[tokens]  # (W,)
        rest = []
        for part in tokens.split(AT_ONCE):
            rows = torch.cat([part[:, None], right[:-1].expand(len(part), -1)], dim=1)  # (B, R)
            logs = decoder()(rows, cache=repeated(given, len(part))).float().log_softmax(dim=-1)  # (B, R, V)
            rest.append(logs.gather(2, right.expand(len(part), -1)[..., None]).sum(dim=(1, 2)))  # (B,)
        best = (first + torch.cat(rest)).topk(5).indices.tolist()
        answers.append([word_list()[i][0] for i in best])
    return answers


def by_trying(writer: str) -> dict:
    """Judge the words whose whole sentences are most probable, on one writer's sentences of the right side."""
    items = [item for item in SENTENCES["right"] if item.writer == writer]
    with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        answers = every_word(items)
    first = " ".join(words[0] for words in answers)
    return {"words": len(word_list()), "right": judge(items, answers), "right: first answers": first}


def repeated(cache: list[KVCache], n: int) -> list[KVCache]:
    """Give n rows the keys and values of one."""
    copies = [KVCache() for _ in cache]
    for copy, one in zip(copies, cache):
        copy.past = one.past
        copy.select(torch.zeros(n, dtype=torch.long))
    return copies


def rows() -> Iterator[Row]:
    data = (*DATA.values(), WHEELS[SMOLLM2].sha256)
    for mask in MASKS:
        yield Row(mask, partial(under, mask), data, (SMOLLM2,), 40)
    for way in ("none solved", "three solved", "chat"):
        asked = fingerprint(ASKED, str(SOLVED), CHAT, CHAT_ANSWER)
        yield Row(f"prompt, {way}", partial(by_prompt, way), (*data, asked), (SMOLLM2,), 90)
    for writer in ("prototype", "a", "b"):
        yield Row(f"every word tried, {writer}", partial(by_trying, writer), data, (SMOLLM2,), 300)


ABOUT = {
    "model": WHEELS[SMOLLM2].requirement,
    "judged by": {kind: len(items) for kind, items in SENTENCES.items()},
    "data": DATA,
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
