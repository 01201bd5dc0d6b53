"""How far does the switch go? Both models fill 400 blanks under their own mask, and under the other's.

The 400 sentences of chapter 00, from held-out stories, a word of each. BERT is asked at [MASK]. GPT is given the
sentence without the word, and asked at the word before: under the triangle, and with the square laid over it. All are
asked for the same words, so that masks are compared sentence by sentence.

What could come out: a switched model fills blanks as well as the other, as the picture of one switch suggests; or it
falls, because it never practised under that mask.
"""

import random
import re
from collections.abc import Iterator
from functools import cache, partial

from experiments import Row, fingerprint, main

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.text.corpora import stories
from bertgpt_book.widgets.pair import logits_under

NAME = "switched"
MODELS = {"BERT": (load_bert, "tinybert"), "GPT": (load_gpt, "tinygpt")}
N_SENTENCES = 400


@cache
def cases() -> list[tuple[list[int], int]]:
    """Draw the sentences of chapter 00 and a word in each: -> ids, and which of them is the word."""
    tokenizer, draw, drawn = load_tokenizer(), random.Random(0), []
    text = " ".join(" ".join(stories("test").values()).split())
    for sentence in draw.sample(re.findall(r"(?<=[.!?] )[A-Z][a-z ,]{25,60}\.(?= )", text), N_SENTENCES):
        ids = tokenizer.encode(" " + sentence)
        pieces = tokenizer.tokens(ids)
        words = [t for t in range(2, len(pieces) - 1) if pieces[t][0] == " " and pieces[t + 1][0] in " ,."]
        drawn.append((ids, draw.choice(words)))
    return drawn


def fill(name: str, mask: str) -> dict:
    """Ask a model for each word under a mask: -> a mark for each, "1" if its first guess is right, and its surprise."""
    load, source = MODELS[name]
    model, tokenizer, marks, nats = load(source), load_tokenizer(), "", []
    for ids, t in cases():
        framed = [tokenizer.cls_id, *ids[:t], tokenizer.mask_id, *ids[t + 1 :], tokenizer.sep_id]
        row, at = (framed, t + 1) if name == "BERT" else (ids[:t] + ids[t + 1 :], t - 1)
        logits = logits_under(model, row, mask)[at]  # (V,)
        marks += "01"[int(logits.argmax()) == ids[t]]
        nats.append(round(-float(logits.log_softmax(dim=-1)[ids[t]]), 3))
    return {"right, %": 100 * marks.count("1") / len(marks), "nats": sum(nats) / len(nats), "right": marks, "each": nats}


def rows() -> Iterator[Row]:
    data = (fingerprint(str(cases())),)
    for name, (_, source) in MODELS.items():
        for mask in ("bidirectional", "causal"):
            yield Row(f"{name}, {mask}", partial(fill, name, mask), data, (source,), 8)


if __name__ == "__main__":
    main(__doc__, NAME, {"sentences": N_SENTENCES}, rows)
