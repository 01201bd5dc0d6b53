"""What do seconds and memory of a training step do as the context grows from 64 to 4,096 tokens?

    python benchmarks/context_cost.py
    python benchmarks/context_cost.py --turns 1 --contexts 64 128 --out DIR      # a rehearsal

The tiny size with room for the text, one text a batch, forward and backward, GPT beside
transformers' GPT-2 and BERT beside its BertForMaskedLM, the same weights in both. Memory is what a
process of its own holds at most beyond what it held before the step, as Linux counts it.
"""

import multiprocessing
import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
import transformers
from turns import arguments, compared, record, turn_about

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig, save_pretrained
from bertgpt.text.batching import mask_tokens
from bertgpt.training.objectives import lm_objective, masked_lm_objective, shift_left, token_loss

CONTEXTS = [64, 128, 256, 512, 1024, 2048, 4096]
KINDS = {
    "GPT": (GPT, TransformerConfig.gpt, transformers.GPT2LMHeadModel),
    "BERT": (BERTForPreTraining, TransformerConfig.bert, transformers.BertForMaskedLM),
}


def steps_of(kind: str, context: int) -> dict[str, Callable[[], torch.Tensor]]:
    """Make two models of the same weights, and give what a training step of one text does in each: -> its loss."""
    torch.manual_seed(0)
    ours_is, configure, theirs_is = KINDS[kind]
    ours = ours_is(configure(**TINY | {"max_len": context}, dropout=0.0)).train()
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(ours, folder)
        theirs = theirs_is.from_pretrained(folder).train()
    ids = torch.randint(5, TINY["vocab_size"], (1, context))  # (B, T)
    if kind == "GPT":
        objective, batch, labels = lm_objective, {"input_ids": ids}, shift_left(ids)
    else:
        ids, labels = mask_tokens(ids, mask_id=3, vocab_size=TINY["vocab_size"], special_ids=range(5))
        objective, batch = masked_lm_objective, {"input_ids": ids, "labels": labels}

    def own():
        ours.zero_grad()
        (loss := sum(objective(ours, batch).values())).backward()
        return loss.detach()

    def other():
        theirs.zero_grad()
        logits = theirs(input_ids=ids).logits  # (B, T, V)
        (loss := token_loss(logits, labels)).backward()
        return loss.detach()

    return {"ours": own, "theirs": other}


def memory(field: str) -> int:
    """Read how many bytes of memory this process holds (VmRSS), or has held at most (VmHWM)."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return 1024 * int(found[1])


def extra_memory(kind: str, context: int, name: str) -> int:
    """Count the bytes that one step takes beyond what the process held before it; for a process of its own."""
    act = steps_of(kind, context)[name]
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # begin VmHWM anew
    act()
    return memory("VmHWM") - before


def peaks(kind: str, context: int) -> dict[str, float]:
    """Measure each contestant's extra memory, in MB; nothing where the system is not Linux."""
    if not Path("/proc/self/clear_refs").exists():
        return {}
    spawn = multiprocessing.get_context("spawn")  # threads of autograd do not outlive a fork
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        return {
            name: round(pool.submit(extra_memory, kind, context, name).result() / 1e6, 1) for name in ("ours", "theirs")
        }


def measure(turns: int, contexts: list[int]) -> list[dict]:
    """Measure memory, then time, for each model and context: -> rows of the record."""
    rows = []
    for kind in KINDS:
        for context in contexts:
            found = peaks(kind, context)
            acts = steps_of(kind, context)
            torch.testing.assert_close(acts["ours"](), acts["theirs"](), atol=1e-4, rtol=0)
            seconds = turn_about(acts, turns)
            row = compared(
                f"{kind}, {context} tokens", "transformers", seconds["ours"], seconds["theirs"], unit="s a step"
            )
            rows.append({**row, "kind": kind, "context": context, "mb": found})
    return rows


def main() -> None:
    parser = arguments(__doc__, turns=3)
    parser.add_argument("--contexts", type=int, nargs="+", default=CONTEXTS)
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    record(__file__, args, measure(args.turns, args.contexts), peers=("transformers",), sizes=TINY)


if __name__ == "__main__":
    main()
