"""What do the shipped models write? Two continuations and two filled blanks, chosen by a rule, for their cards.

Of our GPT's continuations of one beginning: the one that it gives the highest probability, and the lowest. Of the plain
sentences: the first that our BERT's first answer fits, and the first that none of its five fits.
"""

import textwrap
from collections.abc import Iterator
from functools import partial

import torch
from cloze_answers import TOP, judge
from experiments import Row, main
from ship import write_cards

from bertgpt.assets import CONTENTS
from bertgpt.inference.decoding import generate
from bertgpt.inference.filling import fill_mask
from bertgpt.inference.scoring import token_surprisal
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.weights.pretrained import load_bert, load_gpt
from bertgpt_book.tasks.labelled import plain_sentences

NAME, BEGINNING = "samples", " Today, I went to"
DRAWN = {"continuations": 50, "tokens": 30, "temperature": 0.8, "top_k": 50, "seed": 0}
FILES = ["labelled/plain_sentences.tsv", "tokenizer.json"]


def continuations() -> dict:
    """Continue one beginning many times: -> "most probable", "least probable" -> text, and nats per token."""
    model, tokenizer = load_gpt("littlegpt"), course_tokenizer()
    ids, _ = model.framing.frame([tokenizer.encode(BEGINNING)], tokenizer.special_id)
    prompts, generator = torch.tensor([ids] * DRAWN["continuations"]), torch.Generator().manual_seed(DRAWN["seed"])
    sampling = {name: DRAWN[name] for name in ("top_k", "temperature")}
    texts = generate(model, prompts, DRAWN["tokens"], **sampling, generator=generator)
    nats = torch.stack([token_surprisal(model, text)[len(ids) - 1 :].mean() for text in texts])  # (B,)
    return {
        what: {"text": " ".join(tokenizer.decode(texts[at, len(ids) :]).split()), "nats": round(nats[at].item(), 2)}
        for what, at in (("most probable", nats.argmin()), ("least probable", nats.argmax()))
    }


def fills() -> dict:
    """Fill the blanks of plain sentences: -> "fits", "none fits" -> sentence, and five guesses with probabilities."""
    model, tokenizer, sentences = load_bert("littlebert"), course_tokenizer(), plain_sentences()
    outcomes, filled = judge(model, tokenizer, sentences), {}
    for what, at in (("fits", outcomes["first"].index(True)), ("none fits", outcomes["among five"].index(False))):
        text = f"{sentences[at].left} [MASK]{sentences[at].right}"
        (guesses,) = fill_mask(model, tokenizer, text, TOP)
        filled[what] = {"sentence": text, "guesses": [[token.strip(), round(p, 2)] for token, p in guesses]}
    return filled


def block(row: dict) -> str:
    """Write a model's samples for its card."""
    if row["name"] == "littlegpt":
        texts = [f"**{BEGINNING.strip()}** {row[what]['text']} ..." for what in ("most probable", "least probable")]
        parts = [textwrap.fill(text, 120, initial_indent="> ", subsequent_indent="> ") for text in texts]
    else:
        parts = [
            f"> {row[what]['sentence']}\n>\n> " + ", ".join(f"{word} {p:.2f}" for word, p in row[what]["guesses"])
            for what in ("fits", "none fits")
        ]
    return "\n\n".join(parts)


def rows() -> Iterator[Row]:
    data = (*ABOUT["data"].values(), BEGINNING, *(f"{value} {what}" for what, value in DRAWN.items()))
    yield Row("littlebert", fills, data, ("littlebert",), 5)
    yield Row("littlegpt", continuations, data, ("littlegpt",), 5)


ABOUT = {"beginning": BEGINNING, "drawn": DRAWN, "data": {name: CONTENTS[name] for name in FILES}}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows, then=partial(write_cards, NAME, "samples", block))
