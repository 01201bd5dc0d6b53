"""How long does one masked-LM training step take, beside transformers' BertForMaskedLM with the same weights?

    python benchmarks/mlm_step.py
    python benchmarks/mlm_step.py --turns 1 --rows 2 --out DIR     # a rehearsal

Both begin as twins and take the same batch and learning rate. The saving is the vocabulary
projection, which ours computes for the masked positions only, and an optimiser in one kernel.
"""

import tempfile

import torch
from transformers import BertForMaskedLM
from turns import arguments, compared, record, turn_about

from bertgpt import TINY, BERTForPreTraining, TransformerConfig, save_pretrained
from bertgpt.text.batching import mask_tokens
from bertgpt.training.objectives import masked_lm_objective
from bertgpt.training.optimisers import parameter_groups
from bertgpt.training.settings import TrainingSettings


def twins() -> tuple[BERTForPreTraining, BertForMaskedLM]:
    """Make two models of the tiny size with the same weights, ours and theirs; dropout 0, so that they stay twins."""
    ours = BERTForPreTraining(TransformerConfig.bert(**TINY, dropout=0.0))
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(ours, folder)
        return ours.train(), BertForMaskedLM.from_pretrained(folder).train()


class Contestant:
    """A model, a loss and an optimiser, and a step that takes all three."""

    def __init__(self, model, loss, bfloat16: bool, **options):
        self.model, self.loss, self.bfloat16, self.losses = model, loss, bfloat16, []
        groups = parameter_groups(model.parameters(), TrainingSettings(steps=1).weight_decay)
        self.optimiser = torch.optim.AdamW(groups, lr=1e-4, **options)

    def step(self) -> None:
        """Take one training step, and keep its loss."""
        self.optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            loss = self.loss(self.model)
        loss.backward()
        self.optimiser.step()
        self.losses.append(loss.item())


def batch_of(rows: int) -> dict[str, torch.Tensor]:
    """Draw ids and mask 15 % of them: -> input_ids, labels (B, T)."""
    ids = torch.randint(5, TINY["vocab_size"], (rows, TINY["max_len"]))  # (B, T)
    ids, labels = mask_tokens(ids, mask_id=3, vocab_size=TINY["vocab_size"], special_ids=range(5))
    return {"input_ids": ids, "labels": labels}


def measure(turns: int, rows: int) -> list[dict]:
    """Time both in both precisions: -> rows of the record."""
    torch.manual_seed(0)
    batch, found = batch_of(rows), []
    for bfloat16, setting in ((False, "float32"), (True, "bfloat16")):
        ours, theirs = twins()
        own = Contestant(ours, lambda model: masked_lm_objective(model, batch)["mlm_loss"], bfloat16, fused=True)
        other = Contestant(theirs, lambda model: model(**batch).loss, bfloat16)
        seconds = turn_about({"ours": own.step, "theirs": other.step}, turns)
        torch.testing.assert_close(own.losses[0], other.losses[0], atol=0.02 if bfloat16 else 1e-4, rtol=0)
        found.append(compared(setting, "transformers", seconds["ours"], seconds["theirs"], goal=1.5, unit="s a step"))
    return found


def main() -> None:
    parser = arguments(__doc__, turns=12)
    parser.add_argument("--rows", type=int, default=32, help="texts of a batch")
    args = parser.parse_args()
    record(
        __file__,
        args,
        measure(args.turns, args.rows),
        peers=("transformers",),
        sizes=TINY,
        batch=[args.rows, TINY["max_len"]],
    )


if __name__ == "__main__":
    main()
