"""From probabilities to text: one token at a time, left to right.

B batch, T tokens of the prompt, V vocabulary.
"""

import math

import torch
from torch import Tensor

from ..device import evaluation_mode
from ..model.attention import KVCache

COLDEST = 1e-6  # greedy already; much closer to 0, logits / temperature would be infinite: NaN


def sample_next_token(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Choose one id per row: the most probable at temperature 0, else a sample of what top-k and top-p leave.

    logits: (B, V); generator: draws on its own device, so that a seed gives one text on every machine
    -> ids (B,)
    """
    if temperature == 0:
        return logits.argmax(dim=-1)  # (B,)
    probs = filter_logits(logits / temperature, top_k, top_p).softmax(dim=-1)  # (B, V)
    if generator is not None:
        probs = probs.to(generator.device)
    return torch.multinomial(probs, 1, generator=generator).squeeze(1).to(logits.device)  # (B,)


def filter_logits(logits: Tensor, top_k: int | None = None, top_p: float | None = None) -> Tensor:
    """Mask all but the k most probable tokens, then all but the nucleus: the fewest that sum to p.

    logits: (B, V) -> (B, V), -inf where masked; of tokens that tie for rank k, top-k keeps as many as make k
    Fan et al. 2018, section 5.4 (top-k); Holtzman et al. 2020, section 3.1 (top-p).
    """
    if top_k is not None:
        best, indices = logits.topk(min(top_k, logits.size(-1)))  # (B, k)
        logits = torch.full_like(logits, -torch.inf).scatter(1, indices, best)  # (B, V)
    if top_p is not None:
        ordered, order = logits.sort(dim=-1, descending=True)  # (B, V)
        probs = ordered.softmax(dim=-1)  # (B, V)
        beyond = probs.cumsum(dim=-1) - probs >= top_p  # (B, V)
        logits = logits.masked_fill(torch.zeros_like(beyond).scatter(1, order, beyond), -torch.inf)
    return logits


@torch.inference_mode()
def generate(
    model,
    input_ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    use_cache: bool = True,
    generator: torch.Generator | None = None,
    attention_mask: Tensor | None = None,
) -> Tensor:
    """Continue each row, one token after another, without dropout.

    input_ids: (B, T); attention_mask: (B, T), 1 = token, for prompts padded on the left
    use_cache: keep the keys and values of earlier tokens, or compute them again for each new one
    the others: see `sample_next_token`
    -> ids (B, T + new), prompt included. A row that has produced `eos_id` is filled up with it;
    generation stops when all have.
    Raises ValueError before any work when prompt and new tokens exceed the model's max_len.
    """
    check_prompt(model, input_ids, max_new_tokens)
    check_sampling(temperature, top_k, top_p)
    mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask  # (B, T)
    if not mask[:, -1:].any(dim=1).all():  # no token at all, or padding at the end
        raise ValueError("generate continues the last token of each row: give one, and pad on the left")
    cache = [KVCache() for _ in model.blocks] if use_cache else None
    ids, unread = input_ids, input_ids
    done = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)  # (B,)
    with evaluation_mode(model):
        for _ in range(max_new_tokens):
            last = model.encode(unread, attention_mask=mask, cache=cache)[:, -1]  # (B, D)
            new = sample_next_token(model.lm_head(last), temperature, top_k, top_p, generator)  # (B,)
            if eos_id is not None:
                new = new.masked_fill(done, eos_id)
                done |= new == eos_id
            ids = torch.cat([ids, new[:, None]], dim=1)  # (B, T + 1)
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)  # (B, T + 1)
            unread = new[:, None] if use_cache else ids
            if eos_id is not None and done.all():  # read only then: an accelerator has to be waited for
                break
    return ids


@torch.inference_mode()
def beam_search(model, input_ids: Tensor, max_new_tokens: int, *, n_beams: int) -> tuple[Tensor, Tensor]:
    """Search for the most probable continuation: keep the n_beams best prefixes at each step and extend them all.

    input_ids: (1, T) -> up to n_beams texts (n, T + new), prompt included, best first, and their scores (n,), on
    the CPU: the mean log-probability of the new tokens, which are max_new_tokens in each
    Raises ValueError before any work. Sutskever et al. 2014, section 3.2.
    """
    check_prompt(model, input_ids, max_new_tokens)
    if len(input_ids) != 1 or n_beams < 1:
        raise ValueError(f"beam search takes one prompt and n_beams >= 1, not {len(input_ids)} and n_beams = {n_beams}")
    beams, unread, sums = input_ids, input_ids, torch.zeros(1, device=input_ids.device)
    cache = [KVCache() for _ in model.blocks]
    with evaluation_mode(model):
        for _ in range(max_new_tokens):
            last = model.encode(unread, cache=cache)[:, -1]  # (n, D)
            sums = sums[:, None] + model.lm_head(last).log_softmax(dim=-1)  # (n, V)
            sums, indices = sums.flatten().topk(min(n_beams, sums.numel()))  # (n,)
            parents, new = indices // model.config.vocab_size, indices % model.config.vocab_size  # (n,)
            beams, unread = torch.cat([beams[parents], new[:, None]], dim=1), new[:, None]  # (n, T + new), (n, 1)
            for layer in cache:
                layer.select(parents)
    return beams, (sums / max_new_tokens).cpu()


def check_gpt(model) -> None:
    framing = getattr(model, "framing", None)
    if not hasattr(model, "lm_head") or (framing and not framing.continues):
        raise ValueError(f"a {type(model).__name__} does not predict the next token: give a GPT, or let it fill blanks")


def check_prompt(model, input_ids: Tensor, max_new_tokens: int) -> None:
    check_gpt(model)
    if max_new_tokens < 1:
        raise ValueError(f"the number of new tokens must be at least 1, not {max_new_tokens}")
    if input_ids.size(1) + max_new_tokens > model.config.max_len:
        lengths = f"a prompt of {input_ids.size(1)} tokens and {max_new_tokens} new ones"
        raise ValueError(f"{lengths} exceed max_len = {model.config.max_len}: shorten one of them")


def check_sampling(temperature: float, top_k: int | None, top_p: float | None) -> None:
    if temperature != 0 and not COLDEST <= temperature < math.inf:  # written so that NaN fails
        raise ValueError(f"temperature must be 0 (greedy), or at least {COLDEST:g}, not {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, not {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be in (0, 1], not {top_p}")
