"""How long do a GPT's log-likelihoods of answers take, beside reading every pair whole and projecting every token?

    python benchmarks/scoring_speed.py
    python benchmarks/scoring_speed.py --turns 1 --out DIR         # a rehearsal

The tiny size, 64 answers of 5 tokens after prompts of 100: each its own, four to a prompt, and all
after one. The same numbers are asserted.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from turns import arguments, compared, record, turn_about

from bertgpt import GPT, TINY, TransformerConfig
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.text.batching import IGNORED, length_sorted_batches, pad
from bertgpt.training.objectives import shift_left

ANSWERS, PROMPT, ANSWER = 64, 100, 5


@torch.inference_mode()
def plain(model, prompts: list[list[int]], answers: list[list[int]], batch_size: int = 32) -> list[Tensor]:
    """Read prompt and answer together, project every token on the vocabulary, keep the answers' log p: -> (n,) each."""
    rows = [prompt + answer for prompt, answer in zip(prompts, answers)]
    found: dict[int, Tensor] = {}
    for chunk in length_sorted_batches(rows, batch_size):
        ids, mask = pad([rows[i] for i in chunk], model.config.pad_id)  # (B, T)
        logits = model(ids, attention_mask=mask)  # (B, T, V)
        losses = F.cross_entropy(logits.transpose(1, 2), shift_left(ids, mask), reduction="none", ignore_index=IGNORED)
        for i, row in zip(chunk, -losses):
            found[i] = row[len(prompts[i]) - 1 : len(rows[i]) - 1]  # (n,)
    return [found[i] for i in range(len(rows))]


def measure(turns: int) -> list[dict]:
    """Time both ways for each number of answers to a prompt: -> rows of the record."""
    torch.manual_seed(0)
    model = GPT(TransformerConfig.gpt(**TINY)).eval()
    draw = lambda *shape: torch.randint(5, TINY["vocab_size"], shape).tolist()  # noqa: E731
    rows = []
    for each in (1, 4, ANSWERS):
        prompts = [prompt for prompt in draw(ANSWERS // each, PROMPT) for _ in range(each)]
        answers, found = draw(ANSWERS, ANSWER), {}

        def act(way, prompts=prompts, answers=answers, found=found):
            found[way] = torch.cat(way(model, prompts, answers))

        seconds = turn_about({way.__name__: lambda way=way: act(way) for way in (plain, log_likelihoods)}, turns)
        torch.testing.assert_close(*found.values(), atol=1e-5, rtol=0)
        setting = f"{each} answer{'s' * (each != 1)} to a prompt"
        rows.append(compared(setting, "every pair whole", seconds["log_likelihoods"], seconds["plain"], unit="s"))
    return rows


def main() -> None:
    args = arguments(__doc__, turns=9).parse_args()
    record(__file__, args, measure(args.turns), sizes=TINY, answers=ANSWERS, tokens=[PROMPT, ANSWER])


if __name__ == "__main__":
    main()
