"""How often should each text be drawn? Four mixes of novels, tales, plays and stories, two models, two seeds.

    python benchmarks/mix.py                             # an hour on one quiet core
    python benchmarks/mix.py --steps 8 --out DIR         # a rehearsal

Writes assets/results/mix.json, a row per run. The models are half as wide as the shipped ones and read a fraction of
their tokens; within a model and a seed nothing but the mix differs. BERT reads four times as many tokens as GPT,
since it starts on a plateau. Losses are nats, on the same held-out rows of each text: GPT's at the next token, BERT's
at [MASK] with 15 % hidden. The plain sentences are `plain_sentences.tsv`, which nothing is trained on. A run that was
recorded is not made again. The shipped models are older than this trial: it says how their mix compares.
"""

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path

import torch
from cloze_answers import judge, shares
from experiments import add_runs, fingerprint

from bertgpt import GPT, BERTForPreTraining, TransformerConfig
from bertgpt.device import evaluation_mode
from bertgpt.text.corpora import CORPORA
from bertgpt.text.data import LMBatches, MLMBatches
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective, masked_lm_objective
from bertgpt.training.recipes import Corpus, encode_texts, mix_batches, read_texts
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.records import RESULTS
from bertgpt_book.tasks.labelled import plain_sentences

ROWS, LENGTH, LOOKS = 16, 128, 12  # 2,048 tokens a step; batches of each test
MODELS = {
    "GPT": (GPT, TransformerConfig.gpt, lm_objective),
    "BERT": (BERTForPreTraining, TransformerConfig.bert, masked_lm_objective),
}
STEPS = {"GPT": 400, "BERT": 1600}  # BERT starts on a plateau: after 800 it still stood there
SIZES = dict(max_len=LENGTH, d_model=128, n_layers=4, n_heads=4, d_ff=512, dropout=0.0)
TEXTS = ("austen", "tales", "shakespeare", "stories")
MIXES = {
    "no stories": (1, 1, 0.6, 0),
    "all alike": (1, 1, 1, 1),
    "as shipped": (1, 1, 0.6, 2.4),
    "more stories": (1, 1, 0.6, 5),
}


@torch.inference_mode()
def losses(model, objective, loss: str, tests: dict) -> dict[str, float]:
    """Compute the mean loss on the held-out part of each text, in nats."""
    with evaluation_mode(model):
        return {
            name: round(sum(objective(model, test.sample(i))[loss].item() for i in range(LOOKS)) / LOOKS, 4)
            for name, test in tests.items()
        }


def settings_of(steps: int, seed: int) -> TrainingSettings:
    """Train as the shipped models were trained, for fewer steps."""
    return TrainingSettings(
        steps=steps,
        warmup=min(50, steps // 8),
        learning_rate=2e-3,
        optimiser="muon",
        schedule="linear",
        eval_every=steps,
        bfloat16=True,
        seed=seed,
    )


def percentages(judged: dict[str, list[bool]]) -> dict[str, float]:
    """Compute the share of each outcome of the plain sentences, in percent."""
    return {outcome: round(100 * share, 1) for outcome, (share, _) in shares(judged).items()}


def material(tokenizer: Tokenizer) -> tuple[list[Corpus], dict]:
    """Encode the texts: -> corpora, and what a record says of a trial with them."""
    about = {
        "command": shlex.join(["python", *sys.argv]),
        "rows": ROWS,
        "length": LENGTH,
        "sizes": SIZES,
        "texts": TEXTS,
        "tokenizer": fingerprint(tokenizer.backend.to_str()),
        "data": {name: fingerprint(*CORPORA[name]("train").values()) for name in TEXTS},
    }
    return [encode_texts(name, read_texts(name), tokenizer) for name in TEXTS], about


def run(kind: str, mix: str, seed: int, steps: int, tokenizer: Tokenizer, corpora: list[Corpus]) -> dict:
    """Train one model on one mix: -> its row."""
    torch.manual_seed(seed)
    make, config, objective = MODELS[kind]
    model = make(config(vocab_size=tokenizer.vocab_size, **SIZES))
    read = [(corpus, weight) for corpus, weight in zip(corpora, MIXES[mix]) if weight]
    batches = mix_batches(kind.lower(), *map(list, zip(*read)), tokenizer, LENGTH, ROWS, 0.30, seed, steps // 2)
    train(model, objective, batches, settings_of(steps, seed))
    unseen = {corpus.name: corpus.documents["test"] for corpus in corpora}
    if kind == "GPT":
        found = losses(
            model, lm_objective, "lm_loss", {name: LMBatches(ids, LENGTH, ROWS, seed=5) for name, ids in unseen.items()}
        )
    else:
        found = losses(
            model,
            masked_lm_objective,
            "loss_at_mask",
            {name: MLMBatches(ids, tokenizer, LENGTH, ROWS, 0.15, seed=5) for name, ids in unseen.items()},
        )
    return {
        "name": f"{kind}, {mix}",
        "kind": kind,
        "mix": mix,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "losses": found,
        "plain": percentages(judge(model, tokenizer, plain_sentences())),
    }


def key(row: dict) -> tuple:
    """Identify the run of a row."""
    return row["kind"], row["mix"], row["seed"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, help="of every run (default: what the record has)")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = old_books_tokenizer()
    corpora, about = material(tokenizer)
    runs = {
        (kind, mix, seed): partial(run, kind, mix, seed, args.steps or STEPS[kind], tokenizer, corpora)
        for kind in STEPS
        for seed in (0, 1)
        for mix in MIXES
    }
    add_runs("mix", about | {"mixes": MIXES}, runs, key, args.out)


if __name__ == "__main__":
    main()
