"""Which learns more from the same text? One class, two masks, and everything else equal.

    python benchmarks/fair_fight.py                                  # about seven hours on one core
    python benchmarks/fair_fight.py --only "BERT" "seed 0"           # rows whose name has all of these
    python benchmarks/fair_fight.py --tiny --out DIR --checkpoints DIR    # a rehearsal

Writes assets/results/fair_fight.json: a row a model, budget and seed, and a row for each baseline. Budgets share the
steps before their learning rates fall, kept under --checkpoints. Rows that are recorded are not made again, so a run
that is stopped goes on where it was, and two processes can share the work by --only.
"""

import argparse
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from experiments import Row, fingerprint, record

from bertgpt.book.records import RESULTS
from bertgpt.evaluation.baselines import word_classifier
from bertgpt.evaluation.ngrams import BothSides, KneserNey, Unigram
from bertgpt.model.heads import POOLINGS
from bertgpt.tasks import fair_exams, fair_fight
from bertgpt.tasks.classification import fit_layer
from bertgpt.tasks.fair_fight import ARMS, FIGHT_SIZES, FightBatches
from bertgpt.tasks.labelled import TASKS, Labelled, subset
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import CORPORA
from bertgpt.text.data import encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training.finetuning import build_inputs, pooled

BUDGETS = (500, 1000, 2000, 4000, 8000, 16000, 32000)        # steps of 1,024 tokens
SIDE_BUDGETS = {"left-only": 1000, "own place": 1000, "published": 1000, "15 % hidden": 16000}
PROBED = (0, 2000, 4000, 16000, 32000)
N_ITEMS, N_ROWS, N_TRAIN, N_TEST = 500, 64, 2000, 800        # a corpus, a corpus, labelled texts of each task


class Fight:
    """Hold what all rows share, each part made when it is first asked for."""

    def __init__(self, tokenizer: Tokenizer, checkpoints: Path | None, budgets=BUDGETS, sizes=FIGHT_SIZES,
                 n_items=N_ITEMS, n_rows=N_ROWS, n_train=N_TRAIN, n_test=N_TEST):
        self.tokenizer, self.checkpoints, self.budgets, self.sizes = tokenizer, checkpoints, budgets, sizes
        self.n_items, self.n_rows, self.n_train, self.n_test = n_items, n_rows, n_train, n_test

    @cached_property
    def groups(self) -> dict[str, list[list[torch.Tensor]]]:
        """Encode novels, tales and plays: split -> the documents (n,) of each."""
        return {split: [encode_documents(texts(split), self.tokenizer, torch.int32) for texts in CORPORA.values()]
                for split in ("train", "test")}

    @cached_property
    def documents(self) -> list[torch.Tensor]:
        return [ids for group in self.groups["train"] for ids in group]

    @cached_property
    def counters(self) -> dict:
        counters = {"unigram": Unigram, "trigram": KneserNey, "both sides": BothSides}
        return {name: make(self.tokenizer.vocab_size).fit(torch.cat(self.documents)) for name, make in counters.items()}

    @cached_property
    def exams(self) -> dict[str, fair_exams.Exam]:
        return fair_exams.make_exams(self.groups["test"], self.tokenizer, self.counters["unigram"],
                                     self.counters["trigram"], self.n_items, self.sizes["max_len"])

    @cached_property
    def labelled(self) -> dict[str, tuple[Labelled, Labelled]]:
        """Draw the texts of the probes, the same ones for all: task -> training, test."""
        found = {}
        for task, texts in TASKS.items():
            sides = [(texts(split), n) for split, n in (("train", self.n_train), ("test", self.n_test))]
            found[task] = tuple(subset(side, np.random.default_rng(n).permutation(len(side.texts))[:n])
                                for side, n in sides)
        return found

    @cached_property
    def looks(self) -> dict[str, dict[str, list[dict]]]:
        """Draw the rows on which an arm's own loss is measured: arm -> from what it learns from, and held-out ones."""
        return {name: {split: [FightBatches(group, self.tokenizer, arm, self.sizes["max_len"], self.n_rows,
                                            seed=5).sample(0) for group in groups]
                       for split, groups in self.groups.items()} for name, arm in ARMS.items()}

    def probe(self, model) -> dict:
        """Fit a layer on frozen states of each task and pooling: -> task -> pooling -> which are right, "1" or "0"."""
        found = {}
        for task, (training, test) in self.labelled.items():
            seen, unseen = (pooled(model, [build_inputs(model, self.tokenizer, text)[0] for text in side.texts],
                                   *POOLINGS) for side in (training, test))                # pooling -> (n, D)
            found[task] = {pooling: marks(fit_layer(seen[pooling], training.labels)(unseen[pooling]).argmax(dim=-1),
                                          test.labels) for pooling in POOLINGS}
        return found

    def row(self, name: str, seed: int, steps: int) -> dict:
        """Train one arm to the end of one budget and ask it everything."""
        arm = ARMS[name]
        model = fair_fight.untrained_model(arm, self.tokenizer.vocab_size, seed, self.sizes)
        trunk = self.checkpoints and self.checkpoints / f"{name.replace(' ', '-')}-{seed}"
        batches = fair_fight.training_batches(self.documents, self.tokenizer, arm, seed, self.sizes)
        history = fair_fight.train_to(steps, arm, model, batches, trunk) if steps else []
        score = partial(fair_fight.text_scores, model, arm, mask_id=self.tokenizer.mask_id)
        own = {split: fair_fight.own_loss(model, arm, looks) for split, looks in self.looks[name].items()}
        return {"arm": name, "seed": seed, "steps": steps, "tokens": steps * fair_fight.ROWS * self.sizes["max_len"],
                "training_loss": [round(row["loss"], 3) for row in history[99::100]],
                "own": {split: {part: [round(x, 3) for x in rows] for part, rows in found.items()}
                        for split, found in own.items()},
                "exams": {exam: fair_exams.sit(items, score) for exam, items in self.exams.items()},
                "probes": self.probe(model) if steps in PROBED and not arm.published else {}}

    def baselines(self) -> dict:
        """Let counts sit the exams, and give their loss on the rows of each objective."""
        found: dict = {"exams": {name: {exam: fair_exams.sit(items, fair_exams.counts_score(self.counters[name]))
                                        for exam, items in self.exams.items()} for name in ("unigram", "trigram")}}
        found["own"] = {arm: self.counted_losses(self.looks[arm]["test"]) for arm in ("BERT", "GPT")}
        found["own"]["published"] = self.copied_losses(self.looks["published"]["test"])
        found["probes"] = {}
        for task, (training, test) in self.labelled.items():
            counted = word_classifier().fit(training.texts, training.labels).predict(test.texts)
            common = max(set(training.labels), key=training.labels.count)
            found["probes"][task] = {"TF-IDF": marks(counted, test.labels),
                                     "majority": marks([common] * len(test.labels), test.labels)}
        return found

    def counted_losses(self, looks) -> dict[str, list[float]]:
        """Give the mean -log p a row of what is asked: by frequency, and by two neighbours or the two tokens before."""
        found: dict[str, list] = {"unigram": [], "both sides": [], "trigram": []}
        for batch in looks:
            ids, labels = batch["input_ids"].numpy(), batch["labels"].numpy()              # (B, T)
            row, at = (labels != IGNORED).nonzero()                                        # (N,)
            right = np.minimum(at + 1, ids.shape[1] - 1)
            nats = {"unigram": -self.counters["unigram"].log_probs(labels[row, at])}       # name -> (N,)
            if batch["at_mask"].any():
                probs = self.counters["both sides"].probs(ids[row, at - 1], ids[row, right])
                nats["both sides"] = -np.log(probs[range(len(row)), labels[row, at]])
            else:
                nats["trigram"] = -np.concatenate([self.counters["trigram"].log_probs(one)[1:] for one in ids])
            for name, each in nats.items():
                found[name] += (np.bincount(row, each) / np.bincount(row)).tolist()
        return {name: [round(x, 3) for x in rows] for name, rows in found.items() if rows}

    def copied_losses(self, looks) -> dict[str, list[float]]:
        """Give the loss of a reader who knows frequencies, and bets on what is shown by Bayes' rule."""
        p = np.exp(self.counters["unigram"].table)                                         # (V,)
        rows = []
        for batch in looks:
            for ids, labels in zip(batch["input_ids"], batch["labels"]):
                at = (labels != IGNORED).nonzero()[:, 0]
                shown, true = ids[at].numpy(), labels[at].numpy()
                kept = np.where(shown == self.tokenizer.mask_id, 0, p[shown] / (p[shown] + 1 / len(p)))
                rows.append(-np.log(kept * (shown == true) + (1 - kept) * p[true]).mean())
        return {"copier": [round(float(x), 3) for x in rows]}


def marks(answers, labels) -> str:
    """Say of each answer whether it is right: -> a string of n, "1" or "0"."""
    return "".join(str(int(a == b)) for a, b in zip(np.asarray(answers).tolist(), labels, strict=True))


def plan(budgets=BUDGETS, seeds: int = 3) -> list[tuple[str, int, int]]:
    """List the rows, what matters most first: arm, seed, steps."""
    pair = [arm for arm in ARMS if arm not in SIDE_BUDGETS]
    untrained = [(arm, 0, 0) for arm in pair]
    others = [(arm, 0, min(steps, budgets[-1])) for arm, steps in SIDE_BUDGETS.items()]
    fought = [(arm, seed, steps) for steps in budgets for seed in range(seeds) for arm in pair]
    return [*untrained, *others, *fought]


def rows_of(fight: Fight, seeds: int = 3) -> list[Row]:
    """Name the rows of the record and say how each is made."""
    data = (fingerprint(fight.tokenizer.backend.to_str()), f"{fight.n_items} items a corpus")
    rows = [Row(name="baselines", make=fight.baselines, data=data, seconds=60)]
    for arm, seed, steps in plan(fight.budgets, seeds):
        rows.append(Row(name=f"{arm}, {steps} steps, seed {seed}", make=partial(fight.row, arm, seed, steps),
                        data=data, seconds=20 + steps * 0.05))
    return rows


def about(fight: Fight, rows: list[Row]) -> dict:
    """Say how the record was made, and how many rows it has once nothing is missing."""
    return {"command": "python benchmarks/fair_fight.py", "sizes": fight.sizes,
            "budgets": fight.budgets, "planned_rows": len(rows), "items": 3 * fight.n_items,
            "tokens_of_text": sum(map(len, fight.documents)),
            "tokenizer": fingerprint(fight.tokenizer.backend.to_str()),
            "data": {name: fingerprint(*texts("train").values()) for name, texts in CORPORA.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="rows whose name has all of these")
    parser.add_argument("--tokenizer", type=Path, help="another vocabulary than the course's")
    parser.add_argument("--checkpoints", type=Path, help="a folder for the steps that budgets share; else none are")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="a rehearsal: one layer, few steps and items")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    if args.checkpoints:
        args.checkpoints.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(args.tokenizer) if args.tokenizer else course_tokenizer()
    tiny = dict(budgets=(6, 12, 24), sizes=FIGHT_SIZES | {"n_layers": 1, "d_model": 24, "d_ff": 48},
                n_items=4, n_rows=2, n_train=60, n_test=40)
    fight = Fight(tokenizer, args.checkpoints, **(tiny if args.tiny else {}))
    rows = rows_of(fight, args.seeds)
    record("fair_fight", about(fight, rows), rows, args.only, args.out)


if __name__ == "__main__":
    main()
