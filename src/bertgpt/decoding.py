"""From probabilities to text: one token at a time for GPT, all blanks at once for BERT.

B batch, T tokens of the prompt, V vocabulary.
"""

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .model.attention import KVCache


def choose(logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None,
           generator: torch.Generator | None = None) -> Tensor:
    """Pick one id a row: the likeliest at temperature 0, otherwise drawn from what top-k and top-p leave.

    logits: (B, V) -> ids (B,)
    """
    if temperature == 0:
        return logits.argmax(dim=-1)                                                       # (B,)
    probs = restrict(logits / temperature, top_k, top_p).softmax(dim=-1)                   # (B, V)
    return torch.multinomial(probs, 1, generator=generator).squeeze(1)                     # (B,)


def restrict(logits: Tensor, top_k: int | None = None, top_p: float | None = None) -> Tensor:
    """Rule out all but the k likeliest tokens, and all beyond the fewest that together hold p.

    logits: (B, V) -> (B, V), -inf where ruled out; the likeliest always stays
    Fan et al. 2018, section 5.4 (top-k); Holtzman et al. 2020, section 3.1 (top-p).
    """
    if top_k is not None:
        weakest = logits.topk(min(top_k, logits.size(-1))).values[:, -1:]                  # (B, 1)
        logits = logits.masked_fill(logits < weakest, -torch.inf)
    if top_p is not None:
        ordered, order = logits.sort(dim=-1, descending=True)                              # (B, V)
        probs = ordered.softmax(dim=-1)                                                    # (B, V)
        beyond = probs.cumsum(dim=-1) - probs >= top_p                                     # (B, V)
        beyond[:, 0] = False
        logits = logits.masked_fill(torch.zeros_like(beyond).scatter(1, order, beyond), -torch.inf)
    return logits


@torch.inference_mode()
def generate(model, input_ids: Tensor, max_new_tokens: int, *, temperature: float = 1.0, top_k: int | None = None,
             top_p: float | None = None, eos_id: int | None = None, use_cache: bool = True,
             generator: torch.Generator | None = None, attention_mask: Tensor | None = None) -> Tensor:
    """Continue each row, one token after another.

    input_ids: (B, T), attention_mask: (B, T), 1 = token, for prompts padded on the left
    -> ids (B, T + new), prompt included. A row that said `eos_id` is filled up with it; when all have, it stops.
    Raises ValueError before any work when prompt and new tokens exceed the model's max_len.
    """
    check_room(model, input_ids, max_new_tokens)
    check_sampling(temperature, top_k, top_p)
    mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask        # (B, T)
    if not mask.size(1) or not mask[:, -1].all():
        raise ValueError("generate continues the last token of each row: give one, and pad the prompts on the left")
    cache = [KVCache() for _ in model.blocks] if use_cache else None
    ids, unread = input_ids, input_ids
    done = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)                      # (B,)
    for _ in range(max_new_tokens):
        last = model.encode(unread, attention_mask=mask, cache=cache)[:, -1]               # (B, D)
        new = choose(model.lm_head(last), temperature, top_k, top_p, generator)            # (B,)
        if eos_id is not None:
            new = new.masked_fill(done, eos_id)
            done |= new == eos_id
        ids = torch.cat([ids, new[:, None]], dim=1)                                        # (B, T + 1)
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
        unread = new[:, None] if use_cache else ids
        if done.all():
            break
    return ids


@torch.inference_mode()
def beam_search(model, input_ids: Tensor, max_new_tokens: int, *, n_beams: int, length_penalty: float = 1.0,
                eos_id: int | None = None) -> tuple[Tensor, Tensor]:
    """Look for a likely whole: keep the likeliest beginnings at each step and extend them all.

    input_ids: (1, T) -> up to n_beams texts (n, T + new), prompt included, best first, and their scores (n,)
    A text is over with `eos_id`, which then fills up its row, or after max_new_tokens. Its score is the sum of its
    new tokens' log-probabilities over (their number) ** length_penalty: 1, as in transformers, ranks by the mean,
    0 by the sum. The search stops early only when no beginning can still get among the best ("never" there).
    Raises ValueError before any work. Sutskever et al. 2014, section 3.2; Wu et al. 2016, section 7.
    """
    check_room(model, input_ids, max_new_tokens)
    if len(input_ids) != 1 or min(input_ids.size(1), n_beams, max_new_tokens) < 1:
        raise ValueError("beam search takes one prompt, its length, n_beams and max_new_tokens at least 1, not shape "
                         f"{tuple(input_ids.shape)}, n_beams = {n_beams} and max_new_tokens = {max_new_tokens}")
    end = -1 if eos_id is None else eos_id
    beams, unread, sums = input_ids, input_ids, torch.zeros(1, device=input_ids.device)
    cache, found = [KVCache() for _ in model.blocks], []         # found: (score, text (T + new,)), best first
    for n_new in range(1, max_new_tokens + 1):
        last = model.encode(unread, cache=cache)[:, -1]                                    # (n, D)
        sums = sums[:, None] + model.lm_head(last).log_softmax(dim=-1)                     # (n, V)
        # A beam can end in one way only: of the 2n likeliest, n can go on.
        sums, places = sums.flatten().topk(min(2 * n_beams, sums.numel()))                 # (2n,)
        parents, new = places // model.config.vocab_size, places % model.config.vocab_size  # (2n,)
        beams = torch.cat([beams[parents], new[:, None]], dim=1)                           # (2n, T + n_new)

        over = (new == end) | (n_new == max_new_tokens)                                    # (2n,)
        ending = over[:n_beams].nonzero().flatten()                                        # (n_ending,)
        found += zip((sums[ending] / n_new ** length_penalty).tolist(), beams[ending])
        found = sorted(found, key=lambda scored: scored[0], reverse=True)[:n_beams]
        going = (~over).nonzero().flatten()[:n_beams]                                      # (n,)
        longest = max_new_tokens if length_penalty > 0 else n_new
        if len(found) == n_beams and not (sums[going] / longest ** length_penalty > found[-1][0]).any():
            break
        beams, unread, sums = beams[going], new[going, None], sums[going]                  # (n, T + n_new), (n, 1)
        for layer in cache:
            layer.select(parents[going])
    texts = pad_sequence([text for _, text in found], batch_first=True, padding_value=end)  # (n, T + new)
    return texts, torch.tensor([score for score, _ in found])


def check_room(model, input_ids: Tensor, max_new_tokens: int) -> None:
    """Raise ValueError, naming max_len, when prompt and new tokens do not fit into the model's context."""
    if input_ids.size(1) + max_new_tokens > model.config.max_len:
        raise ValueError(f"a prompt of {input_ids.size(1)} tokens and {max_new_tokens} new ones exceed "
                         f"max_len = {model.config.max_len}: shorten one of them")


def check_sampling(temperature: float, top_k: int | None, top_p: float | None) -> None:
    """Raise ValueError, naming it, for a setting that has no meaning."""
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, not {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be in (0, 1], not {top_p}")


@torch.inference_mode()
def fill_mask(model, tokenizer, text: str, top_k: int = 5) -> list[list[tuple[str, float]]]:
    """Guess every [MASK] of a text, each on its own and none knowing the others' answers.

    -> for each [MASK], from left to right, its `top_k` likeliest tokens and their probabilities
    Raises ValueError when the text holds no [MASK], or the checkpoint came without a head that could fill it.
    """
    if not hasattr(model, "mlm_head"):
        raise ValueError("this checkpoint has no masked-LM head: it gives hidden states, no guesses")
    ids, segments = tokenizer.encode_pair(text)
    input_ids = torch.tensor([ids])                                                        # (1, T)
    positions = input_ids == tokenizer.mask_id                                             # (1, T)
    if not positions.any():
        raise ValueError("the text holds no [MASK] to fill")
    segment_ids = torch.tensor([segments]) if model.config.n_segments else None
    mlm_logits, _ = model(input_ids, segment_ids=segment_ids, positions=positions)         # (N, V)
    probs, best = mlm_logits.softmax(dim=-1).topk(min(top_k, tokenizer.vocab_size))        # (N, top_k)
    return [list(zip(tokenizer.tokens(row), p.tolist())) for row, p in zip(best, probs)]
