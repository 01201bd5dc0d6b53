"""How long does one masked-LM training step take, beside transformers' BertForMaskedLM of the same size?

    python benchmarks/mlm_step.py

Both models take the same batches, optimiser and thread count, turn about, so that a noisy machine hits both alike.
The saving is the vocabulary projection, which ours computes for the masked positions only.
"""

import statistics
import time

import torch
from transformers import BertConfig, BertForMaskedLM

from bertgpt import TINY, BERTForPreTraining, TransformerConfig
from bertgpt.text.batching import mask_tokens
from bertgpt.training.objectives import masked_lm_objective
from bertgpt.training.optimisers import parameter_groups
from bertgpt.training.settings import TrainingSettings

ROWS, STEPS, WARM_UP = 32, 12, 2


def step(model, loss, optimiser) -> float:
    """Take one training step and give its seconds."""
    began = time.perf_counter()
    optimiser.zero_grad()
    loss(model).backward()
    optimiser.step()
    return time.perf_counter() - began


def main() -> None:
    torch.manual_seed(0)
    settings = TrainingSettings(steps=1)
    ids = torch.randint(5, TINY["vocab_size"], (ROWS, TINY["max_len"]))                    # (B, T)
    ids, labels = mask_tokens(ids, mask_id=3, vocab_size=TINY["vocab_size"], special_ids=range(5))
    batch = {"input_ids": ids, "labels": labels}
    theirs = BertForMaskedLM(BertConfig(
        vocab_size=TINY["vocab_size"], max_position_embeddings=TINY["max_len"], hidden_size=TINY["d_model"],
        num_hidden_layers=TINY["n_layers"], num_attention_heads=TINY["n_heads"], intermediate_size=TINY["d_ff"]))
    ours = BERTForPreTraining(TransformerConfig.bert(**TINY))
    contestants = {
        "bertgpt": (ours, lambda model: masked_lm_objective(model, batch)["mlm_loss"]),
        "transformers": (theirs, lambda model: model(**batch).loss),
    }
    optimisers = {name: torch.optim.AdamW(parameter_groups(model.parameters(), settings.weight_decay),
                                          fused=name == "bertgpt") for name, (model, _) in contestants.items()}
    seconds = {name: [] for name in contestants}
    for _ in range(STEPS + WARM_UP):
        for name, (model, loss) in contestants.items():
            seconds[name].append(step(model.train(), loss, optimisers[name]))
    medians = {name: statistics.median(times[WARM_UP:]) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"{name:13} {median:.3f} s a step ({ROWS} x {TINY['max_len']} tokens, {torch.get_num_threads()} threads)")
    print(f"ratio {medians['transformers'] / medians['bertgpt']:.2f}")


if __name__ == "__main__":
    main()
