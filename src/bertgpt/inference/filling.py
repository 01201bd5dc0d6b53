"""From a text with blanks to a text: predict each [MASK], or write by filling them step by step.

B batch, T tokens, V vocabulary, N blanks.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..device import device_of, evaluation_mode
from .decoding import check_sampling, sample_next_token


def blank_logits(
    model, input_ids: Tensor, blanks: Tensor, *, attention_mask: Tensor | None = None, order: str | int | None = None
) -> Tensor:
    """Score every token of the vocabulary for every blank, each on its own.

    input_ids: (B, T), one text a row, holding [MASK] at the blanks; blanks: (B, T) bool, N True;
    attention_mask: (B, T), 1 = token; order: of a `Both` model, which reads both sides where it is None
    -> logits (N, V). A BERT answers at the blank, a `Both` one token earlier, as for the next token.
    Raises ValueError for a model that fills no blanks, and where a `Both` has no token before a blank.
    """
    check_filler(model)
    framing = model.framing
    if framing.answers_at:
        read = torch.ones_like(blanks) if attention_mask is None else attention_mask.bool()  # (B, T)
        if blanks[:, 0].any() or (blanks[:, 1:] & ~read[:, :-1]).any():
            reason = f"a {type(model).__name__} predicts a blank from the token before it"
            raise ValueError(f"{reason}: begin the text with one, such as <eos>")
    order = framing.blank_order if order is None else order
    named = {} if order is None else {"order": order}
    hidden = model.encode(input_ids, attention_mask=attention_mask, **named)  # (B, T, D)
    at = blanks.roll(framing.answers_at, dims=1)  # (B, T)
    return getattr(model, framing.head)(hidden[at])  # (N, V)


@torch.inference_mode()
def fill_mask(model, tokenizer, text: str, top_k: int = 5) -> list[list[tuple[str, float]]]:
    """Predict every [MASK] of a text independently, without dropout.

    -> for each [MASK], from left to right, its `top_k` most probable tokens and their probabilities
    Raises ValueError when the text has no [MASK] or exceeds max_len, or model and tokenizer cannot fill one.
    """
    check_filler(model)
    mask_id, n_tokens, n_rows = tokenizer.mask_id, tokenizer.vocab_size, model.config.vocab_size
    if n_tokens > n_rows:
        raise ValueError(f"this tokenizer has {n_tokens} tokens, the model {n_rows}: take the one that belongs to it")
    check_sampling(1.0, top_k, None)
    ids, _ = model.framing.frame([tokenizer.encode(text)], tokenizer.special_id)
    if len(ids) > model.config.max_len:
        raise ValueError(f"a text of {len(ids)} tokens exceeds max_len = {model.config.max_len}: shorten it")
    input_ids = torch.tensor([ids], device=device_of(model))  # (1, T)
    blanks = input_ids == mask_id  # (1, T)
    if not blanks.any():
        raise ValueError("the text holds no [MASK] to fill: write one where a token is missing")
    with evaluation_mode(model):
        logits = blank_logits(model, input_ids, blanks)  # (N, V)
    logits = logits[:, :n_tokens]  # a checkpoint may hold more rows than its tokenizer has tokens
    probs, best = logits.softmax(dim=-1).topk(min(top_k, n_tokens))  # (N, top_k)
    return [list(zip(tokenizer.tokens(row), p)) for row, p in zip(best.tolist(), probs.tolist())]


@torch.inference_mode()
def unmask(
    model,
    input_ids: Tensor,
    mask_id: int,
    steps: int,
    *,
    temperature: float = 0.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
    order: str | int | None = None,
    on_step: Callable[[Tensor, Tensor, Tensor], object] | None = None,
) -> tuple[Tensor, Tensor]:
    """Write by unmasking: guess every blank, keep the most probable guesses, and guess the others again.

    input_ids: (1, T), [MASK] where there is something to write
    steps: passes of the model, 1 to the number of blanks; each keeps an equal share of the guesses
    order: as for `blank_logits`; temperature, top_k, generator: as for `sample_next_token`
    on_step: called after each step with the positions it has filled (k,), rising, the ids it wrote
    there (k,), and the model's probabilities (k, V), before temperature and top_k
    -> ids (1, T) without blanks, and the step at which each position was written, (1, T), 0 elsewhere
    Raises ValueError for more steps than blanks. Chang et al. 2022, section 3.2.
    """
    check_sampling(temperature, top_k, None)
    n_blanks = int((input_ids == mask_id).sum())
    if len(input_ids) != 1 or not 1 <= steps <= n_blanks:
        given = f"{steps} steps for {n_blanks} blanks in {len(input_ids)} texts"
        raise ValueError(f"unmask takes one text, and 1 step to as many as it has blanks, not {given}")
    ids, written_at = input_ids.clone(), torch.zeros_like(input_ids)  # (1, T)
    with evaluation_mode(model):
        for step in range(1, steps + 1):
            blanks = ids == mask_id  # (1, T)
            logits = blank_logits(model, ids, blanks, order=order)  # (N, V)
            logits[:, mask_id] = -torch.inf  # not an answer
            guesses = sample_next_token(logits, temperature, top_k, generator=generator)  # (N,)
            probs = logits.softmax(dim=-1)  # (N, V)
            confidence = probs.gather(1, guesses[:, None]).squeeze(1)  # (N,)
            n_left = n_blanks * (steps - step) // steps
            kept = confidence.topk(len(guesses) - n_left).indices.sort().values  # (k,)
            positions = blanks[0].nonzero().squeeze(1)[kept]  # (k,)
            ids[0, positions], written_at[0, positions] = guesses[kept], step
            if on_step is not None:
                on_step(positions, guesses[kept], probs[kept])
    return ids, written_at


def check_filler(model) -> None:
    framing = getattr(model, "framing", None)
    if framing is None or not framing.fills_blanks or not hasattr(model, framing.head):
        raise ValueError(f"this {type(model).__name__} has no masked-LM head: give a BERTForPreTraining or a Both")
