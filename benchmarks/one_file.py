"""How often does the BERT of chapters/micro.py find the hidden letter, and how often does counting?

The loop is `micro.main`'s, draw for draw, so the row of seed 1 has the page's losses. Beside the loss it says how
often the first guess is right, one letter hidden in each held-out word, and how often the letter is right that
counting has seen most often: at all, after the same left neighbour, between the same two neighbours.

Rows *tried* ask whether a small change of the file brings this BERT to the counts of both neighbours in as many steps.
They never see the held-out words: a tenth of the others is left out of the training, and judged. One seed each.
"""

import importlib.util
import math
import random
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import fmean
from types import ModuleType

from experiments import Row, fingerprint, main, percentage

NAME = "one_file"
FOLDER = Path(__file__).resolve().parents[1] / "chapters"
WORDS = (FOLDER / "micro.txt").read_text(encoding="utf-8")
STEPS = 4000
NEIGHBOURS = {"both neighbours": (-1, 1), "left neighbour": (-1,), "unigram": ()}
CHANGES: dict[str, dict] = {"two heads": {"HEADS": 2}, "step size 0.016": {"rate": 0.016}, "width 32": {"WIDTH": 32}}


def micro() -> ModuleType:
    """Load the file afresh: it keeps its tape in the module."""
    spec = importlib.util.spec_from_file_location("micro", FOLDER / "micro.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def counted(seen: list, new: list, look: tuple[int, ...]) -> list[bool]:
    """Bet on the letter seen most often beside what stands there: -> whether it is right, for each label."""

    def asked(posed):
        for read, labels in posed:
            for i, label in enumerate(labels):
                if label:
                    yield "".join(read[i + step] for step in look), label

    beside: dict[str, Counter] = {}
    for context, letter in asked(seen):
        beside.setdefault(context, Counter())[letter] += 1
    return [context in beside and beside[context].most_common(1)[0][0] == letter for context, letter in asked(new)]


def judged(file: ModuleType, model, alphabet: list[str], test: list) -> dict:
    """Ask a model for the one hidden letter of each word: -> mean -ln p, and how often its first guess is right."""
    right, losses = [], []
    for read, labels in test:
        at = read.index(file.BLANK)
        shares = file.softmax(model(read).rows[at])
        losses.append(-math.log(shares[alphabet.index(labels[at])]))
        right.append(alphabet[max(range(len(shares)), key=shares.__getitem__)] == labels[at])
    return {"nats": round(fmean(losses), 4), "right": percentage(right)}


def run(seed: int, steps: int = STEPS) -> dict:
    """Train BERT, and its twin under the triangle, on the file's words: -> losses, and how often each is right."""
    file = micro()
    words = sorted({w for w in WORDS.lower().split() if w.isalpha() and 2 < len(w) < 11})
    alphabet, rng = sorted({file.EDGE, file.BLANK, *"".join(words)}), random.Random(seed)
    rng.shuffle(words)
    held_out, words = words[: len(words) // 10], words[len(words) // 10 :]
    models = {
        name: file.Model(alphabet, triangle, random.Random(seed))
        for name, triangle in {"BERT": 0, "BERT under the triangle": 1}.items()
    }
    for step in range(steps):
        batch = [file.pose(w, len(w) // 2, True, rng) for w in rng.choices(words, k=4)]
        for model in models.values():
            for each in batch:
                model.ask(*each, learn=True)
            for weights in model.weights:
                weights.step(0.008 * (1 - step / steps))
    test = [file.pose(w, 1, True, rng) for w in held_out]
    found: dict[str, dict] = {}
    for name, model in models.items():
        found[name] = judged(file, model, alphabet, test)
    seen = [(file.EDGE + w + file.EDGE, [None, *w, None]) for w in words]
    for name, look in NEIGHBOURS.items():
        nats = file.count(seen, test, look)
        found[name] = {"nats": round(nats, 4), "right": percentage(counted(seen, test, look))}
    return {"steps": steps, "words": len(test), "found": found}


def tried(hide: str, rate: float = 0.008, steps: int = STEPS, **constants: int) -> dict:
    """Train BERT alone with other constants, judged on words left out of the training words: -> nats, share right."""
    file = micro()
    vars(file).update(constants)
    words = sorted({w for w in WORDS.lower().split() if w.isalpha() and 2 < len(w) < 11})
    alphabet, rng = sorted({file.EDGE, file.BLANK, *"".join(words)}), random.Random(1)
    rng.shuffle(words)
    words = words[len(words) // 10 :]
    left_out, words = words[: len(words) // 10], words[len(words) // 10 :]
    model = file.Model(alphabet, 0, random.Random(1))
    for step in range(steps):
        for word in rng.choices(words, k=4):
            half = len(word) // 2
            n = {"half": half, "one": 1, "one to half": rng.randint(1, half)}[hide]
            model.ask(*file.pose(word, n, True, rng), learn=True)
        for weights in model.weights:
            weights.step(rate * (1 - step / steps))
    test = [file.pose(w, 1, True, random.Random(w)) for w in left_out]
    seen = [(file.EDGE + w + file.EDGE, [None, *w, None]) for w in words]
    both = file.count(seen, test, NEIGHBOURS["both neighbours"])
    return {"words": len(test), "BERT": judged(file, model, alphabet, test), "both neighbours": round(both, 4)}


def rows() -> Iterator[Row]:
    data = (fingerprint(WORDS),)
    for seed in (1, 2):
        yield Row(f"as it stands, seed {seed}", partial(run, seed), data, seconds=200, key={"seed": seed})
    for hide in ("half", "one", "one to half"):
        yield Row(f"tried: {hide} hidden", partial(tried, hide), data, seconds=110)
    for name, change in CHANGES.items():
        yield Row(f"tried: one to half hidden, {name}", partial(tried, "one to half", **change), data, seconds=200)


if __name__ == "__main__":
    main(__doc__, NAME, {"steps": STEPS}, rows)
