"""Cloze: does a model prefer the word that makes sense in a blank?

Devlin et al. 2019, section 3.1, call their objective a cloze task, after Taylor 1953.

n sentences, T tokens, N hidden tokens.
"""

import torch
from torch import Tensor

from bertgpt.inference.scoring import blank_surprisal, log_likelihoods
from bertgpt.model.inputs import Order
from bertgpt.text.batching import pad
from bertgpt.training.framing import framing_of

from .labelled import PlainSentence


def fills_blanks(model, order: Order | None) -> bool:
    """Say whether a model answers at the blank, or continues the left side."""
    return framing_of(model).fills_blanks and order != "causal"


def sense_margins(model, tokenizer, sentences: list[PlainSentence], order: Order | None = None) -> Tensor:
    """Compare the first fitting word with the nonsense one, in the whole sentence: -> (n,) in nats, on the CPU.

    Left to right it is the difference of log p(sentence); else of log p(word | all the rest), with
    the tokens of the word hidden at once.
    """
    framing, rows, hidden = framing_of(model), [], []
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
