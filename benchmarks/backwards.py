"""Does it know it backwards? Three questions, two masks, one or two layers, learned or rotary positions, five seeds.

120 cards, "capital - country": all are read from the front, half of them from the back too, so that the backward
form is known. The other half is then asked from the back, "country - ?". Chance is 1 in 120.

What could come out: the mask alone decides, or the question alone, or only both together. Two controls could
say no: *blanks under the triangle* has BERT's question without its sight; *a blank at the end under the square*
has its sight without its question. (The next token under the square is chapter 08's cheat and answers nothing:
an exercise makes that cell.) And *by Bayes* asks each model the same thing in forward questions
alone, so that not knowing and not being able to say it are told apart.

Decided before the runs: a run ends 200 steps after it answers 99 % of the forward questions, and after 3,000 at the
latest. It is read at its end; one that has not learned its cards forwards by then counts as "not learned", and
nothing is said of it backwards. A finding is robust if all five seeds show it, with both depths and both
kinds of position.
"""

from collections.abc import Iterator
from functools import partial

import torch
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt.model.modern import Modern
from bertgpt_book.tasks.backwards import CAPITALS, learn, make_cards, right, scores, untrained

NAME = "backwards"
STEPS, MORE, EVERY, SEEDS = 3000, 200, 50, 5
LEARNED = 0.99  # of the forward questions
CELLS = [("next", "triangle"), ("end", "square"), ("blanks", "triangle"), ("blanks", "square")]


def right_by_bayes(model: Modern, question: str, fronts: Tensor, asked: Tensor) -> Tensor:
    """Which front makes this back most probable? -> whether it is the right one, for each card asked (m,) bool.

    With all fronts equally probable, p(front | back) is proportional to p(back | front): only forward questions.
    fronts: (n, 4), all cards; asked: (m, 4), some of them
    """
    log_probs = scores(model, question, fronts).log_softmax(dim=-1)  # (n, V)
    best = log_probs[:, asked[:, 3]].argmax(dim=0)  # (m,)
    return fronts[best, 1] == asked[:, 1]


def measure(model, question: str, fronts: Tensor, backs: Tensor) -> dict[str, float]:
    """Ask all cards from the front, and both halves from the back: -> shares that are right."""
    half = len(fronts) // 2
    answers = {
        "forwards": right(model, question, fronts),
        "backwards, read": right(model, question, backs[:half]),
        "backwards, new": right(model, question, backs[half:]),
        "by Bayes": right_by_bayes(model, question, fronts, fronts[half:]),
    }
    if question != "next":
        answers["front hidden, new"] = right(model, question, fronts[half:], at=1)  # "? - country", as it was read
    return {name: round(each.float().mean().item(), 4) for name, each in answers.items()}


def run(question: str, mask: str, layers: int, rotary: bool, seed: int, steps: int = STEPS) -> dict:
    """Train one cell: -> its row, with what it answers every 50 steps, and at the end."""
    fronts, backs = make_cards(seed)
    cards = torch.cat([fronts, backs[: len(backs) // 2]])  # (n + n / 2, 4)
    model = untrained(mask, layers, rotary, seed)
    found, learned = [measure(model, question, fronts, backs)], None
    for step in learn(model, question, cards, steps, seed):
        if step % EVERY == 0:
            found.append(measure(model, question, fronts, backs))
            if learned is None and found[-1]["forwards"] >= LEARNED:
                learned = step
            if learned is not None and step >= learned + MORE:
                break
    return {
        "steps": step,
        "learned": learned,
        "parameters": sum(p.numel() for p in model.parameters()),
        "curves": {name: [each[name] for each in found] for name in found[0]},
        "end": found[-1],
    }


def rows() -> Iterator[Row]:
    data = (fingerprint(*CAPITALS, *CAPITALS.values()),)
    for layers in (1, 2):
        for seed in range(SEEDS):
            for rotary in (False, True):
                for question, mask in CELLS:
                    key = {"question": question, "mask": mask, "layers": layers, "rotary": rotary, "seed": seed}
                    words = [f"{question}, {mask}", f"{layers} layer{'s' * (layers > 1)}"]
                    words += ["rotary" if rotary else "learned", f"seed {seed}"]
                    yield Row(", ".join(words), partial(run, *key.values()), data, seconds=10 * layers, key=key)


def about() -> dict:
    return {"every": EVERY, "learned": LEARNED, "cards": len(CAPITALS)}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
