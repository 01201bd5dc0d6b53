"""Log-probabilities of given texts under a model, and the units in which they can be compared.

B batch, P prompts, S tokens of a prompt, T tokens, V vocabulary, N target tokens, n tokens of one text.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import device_of, evaluation_mode
from ..model.attention import KVCache
from ..text.batching import length_sorted_batches, pad
from .filling import blank_logits


@torch.inference_mode()
def token_surprisal(model, ids: Tensor, context: int | None = None, batch_size: int = 16) -> Tensor:
    """Compute -log p of every token but the first under a GPT, each from `context` tokens or more.

    ids: (n,) int; context defaults to half the model's max_len -> (n - 1,) in nats, on the CPU
    Without dropout. Windows of max_len overlap by `context`; in all but the first, only tokens beyond
    the overlap count.
    """
    check_gpt(model)
    length = min(model.config.max_len, len(ids))
    context = max(model.config.max_len // 2, 1) if context is None else context
    stride = max(length - context, 1)
    starts = [*range(0, len(ids) - length, stride), len(ids) - length]
    windows = torch.stack([ids[start : start + length] for start in starts])  # (windows, T)
    with evaluation_mode(model):
        surprisal = torch.cat(
            [
                F.cross_entropy(model(chunk)[:, :-1].transpose(1, 2), chunk[:, 1:], reduction="none").cpu()
                for chunk in windows.to(device_of(model)).split(batch_size)
            ]
        )  # (windows, T - 1)
    kept, end = [], 0  # end: how many of the n - 1 are known so far
    for start, row in zip(starts, surprisal):
        kept.append(row[end - start :])
        end = start + length - 1
    return torch.cat(kept)  # (n - 1,)


@torch.inference_mode()
def log_likelihoods(model, prompts: list[list[int]], answers: list[list[int]], batch_size: int = 32) -> list[Tensor]:
    """Compute log p of every token of each answer after its prompt, under a GPT, without dropout.

    prompts, answers: equally many lists of ids
    -> (n,) per answer, in nats, on the CPU; its sum is log p(answer | prompt)
    A prompt that several answers share is read once, and a repeated pair is scored once. A prompt that
    leaves no room for its answer loses its beginning.
    Raises ValueError when a prompt is empty, or an answer with one token before it exceeds max_len.
    """
    check_gpt(model)
    device, room, pad_id = device_of(model), model.config.max_len, model.config.pad_id
    answers_of: dict[tuple, dict[tuple, int]] = {}  # prompt -> answers that follow it -> their first index
    first = []  # for each pair, the index of the first equal one
    for i, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        if not len(prompt):
            raise ValueError(f"prompts[{i}] is empty: give at least one token, such as <eos> before a text")
        if len(answer) >= room:
            raise ValueError(
                f"answers[{i}] has {len(answer)} tokens and needs one before it, which exceeds "
                f"max_len = {room}: shorten it"
            )
        answered = answers_of.setdefault(tuple(prompt[len(answer) - room :]), {})
        first.append(answered.setdefault(tuple(answer), i))

    distinct = list(answers_of)
    found: dict[int, Tensor] = {}
    with evaluation_mode(model):
        for chunk in length_sorted_batches(distinct, batch_size):
            # The prompt's last token is read with the answer, because it predicts the answer's first.
            beginnings = [torch.tensor(distinct[p][:-1], dtype=torch.long) for p in chunk]
            ids, known = pad(beginnings, pad_id, device)  # (P, S)
            read = [KVCache() for _ in model.blocks]
            if ids.size(1):
                model.encode(ids, attention_mask=known, cache=read)
            pairs = [(row, i) for row, p in enumerate(chunk) for i in answers_of[distinct[p]].values()]
            for part in length_sorted_batches([answers[i] for _, i in pairs], batch_size):
                batch = [pairs[j][1] for j in part]
                of_prompt = torch.tensor([pairs[j][0] for j in part], device=device)  # (B,)
                rows = [[prompts[i][-1], *answers[i][:-1]] for i in batch]
                ids, real = pad(rows, pad_id, device)  # (B, T)
                mask = torch.cat([known[of_prompt], real], dim=1)  # (B, S + T)
                cache = [copy.copy(layer) for layer in read]  # read on once for each answer
                for layer in cache:
                    layer.select(of_prompt)
                hidden = model.encode(ids, attention_mask=mask, cache=cache)  # (B, T, D)
                logits = model.lm_head(hidden[real != 0])  # (N, V)
                tokens = [token for i in batch for token in answers[i]]
                labels = torch.tensor(tokens, device=device)  # (N,)
                logs = -F.cross_entropy(logits.float(), labels, reduction="none").cpu()  # (N,)
                found |= zip(batch, logs.split([len(answers[i]) for i in batch]))
    return [found[i] for i in first]


def check_gpt(model) -> None:
    """Raise ValueError for a model that does not predict the next token."""
    if not hasattr(model, "lm_head"):
        raise ValueError(f"a {type(model).__name__} gives no log p of a text: give a GPT")


@torch.inference_mode()
def blank_surprisal(
    model,
    input_ids: Tensor,
    blanks: Tensor,
    mask_id: int,
    *,
    attention_mask: Tensor | None = None,
    batch_size: int = 64,
) -> Tensor:
    """Compute -log p of the token at each blank, with all blanks of a row hidden at once.

    model: a BERT, or a `Both`
    input_ids: (B, T), the whole text; blanks: (B, T) bool, N True; attention_mask: (B, T), 1 = token
    -> (N,) in nats, row by row, on the CPU; without dropout
    Which tokens are blanks decides what is measured. Hide every number of tokens of a text, from one
    to all n, equally often: n times the mean is -log p(text) averaged over all orders of writing it
    token by token, and so at least -log p of their mixture (Uria et al. 2014; Hoogeboom et al. 2022,
    section 3.1). Hide all from t on and count only the one at t: over all t these sum to -log p(text)
    from left to right, exactly.
    """
    device, found = device_of(model), []
    with evaluation_mode(model):
        for start in range(0, len(input_ids), batch_size):
            part = slice(start, start + batch_size)
            ids, hidden = input_ids[part].to(device), blanks[part].to(device)  # (B, T)
            real = attention_mask[part].to(device) if attention_mask is not None else None
            given = ids.masked_fill(hidden, mask_id)  # (B, T)
            logits = blank_logits(model, given, hidden, attention_mask=real)  # (N, V)
            found.append(F.cross_entropy(logits.float(), ids[hidden], reduction="none").cpu())
    return torch.cat(found)  # (N,)


def perplexity(nats_per_token: float) -> float:
    """Exponentiate a loss: the number of equally likely tokens that would be as hard to predict."""
    return math.exp(nats_per_token)


def bits_per_character(nats_per_token: float, n_tokens: int, n_characters: int) -> float:
    """Divide a text's loss by its characters, so that models with different tokens compare: -> bits."""
    return nats_per_token * n_tokens / n_characters / math.log(2)
