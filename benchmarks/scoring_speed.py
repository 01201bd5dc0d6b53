"""How long do a GPT's log-likelihoods of answers take, beside reading every pair whole and projecting every token?

    python benchmarks/scoring_speed.py

The tiny size, 64 answers of 5 tokens after prompts of 100: each its own, four to a prompt, and all after one. The same
numbers asserted, turn about, so that a noisy machine hits both alike. Medians; the first turn of each is not counted.
"""

import argparse
import statistics
import time

import torch
import torch.nn.functional as F
from torch import Tensor

from bertgpt import GPT, TINY, TransformerConfig
from bertgpt.scoring import log_likelihoods
from bertgpt.text.batching import IGNORED, by_length, pad
from bertgpt.training.objectives import shift_left

ANSWERS, PROMPT, ANSWER = 64, 100, 5


@torch.inference_mode()
def plain(model, prompts: list[list[int]], answers: list[list[int]], batch_size: int = 32) -> list[Tensor]:
    """Read prompt and answer together, project every token on the vocabulary, keep the answers' log p: -> (n,) each."""
    rows = [prompt + answer for prompt, answer in zip(prompts, answers)]
    found: dict[int, Tensor] = {}
    for chunk in by_length(rows, batch_size):
        ids, mask = pad([rows[i] for i in chunk], model.config.pad_id)                     # (B, T)
        logits = model(ids, attention_mask=mask)                                           # (B, T, V)
        losses = F.cross_entropy(logits.transpose(1, 2), shift_left(ids, mask), reduction="none", ignore_index=IGNORED)
        for i, row in zip(chunk, -losses):
            found[i] = row[len(prompts[i]) - 1:len(rows[i]) - 1]                           # (n,)
    return [found[i] for i in range(len(rows))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=9, help="how often each is timed")
    args = parser.parse_args()
    torch.manual_seed(0)
    model = GPT(TransformerConfig.gpt(**TINY)).eval()
    draw = lambda *shape: torch.randint(5, TINY["vocab_size"], shape).tolist()             # noqa: E731
    print(f"{ANSWERS} answers of {ANSWER} tokens after prompts of {PROMPT}, {torch.get_num_threads()} threads, "
          f"torch {torch.__version__}")
    for each in (1, 4, ANSWERS):
        prompts = [prompt for prompt in draw(ANSWERS // each, PROMPT) for _ in range(each)]
        answers = draw(ANSWERS, ANSWER)
        seconds, found = {plain: [], log_likelihoods: []}, {}
        for _ in range(args.turns + 1):
            for way, times in seconds.items():
                began = time.perf_counter()
                found[way] = torch.cat(way(model, prompts, answers))
                times.append(time.perf_counter() - began)
        torch.testing.assert_close(*found.values(), atol=1e-5, rtol=0)
        whole, ours = (statistics.median(times[1:]) for times in seconds.values())
        print(f"{each:2} to a prompt: {whole:.3f} s whole, {ours:.3f} s by log_likelihoods, ratio {whole / ours:.1f}")


if __name__ == "__main__":
    main()
