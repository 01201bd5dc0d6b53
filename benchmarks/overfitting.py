"""What does a GPT that has only one chapter of a novel learn, and what does it write when it knows it by heart?

A small GPT in letters learns from the first chapter of *Emma*, for far more steps than the chapter has to teach. Every
25 steps: the loss on that chapter, on the second (by which the best step is chosen), and on the third (which chooses
nothing). Before, at the best and after it writes twenty texts; of each, the longest run of characters that stands in
the training text is counted, as it is for twenty passages of the third chapter. The control is the same GPT, with the
same steps, on the novel without those two chapters. The seed draws the first weights and the batches.
"""

import copy
from functools import cache, partial

import torch
from experiments import Row, fingerprint, main

from bertgpt import GPT, TransformerConfig, generate
from bertgpt.text.corpora import novels
from bertgpt.text.data import LMBatches
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.loop import evaluate, take_step
from bertgpt.training.objectives import lm_objective
from bertgpt.training.optimisers import OPTIMISERS
from bertgpt.training.settings import TrainingSettings

NAME, SEEDS = "overfitting", range(3)
CHAPTERS = (  # the first words of chapters two, three and four of Emma, which has no headings here
    "Mr. Weston was a native of Highbury",
    "Mr. Woodhouse was fond of society in his own way",
    "Harriet Smith's intimacy at Hartfield was soon",
)
STEPS, EVERY, LENGTH, BATCH = 1500, 25, 64, 16
SIZES = {"d_model": 96, "n_layers": 2, "n_heads": 4, "d_ff": 384, "dropout": 0.0}
RULE = {"learning_rate": 3e-3, "warmup": 50, "schedule": "constant", "weight_decay": 0.0}
PROMPT, WRITTEN, WRITERS = "She was ", 160, 20
SETTINGS = {"steps": STEPS, "every": EVERY, "length": LENGTH, "batch": BATCH, **SIZES, **RULE, "temperature": 0.8}
SAMPLE = {"prompt": PROMPT, "written": WRITTEN, "texts": WRITERS}


@cache
def texts() -> dict[str, str]:
    """Cut Emma: -> "one chapter", "validation", "test", and "the novel" without those two."""
    emma = novels("train")["Emma"]
    second, third, fourth = (emma.index(words) for words in CHAPTERS)
    return {
        "one chapter": emma[:second],
        "validation": emma[second:third],
        "test": emma[third:fourth],
        "the novel": emma[:second] + emma[fourth:],
    }


def longest_copied(text: str, known: str) -> int:
    """Count the characters of the longest run of a text that stands in a known text.

    >>> longest_copied("she was a native", "Mr. Weston was a native of Highbury")
    13
    """
    longest = 0
    for start in range(len(text)):
        while text[start : start + longest + 1] in known and start + longest < len(text):
            longest += 1
    return longest


def run(reads: str, seed: int, steps: int = STEPS) -> dict:
    """Train, and look at it every 25 steps: -> "curve": [step, loss on what it reads, on "validation", "test"], ..."""
    letters = Tokenizer.train_char([novels("train")["Emma"]])
    ids = {name: torch.tensor(letters.encode(text)) for name, text in texts().items()}
    held_out = {name: [LMBatches([ids[name]], LENGTH, 128, seed=100).sample(0)] for name in ids}
    torch.manual_seed(seed)
    model = GPT(TransformerConfig.gpt(vocab_size=letters.vocab_size, max_len=LENGTH, **SIZES))
    batches, settings = LMBatches([ids[reads]], LENGTH, BATCH, seed=seed), TrainingSettings(steps=steps, **RULE)
    optimisers = OPTIMISERS[settings.optimiser](model, settings)
    curve, states = [], {}
    for step in range(steps + 1):
        if step % EVERY == 0:
            losses = [
                round(evaluate(model, lm_objective, held_out[name])["loss"], 3)
                for name in (reads, "validation", "test")
            ]
            curve.append([step, *losses])
            best = min(curve, key=lambda point: point[2])[0]
            states |= {
                name: copy.deepcopy(model.state_dict()) for name, at in (("before", 0), ("best", best)) if at == step
            }
        if step < steps:
            take_step(step, batches.sample(step), model, lm_objective, optimisers, settings)
    states["after"] = copy.deepcopy(model.state_dict())  # the model is about to take other weights
    prompt, written, copied = torch.tensor([letters.encode(PROMPT)] * WRITERS), {}, {}
    for name, state in states.items():
        model.load_state_dict(state)
        drawn = [letters.decode(row) for row in write(model.eval(), prompt)]
        written[name] = PROMPT + drawn[0]
        copied[name] = [longest_copied(text, texts()[reads]) for text in drawn]
    held = texts()["test"]
    starts = range(0, len(held) - WRITTEN, (len(held) - WRITTEN) // WRITERS)
    copied["Austen"] = [longest_copied(held[at : at + WRITTEN], texts()[reads]) for at in starts][:WRITERS]
    return {
        "reads": reads,
        "seed": seed,
        "characters": len(texts()[reads]),
        "parameters": sum(p.numel() for p in model.parameters()),
        "best": best,
        "curve": curve,
        "written": written,
        "copied": copied,
    }


def write(model, prompt: torch.Tensor) -> torch.Tensor:
    """Draw what follows, each character from the last LENGTH - 1 at most: -> (B, WRITTEN)."""
    generator, ids = torch.Generator().manual_seed(0), prompt
    for _ in range(WRITTEN):
        new = generate(model, ids[:, 1 - LENGTH :], 1, temperature=0.8, use_cache=False, generator=generator)
        ids = torch.cat([ids, new[:, -1:]], dim=1)
    return ids[:, prompt.size(1) :]


def rows() -> list[Row]:
    data = (fingerprint(*texts().values()), str({**SETTINGS, **SAMPLE}))
    return [
        Row(f"{reads}, seed {seed}", partial(run, reads, seed), data, seconds=240)
        for reads in ("one chapter", "the novel")
        for seed in SEEDS
    ]


if __name__ == "__main__":
    main(__doc__, NAME, {"settings": SETTINGS, "sample": SAMPLE}, rows)
