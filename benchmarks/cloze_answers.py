"""Cloze: does the word that a model puts in a blank, or after a beginning, make sense there?

n sentences, k first tokens, T tokens, N hidden tokens.
"""

import re

import torch
from torch import Tensor

from bertgpt.device import device_of, evaluation_mode
from bertgpt.inference.decoding import generate
from bertgpt.inference.filling import fill_mask
from bertgpt.inference.scoring import blank_surprisal, log_likelihoods
from bertgpt.text.batching import pad
from bertgpt_book.tasks.labelled import PlainSentence

TOP = 5  # answers of a model to one sentence
LONGEST = 5  # tokens of a word, at most


def fills_blanks(model, order: str | None) -> bool:
    """Say whether a model answers at the blank, or continues the left side."""
    return model.framing.fills_blanks and order != "causal"


def judge(model, tokenizer, sentences: list[PlainSentence], order: str | None = None) -> dict[str, list[bool]]:
    """Judge a model by whether its answers to sentences with a blank make sense.

    order: of a `Both` model, which fills the blank where it is None and continues where it is "causal": then a word is
    right, too, that fits the left side alone
    -> "first": its first answer makes sense; "among five": one of its five most probable does; "both
    sides": its first answer fits the right side, too, whether or not the model has read it; "sense":
    the sentence scores higher with the first fitting word than with the nonsense one; (n,) each
    """
    outcomes: dict[str, list[bool]] = {"first": [], "among five": [], "both sides": []}
    ask = blank_words if fills_blanks(model, order) else next_words
    for sentence in sentences:
        answers, fits = ask(model, tokenizer, sentence), {word.lower() for word in sentence.fits}
        right = fits if ask is blank_words else fits.union(map(str.lower, sentence.fits_left))
        outcomes["first"].append(answers[0] in right)
        outcomes["among five"].append(not right.isdisjoint(answers))
        outcomes["both sides"].append(answers[0] in fits)
    return outcomes | {"sense": (sense_margins(model, tokenizer, sentences, order) > 0).tolist()}


def sense_margins(model, tokenizer, sentences: list[PlainSentence], order: str | None = None) -> Tensor:
    """Compare the first fitting word with the nonsense one, in the whole sentence: -> (n,) in nats, on the CPU.

    Left to right it is the difference of log p(sentence); else of log p(word | all the rest), with
    the tokens of the word hidden at once.
    """
    framing, rows, hidden = model.framing, [], []
    for sentence in sentences:
        for word in (sentence.fits[0], sentence.nonsense):
            left, answer, right = map(tokenizer.encode, (sentence.left, f" {word}", sentence.right))
            rows.append(framing.frame([left + answer + right], tokenizer.special_id)[0])
            hidden.append(range(1 + len(left), 1 + len(left) + len(answer)))
    if fills_blanks(model, order):
        ids, mask = pad(rows, tokenizer.pad_id)  # (2 n, T)
        blanks = torch.zeros_like(ids, dtype=torch.bool)  # (2 n, T)
        for row, positions in zip(blanks, hidden):
            row[list(positions)] = True
        surprisal = blank_surprisal(model, ids, blanks, tokenizer.mask_id, attention_mask=mask)  # (N,)
        logs = [-part for part in surprisal.split([len(positions) for positions in hidden])]
    else:
        logs = log_likelihoods(model, [row[:1] for row in rows], [row[1:] for row in rows])
    fitting, nonsense = torch.stack([part.sum() for part in logs]).view(-1, 2).T  # (n,) each
    return fitting - nonsense


def blank_words(model, tokenizer, sentence: PlainSentence) -> list[str]:
    """Fill the blank with the five most probable tokens, best first, in lower case, without spaces."""
    (guesses,) = fill_mask(model, tokenizer, f"{sentence.left} [MASK]{sentence.right}", TOP)
    return [token.strip().lower() for token, _ in guesses]


@torch.inference_mode()
def next_words(model, tokenizer, sentence: PlainSentence) -> list[str]:
    """Continue the left side by a word: the five most probable tokens, each completed greedily.

    -> five words, best first, in lower case; "" where a token begins no word, such as a comma.
    Of "mother's" it is "mother", but "don't" is one word.
    """
    ids, _ = model.framing.frame([tokenizer.encode(sentence.left)], tokenizer.special_id)
    prompt = torch.tensor([ids], device=device_of(model))  # (1, T)
    with evaluation_mode(model):
        first = model(prompt)[0, -1].topk(TOP).indices  # (k,)
    begun = torch.cat([prompt.expand(TOP, -1), first[:, None]], dim=1)  # (k, T + 1)
    written = generate(model, begun, LONGEST - 1, temperature=0)[:, len(ids) :]  # (k, LONGEST)
    matches = [re.match(r" (\w+?n't|\w+)", tokenizer.decode(row)) for row in written]
    return [match[1].lower() if match else "" for match in matches]
