"""Tasks given to a GPT as text: continue it, choose among answers by likelihood.

No head is added: every task is to predict the next tokens of a text.

n items, C candidates of each, D d_model.
"""

import torch
from torch import Tensor

from bertgpt.device import device_of
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.text.corpora import chapters

from .finetuning import pooled


def openings(tokenizer, n_tokens: int = 120) -> Tensor:
    """Encode the beginning of each chapter of the held-out novel: -> ids (chapters, n_tokens)."""
    texts = [text for novel in chapters("test").values() for text in novel.values()]
    return torch.tensor([tokenizer.encode(text)[:n_tokens] for text in texts])


def likelihood_scores(
    gpt, tokenizer, prompts: list[str], neutral: list[str], candidates: list[list[str]]
) -> dict[str, Tensor]:
    """Score candidates by log p(candidate | prompt): total, per token, minus log p(candidate | neutral).

    neutral: a prompt without information; candidates: C for each prompt, cut to 100 tokens
    -> "sum", "per token", "minus unconditional": (n, C) each, in nats
    The difference is the pointwise mutual information; Holtzman et al. 2021, section 3.
    """
    answers = [tokenizer.encode(text)[:100] for row in candidates for text in row]

    def log_p(texts: list[str]) -> Tensor:  # (n C,)
        rows = [tokenizer.encode(text) for text, row in zip(texts, candidates) for _ in row]
        return torch.stack([logs.sum() for logs in log_likelihoods(gpt, rows, answers)])

    conditional, unconditional = log_p(prompts), log_p(neutral)
    lengths = torch.tensor([len(answer) for answer in answers])
    shape = (len(candidates), -1)
    return {
        "sum": conditional.view(shape),
        "per token": (conditional / lengths).view(shape),
        "minus unconditional": (conditional - unconditional).view(shape),
    }


def single_tokens(tokenizer, words: list[str]) -> list[int]:
    """Encode words of one token each: -> their ids.

    Raises ValueError, naming the word, where one is several tokens.
    """
    ids = [tokenizer.encode(word) for word in words]
    for word, row in zip(words, ids):
        if len(row) != 1:
            raise ValueError(f"{word!r} is {len(row)} tokens in this vocabulary: give choices of one token each")
    return [row[0] for row in ids]


@torch.inference_mode()
def word_scores(gpt, tokenizer, texts: list[str], choices: list[str]) -> Tensor:
    """Compute log p of each choice, one token each, as the next token of each text: -> (n, C), on the CPU.

    A text that is too long loses its beginning.
    Raises ValueError where a choice is not one token.
    """
    wanted = torch.tensor(single_tokens(tokenizer, choices))  # (C,)
    rows = [tokenizer.encode(text)[-gpt.config.max_len :] for text in texts]
    last = pooled(gpt, rows, "last")["last"].to(device_of(gpt))  # (n, D)
    return gpt.lm_head(last).log_softmax(dim=-1).cpu()[:, wanted]  # (n, C)
