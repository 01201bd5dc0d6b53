"""A small ranking task and small encoders, for the tests of rankers and of the experiment that trains them."""

import torch

from bertgpt import BERT, GPT, TransformerConfig
from bertgpt.tasks.questions import RankingTask

SIZES = {"vocab_size": 8192, "max_len": 32, "d_model": 12, "n_layers": 1, "n_heads": 3, "d_ff": 16, "dropout": 0.0}
PAIRS = [(f"{animal} {place}", f"the {animal} that we saw was in the {place} and stayed") for animal, place in [
    ("cat", "garden"), ("dog", "street"), ("horse", "field"), ("bird", "tree"), ("king", "castle"), ("ship", "sea"),
    ("lady", "library"), ("clerk", "office"), ("cook", "kitchen"), ("child", "school"), ("ghost", "cellar")]]
TASK = RankingTask([question for question, _ in PAIRS], [answer for _, answer in PAIRS],
                   [{i} for i in range(len(PAIRS))])


def small_encoder(kind: str) -> BERT | GPT:
    torch.manual_seed(0)
    if kind == "bert":
        return BERT(TransformerConfig.bert(**SIZES)).eval()
    return GPT(TransformerConfig.gpt(**SIZES)).eval()
