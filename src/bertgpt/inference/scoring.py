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
from .decoding import check_gpt
from .filling import blank_logits

PADDING = 0  # fills up the rows of a batch: any id does, since the attention mask hides it


@torch.inference_mode()
def token_surprisal(model, ids: Tensor, batch_size: int = 16) -> Tensor:
    """Compute -log p of every token but the first under a GPT, without dropout.

    ids: (n,) int -> (n - 1,) in nats, on the CPU
    Windows of max_len overlap by half. Where they do, the earlier one counts, so every token is predicted
    from max_len // 2 tokens or more, or from all that there are.
    """
    check_gpt(model)
    length, overlap = min(model.config.max_len, len(ids)), model.config.max_len // 2
    starts = [*range(0, len(ids) - length, model.config.max_len - overlap), len(ids) - length]
    windows = torch.stack([ids[start : start + length] for start in starts])  # (windows, T)
    rows: list[Tensor] = []  # one a window, (T - 1,) each
    with evaluation_mode(model):
        for chunk in windows.to(device_of(model)).split(batch_size):
            logits = model(chunk)[:, :-1].float()  # (B, T - 1, V)
            rows += F.cross_entropy(logits.transpose(1, 2), chunk[:, 1:], reduction="none").cpu()
    surprisal = torch.full((len(ids) - 1,), math.nan)  # (n - 1,)
    for start, row in reversed([*zip(starts, rows)]):
        surprisal[start : start + length - 1] = row
    return surprisal


@torch.inference_mode()
def log_likelihoods(model, prompts: list[list[int]], answers: list[list[int]], batch_size: int = 32) -> list[Tensor]:
    """Compute log p of every token of each answer after its prompt, under a GPT, without dropout.

    prompts, answers: equally many lists of ids
    -> (n,) per answer, in nats, on the CPU; its sum is log p(answer | prompt)
    A prompt that several answers share is read once, and a repeated pair is scored once. A prompt that
    leaves no room for its answer loses its beginning.
    Raises ValueError when a prompt or an answer is empty, or an answer is longer than max_len.
    """
    check_gpt(model)
    device, max_len = device_of(model), model.config.max_len
    pairs = []
    for i, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        if not len(prompt):
            raise ValueError(f"prompts[{i}] is empty: give at least one token, such as <eos> before a text")
        if not 1 <= len(answer) <= max_len:
            raise ValueError(f"answers[{i}] has {len(answer)} tokens: give at least 1 and at most max_len = {max_len}")
        # The answer's last token is predicted and not read.
        pairs.append((tuple(prompt[len(answer) - 1 - max_len :]), tuple(answer)))
    answers_of: dict[tuple, list[tuple]] = {}  # each distinct prompt -> the distinct answers that follow it
    for pair in dict.fromkeys(pairs):
        answers_of.setdefault(pair[0], []).append(pair[1])

    distinct = list(answers_of)
    log_probs: dict[tuple, Tensor] = {}  # of each distinct pair
    with evaluation_mode(model):
        for chunk in length_sorted_batches(distinct, batch_size):
            batch = [distinct[i] for i in chunk]
            # The prompt's last token is read with the answer, because it predicts the answer's first.
            # Padded on the left: a window counts tokens, and must find the prompt right before its answer.
            backwards = pad([prompt[-2::-1] for prompt in batch], PADDING, device)
            ids, prompt_mask = (rows.flip(1) for rows in backwards)  # (P, S)
            prompt_cache = [KVCache() for _ in model.blocks]
            if ids.size(1):  # a prompt of more than one token
                model.encode(ids, attention_mask=prompt_mask, cache=prompt_cache)

            rows = [(row, answer) for row, prompt in enumerate(batch) for answer in answers_of[prompt]]
            for part in length_sorted_batches([answer for _, answer in rows], batch_size):
                parents = torch.tensor([rows[i][0] for i in part], device=device)  # (B,)
                scored = [(batch[rows[i][0]], rows[i][1]) for i in part]  # (prompt, answer) each
                ids, answer_mask = pad([[prompt[-1], *answer[:-1]] for prompt, answer in scored], PADDING, device)
                cache = [copy.copy(layer) for layer in prompt_cache]  # each answer goes on from its prompt's
                for layer in cache:
                    layer.select(parents)
                mask = torch.cat([prompt_mask[parents], answer_mask], dim=1)  # (B, S + T)
                hidden = model.encode(ids, attention_mask=mask, cache=cache)  # (B, T, D)
                logits = model.lm_head(hidden[answer_mask != 0])  # (N, V)
                labels = torch.tensor([token for _, answer in scored for token in answer], device=device)  # (N,)
                losses = F.cross_entropy(logits.float(), labels, reduction="none").cpu()  # (N,)
                log_probs |= zip(scored, (-losses).split([len(answer) for _, answer in scored]))
    return [log_probs[pair] for pair in pairs]


@torch.inference_mode()
def blank_surprisal(
    model, input_ids: Tensor, blanks: Tensor, mask_id: int, *, attention_mask: Tensor | None = None, batch_size=64
) -> Tensor:
    """Compute -log p of the token at each blank, with all blanks of a row hidden at once.

    model: a BERT, or a `Both`
    input_ids: (B, T), the whole text; blanks: (B, T) bool, N True; attention_mask: (B, T), 1 = token
    -> (N,) in nats, row by row, on the CPU; without dropout
    Hide every number of tokens, from one to all n, equally often: n times the mean is -log p(text) averaged over all
    orders of writing it (Uria et al. 2014; Hoogeboom et al. 2022, section 3.1). Hide all from t on and count only the
    one at t: over all t these sum to -log p(text) from left to right.
    """
    device, surprisals = device_of(model), []
    with evaluation_mode(model):
        for start in range(0, len(input_ids), batch_size):
            part = slice(start, start + batch_size)
            ids, hidden = input_ids[part].to(device), blanks[part].to(device)  # (B, T)
            mask = attention_mask[part].to(device) if attention_mask is not None else None  # (B, T)
            logits = blank_logits(model, ids.masked_fill(hidden, mask_id), hidden, attention_mask=mask)  # (N, V)
            surprisals.append(F.cross_entropy(logits.float(), ids[hidden], reduction="none").cpu())
    return torch.cat(surprisals)  # (N,)


def bits_per_character(nats_per_token: float, n_tokens: int, n_characters: int) -> float:
    """Divide a text's loss by its characters, so that models with different tokens compare: -> bits."""
    return nats_per_token * n_tokens / n_characters / math.log(2)
