"""Does the vector of *letter* follow its sense, or its neighbours? Its cosine with that of one sentence.

Forty sentences, two senses by two kinds of neighbours, ten each: a letter on paper or of the alphabet, in the frame of
the first sentence ("She had a letter from ..., and she read it.") or in quite another. A language model wrote them. Of
seven a reader had computed the cosine before; the others were written before any of theirs was, and none was left out.

If the sense decides, paper is nearer than alphabet, whatever the frame; if the neighbours do, the frame decides.
"""

from collections.abc import Iterator
from functools import partial
from statistics import fmean

import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main, spread

from bertgpt import load_bert, load_gpt, load_tokenizer

NAME = "letter_senses"
FIRST = " She had a letter from her friend, and she read it."
FRAME = " She had a letter from {}, and she read it."
SENTENCES = {
    "paper, same frame": [
        FRAME.format(who)
        for who in (
            "her mother,her brother,the king,the doctor,an old woman,the school,her sister,her aunt,France,Tom"
        ).split(",")
    ],
    "alphabet, same frame": [
        FRAME.format(what)
        for what in (
            "the alphabet,her name,the word,the page,the first line,an old word,the book,the sign,the top row,"
            "the middle of the word"
        ).split(",")
    ],
    "paper, other frame": [
        " The letter was in the box.",
        " Tom put a stamp on the letter.",
        " The postman brought a letter.",
        " He wrote a long letter to his mother.",
        " There is a letter for you on the table.",
        " Anne folded the letter and put it away.",
        " The letter came in the morning.",
        " He never answered my letter.",
        " Who sent you that letter?",
        " She tore the letter into small pieces.",
    ],
    "alphabet, other frame": [
        " A is the first letter of the alphabet.",
        " B is a letter from the alphabet.",
        " Every word begins with a letter.",
        " He could not write the letter S.",
        " The word cat begins with the letter C.",
        " Mia learned a new letter every day at school.",
        " There is a letter missing in this word.",
        " Which letter comes after D?",
        " A capital letter stands at the start of a name.",
        " She drew the letter O in the sand.",
    ],
}


def cosines(name: str) -> dict:
    """Compare *letter* with that in the first sentence: -> cosines, and the share of pairs with paper nearer."""
    words, model = load_tokenizer(), (load_bert if name == "littlebert" else load_gpt)(name)
    (letter,) = words.encode(" letter")

    @torch.inference_mode()
    def vector(text: str) -> torch.Tensor:
        ids = torch.tensor([words.encode_pair(text)[0] if name == "littlebert" else words.encode(text)])  # (1, T)
        return model.encode(ids)[ids == letter][0]  # (D,)

    first = vector(FIRST)
    found = {
        kind: [round(F.cosine_similarity(first, vector(text), dim=0).item(), 3) for text in texts]
        for kind, texts in SENTENCES.items()
    }
    nearer = {}
    for same, other in (("same frame", "same frame"), ("other frame", "other frame"), ("other frame", "same frame")):
        paper, alphabet = found[f"paper, {same}"], found[f"alphabet, {other}"]
        pairs = [(a > b) + (a == b) / 2 for a in paper for b in alphabet]
        nearer[f"paper, {same}, than alphabet, {other}"] = round(fmean(pairs), 3)
    return {"cosines": found, "means": {kind: spread(values) for kind, values in found.items()}, "paper nearer": nearer}


def rows() -> Iterator[Row]:
    data = (fingerprint(FIRST, *(text for texts in SENTENCES.values() for text in texts)),)
    for name in ("littlebert", "littlegpt"):
        yield Row(name, partial(cosines, name), data, (name,), 1)


ABOUT = {"data": {}, "first": FIRST, "sentences": SENTENCES}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
