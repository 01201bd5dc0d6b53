"""How often should each text be drawn? Four mixes of novels, tales, plays and stories, two models, two seeds.

A row per run. The models are half as wide as the shipped ones and read a fraction of their tokens; within
a model and a seed nothing but the mix differs. BERT reads four times as many tokens as GPT, since it starts
on a plateau. Losses are nats, on the same held-out rows of each text: GPT's at the next token, BERT's at
[MASK] with 15 % hidden. The plain sentences are `plain_sentences.tsv`, which nothing is trained on. The
shipped models are older than this trial: it says how their mix compares.
"""

from collections.abc import Iterator
from functools import cache, partial

import torch
from cloze_answers import judge, shares
from experiments import Row, fingerprint, main
from pretraining import batches_of, settings_for

from bertgpt import GPT, BERTForPreTraining, TransformerConfig
from bertgpt.device import evaluation_mode
from bertgpt.text.corpora import CORPORA
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective, masked_lm_objective
from bertgpt.training.recipes import Corpus, encode_texts, mix_batches, read_texts
from bertgpt_book.tasks.labelled import plain_sentences

NAME = "mix"
ROWS, LENGTH, TEST_BATCHES = 16, 128, 12  # 2,048 tokens a step; batches of each test
# Kind of model -> its class, configuration, objective, the loss that is measured, and steps.
MODELS = {
    "GPT": (GPT, TransformerConfig.gpt, lm_objective, "lm_loss", 400),
    # BERT starts on a plateau: after 800 steps it still stood there.
    "BERT": (BERTForPreTraining, TransformerConfig.bert, masked_lm_objective, "loss_at_mask", 1600),
}
SIZES = dict(max_len=LENGTH, d_model=128, n_layers=4, n_heads=4, d_ff=512, dropout=0.0)
TEXTS = ("austen", "tales", "shakespeare", "stories")
MIXES = {
    "no stories": (1, 1, 0.6, 0),
    "all alike": (1, 1, 1, 1),
    "as shipped": (1, 1, 0.6, 2.4),
    "more stories": (1, 1, 0.6, 5),
}


@cache
def encoded() -> tuple[Tokenizer, list[Corpus]]:
    """Encode the texts by the vocabulary of the old books: -> the tokenizer, the texts."""
    tokenizer = old_books_tokenizer()
    return tokenizer, [encode_texts(name, read_texts(name), tokenizer) for name in TEXTS]


def run(kind: str, mix: str, seed: int, steps: int) -> dict:
    """Train one model on one mix: -> its row."""
    tokenizer, corpora = encoded()
    torch.manual_seed(seed)
    model_class, config, objective, loss, _ = MODELS[kind]
    model = model_class(config(vocab_size=tokenizer.vocab_size, **SIZES))
    drawn = [(corpus, weight) for corpus, weight in zip(corpora, MIXES[mix]) if weight]
    shape = {"length": LENGTH, "batch_size": ROWS, "rate": 0.30, "seed": seed, "short_steps": steps // 2}
    batches = mix_batches(kind.lower(), *map(list, zip(*drawn)), tokenizer, **shape)
    train(model, objective, batches, settings_for(steps, seed, bfloat16=True))
    tests = {
        corpus.name: batches_of(kind, corpus.documents["test"], tokenizer, LENGTH, ROWS, 0.15, seed=5)
        for corpus in corpora
    }
    with torch.inference_mode(), evaluation_mode(model):
        losses = {
            name: [objective(model, test.sample(i))[loss].item() for i in range(TEST_BATCHES)]
            for name, test in tests.items()
        }
    judged = shares(judge(model, tokenizer, plain_sentences()))
    return {
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "losses": {name: round(sum(each) / TEST_BATCHES, 4) for name, each in losses.items()},
        "plain": {outcome: round(100 * share, 1) for outcome, (share, _) in judged.items()},
    }


def rows() -> Iterator[Row]:
    for kind in MODELS:
        for seed in (0, 1):
            for mix in MIXES:
                key = {"kind": kind, "mix": mix, "seed": seed}
                make = partial(run, **key, steps=MODELS[kind][-1])
                yield Row(f"{kind}, {mix}, seed {seed}", make, seconds=200, key=key)


def about() -> dict:
    data = {name: fingerprint(*CORPORA[name]("train").values()) for name in TEXTS}
    settings = {"rows": ROWS, "length": LENGTH, "sizes": SIZES, "texts": TEXTS, "mixes": MIXES}
    return {**settings, "tokenizer": fingerprint(old_books_tokenizer().backend.to_str()), "data": data}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
