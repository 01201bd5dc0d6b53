"""How long does one masked-LM training step take, beside transformers' BertForMaskedLM with the same weights?

Both begin as twins and take the same batch. Ours projects on the vocabulary at masked positions only, and has an
optimiser in one kernel.
"""

from functools import partial

import torch
import turns
from transformers import BertForMaskedLM

from bertgpt import TINY, BERTForPreTraining, TransformerConfig
from bertgpt.text.batching import mask_tokens
from bertgpt.training.objectives import masked_lm_objective
from bertgpt.training.optimisers import parameter_groups
from bertgpt.training.settings import TrainingSettings

ROWS = 32  # texts of a batch


def measure(precision: str, n_turns: int) -> list[dict]:
    """Time a step of both in one precision: -> a row of the record."""
    torch.manual_seed(0)
    ids = torch.randint(5, TINY["vocab_size"], (ROWS, TINY["max_len"]))  # (B, T)
    ids, labels = mask_tokens(ids, mask_id=3, vocab_size=TINY["vocab_size"], special_ids=range(5))
    batch, losses = {"input_ids": ids, "labels": labels}, {"ours": [], "theirs": []}
    ours = BERTForPreTraining(TransformerConfig.bert(**TINY, dropout=0.0))  # without dropout they stay twins
    models = {"ours": ours, "theirs": turns.twin(ours, BertForMaskedLM)}
    weight_decay = TrainingSettings(steps=1).weight_decay
    optimisers = {
        side: torch.optim.AdamW(parameter_groups(model.parameters(), weight_decay), lr=1e-4, **fused)
        for (side, model), fused in zip(models.items(), ({"fused": True}, {}))
    }

    def step(side: str) -> None:
        model = models[side]
        optimisers[side].zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = masked_lm_objective(model, batch)["mlm_loss"] if side == "ours" else model(**batch).loss
        loss.backward()
        optimisers[side].step()
        losses[side].append(loss.item())

    seconds = turns.turn_about({side: partial(step, side) for side in models}, n_turns)
    first = (steps[0] for steps in losses.values())
    torch.testing.assert_close(*first, atol=1e-4 if precision == "float32" else 0.02, rtol=0)
    return [turns.compared(precision, "transformers", seconds, goal=1.5, unit="s a step")]


if __name__ == "__main__":
    timings = {precision: partial(measure, precision) for precision in ("float32", "bfloat16")}
    about = {"sizes": TINY, "batch": [ROWS, TINY["max_len"]]}
    turns.main(__doc__, "mlm_step", timings, turns=12, peers=("transformers",), **about)
