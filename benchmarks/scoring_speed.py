"""How long do a GPT's log-likelihoods of answers take, beside reading every pair whole and projecting every token?

64 answers after prompts of their own, four to a prompt, and all after one. The same numbers are asserted.
"""

from functools import partial

import torch
import torch.nn.functional as F
import turns
from torch import Tensor

from bertgpt import GPT, TINY, TransformerConfig
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.text.batching import IGNORED, length_sorted_batches, pad
from bertgpt.training.objectives import shift_left

ANSWERS, PROMPT, ANSWER = 64, 100, 5


@torch.inference_mode()
def plain(model, prompts: list[list[int]], answers: list[list[int]], batch_size: int = 32) -> list[Tensor]:
    """Read prompt and answer together, project every token on the vocabulary, keep the answers' log p: -> (n,) each."""
    rows = [prompt + answer for prompt, answer in zip(prompts, answers)]
    log_probs: dict[int, Tensor] = {}
    for chunk in length_sorted_batches(rows, batch_size):
        ids, mask = pad([rows[i] for i in chunk], model.config.pad_id)  # (B, T)
        logits = model(ids, attention_mask=mask)  # (B, T, V)
        losses = F.cross_entropy(logits.transpose(1, 2), shift_left(ids, mask), reduction="none", ignore_index=IGNORED)
        for i, row in zip(chunk, -losses):
            log_probs[i] = row[len(prompts[i]) - 1 : len(rows[i]) - 1]  # (n,)
    return [log_probs[i] for i in range(len(rows))]


def measure(per_prompt: int, n_turns: int) -> list[dict]:
    """Time both for one number of answers to a prompt: -> a row of the record."""
    torch.manual_seed(0)
    model = GPT(TransformerConfig.gpt(**TINY)).eval()
    draw = lambda *shape: torch.randint(5, TINY["vocab_size"], shape).tolist()  # noqa: E731
    prompts = [prompt for prompt in draw(ANSWERS // per_prompt, PROMPT) for _ in range(per_prompt)]
    answers, results = draw(ANSWERS, ANSWER), {}

    def score(side, function):
        results[side] = torch.cat(function(model, prompts, answers))

    functions = {"theirs": plain, "ours": log_likelihoods}
    seconds = turns.turn_about({side: partial(score, side, each) for side, each in functions.items()}, n_turns)
    torch.testing.assert_close(*results.values(), atol=1e-5, rtol=0)
    return [turns.compared(title(per_prompt), "every pair whole", seconds)]


def title(per_prompt: int) -> str:
    return f"{per_prompt} answer{'s' * (per_prompt != 1)} to a prompt"


if __name__ == "__main__":
    timings = {title(n): partial(measure, n) for n in (1, 4, ANSWERS)}
    turns.main(__doc__, "scoring_speed", timings, turns=9, sizes=TINY, answers=ANSWERS, tokens=[PROMPT, ANSWER])
