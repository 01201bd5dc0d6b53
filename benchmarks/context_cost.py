"""What do seconds and memory of a training step do as the context grows from 64 to 4,096 tokens?

One text a batch, forward and backward, beside transformers' models of the same weights. Memory is what a process of
its own holds at most beyond what it held before the step, as Linux counts it.
"""

import multiprocessing
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import torch
import turns
from transformers import BertForMaskedLM, GPT2LMHeadModel

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig
from bertgpt.text.batching import mask_tokens
from bertgpt.training.objectives import lm_objective, masked_lm_objective, shift_left, token_loss

CONTEXTS = [64, 128, 256, 512, 1024, 2048, 4096]
SIDES = ("ours", "theirs")


def training_steps(kind: str, context: int) -> dict[str, Callable[[], torch.Tensor]]:
    """Make two models of the same weights, and give what a training step of one text does in each: -> its loss."""
    torch.manual_seed(0)
    sizes = TINY | {"max_len": context, "dropout": 0.0}
    if kind == "GPT":
        ours, peer = GPT(TransformerConfig.gpt(**sizes)), GPT2LMHeadModel
    else:
        ours, peer = BERTForPreTraining(TransformerConfig.bert(**sizes)), BertForMaskedLM
    theirs = turns.twin(ours.train(), peer)
    ids = torch.randint(5, TINY["vocab_size"], (1, context))  # (B, T)
    if kind == "GPT":
        objective, batch, labels = lm_objective, {"input_ids": ids}, shift_left(ids)
    else:
        ids, labels = mask_tokens(ids, mask_id=3, vocab_size=TINY["vocab_size"], special_ids=range(5))
        objective, batch = masked_lm_objective, {"input_ids": ids, "labels": labels}

    def step_ours():
        ours.zero_grad()
        (loss := sum(objective(ours, batch).values())).backward()
        return loss.detach()

    def step_theirs():
        theirs.zero_grad()
        (loss := token_loss(theirs(input_ids=ids).logits, labels)).backward()
        return loss.detach()

    return {"ours": step_ours, "theirs": step_theirs}


def memory(field: str) -> int:
    """Read how many bytes of memory this process holds (VmRSS), or has held at most (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(re.search(rf"{field}:\s+(\d+) kB", status)[1])


def extra_memory(kind: str, context: int, side: str) -> int:
    """Count the bytes that one step takes beyond what the process held before it; for a process of its own."""
    step = training_steps(kind, context)[side]
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # begin VmHWM anew
    step()
    return memory("VmHWM") - before


def peak_memory(kind: str, context: int) -> dict[str, float]:
    """Measure the extra memory of each side, in MB; nothing where the system is not Linux."""
    if not Path("/proc/self/clear_refs").exists():
        return {}
    spawn = multiprocessing.get_context("spawn")  # threads of autograd do not outlive a fork
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        return {side: round(pool.submit(extra_memory, kind, context, side).result() / 1e6, 1) for side in SIDES}


def measure(kind: str, context: int, n_turns: int) -> list[dict]:
    """Measure memory, then time, for one model and context: -> a row of the record."""
    mb, steps = peak_memory(kind, context), training_steps(kind, context)
    torch.testing.assert_close(steps["ours"](), steps["theirs"](), atol=1e-4, rtol=0)
    seconds = turns.turn_about(steps, n_turns)
    row = turns.compared(f"{kind}, {context} tokens", "transformers", seconds, unit="s a step")
    return [row | {"kind": kind, "context": context, "mb": mb}]


if __name__ == "__main__":
    timings = {
        f"{kind}, {context} tokens": partial(measure, kind, context) for kind in ("GPT", "BERT") for context in CONTEXTS
    }
    turns.main(__doc__, "context_cost", timings, turns=3, peers=("transformers",), sizes=TINY)
