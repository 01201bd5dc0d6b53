"""What finds the answer best: word counts, vectors, or a cross-encoder?

    python benchmarks/search.py                       # every row that is missing or stale
    python benchmarks/search.py TinyBERT              # those whose name has all of these words

Writes src/bertgpt_book/results/search.json, a row per ranker. Models learn from docstrings only.
The in-domain test is docstrings of other modules (which of 100 descriptions belongs to a summary),
the transfer test is questions about this book, among all its passages. MiniLM's cross-encoder
reranks the top ten of its trained vectors; the weight of the word count beside it is chosen on
validation docstrings. No setting was chosen on what is reported. A long training resumes from its
checkpoint in the folder of temporary files.

It takes about 10 seconds of one core for each frozen model of the tiny pair and 110 for each
bi-encoder, and 1,800 for MiniLM's cross-encoder (one epoch), which scores ten candidates for every
second test question, for 100 of validation and for those about the book.
"""

import sys
from functools import partial

import numpy as np
from experiments import (
    MODELS,
    QUESTIONS_FROM,
    NotRecorded,
    Row,
    check_learned,
    checkpoint_for,
    fingerprint,
    kept_rows,
    merge_reranked,
    record,
)
from rankers import (
    bi_encoder_scores,
    bm25_scores,
    ranking_metrics,
    score_ranked,
    tfidf_scores,
    thinned,
    train_bi_encoder,
    train_cross_encoder,
)

from bertgpt import load_tokenizer
from bertgpt.training.loop import TrainingSettings
from bertgpt_book.tasks.ranking import RankingTask, book_questions, docstring_pairs, docstring_tasks, table

NAME = "search"
TOP = 10  # candidates that a cross-encoder scores
FIRST = "MiniLM, bi-encoder"  # whose top ten they are
COUNT_WEIGHTS = (0, 1, 2, 4, 8, 16)  # of TF-IDF's cosine, 0 to 1, beside a cross-encoder's score in nats
LIMIT = 1.5  # nats: a cross-encoder that ends above it has learned too little (ln 8 = 2.08)
# Model -> pooling, steps of 32 pairs and learning rate of its bi-encoder.
BI = {"MiniLM": ("mean", 30, 2e-5), "TinyBERT": ("mean", 100, 3e-4), "TinyGPT": ("mean", 100, 3e-4)}
# Model -> pooling of its cross-encoder, epochs, learning rate. TinyBERT's, tried in earlier editions, learned nothing.
CROSS = {"MiniLM": ("mean", 1, 5e-5)}
CROSS_BATCH = 4


def book_passages() -> dict[str, str]:
    """Load the candidates from this book: name of the passage -> text, about 23 to 100 words."""
    return {name: text for name, _, text in table("book_passages.tsv.xz")}


def book_task(kind: str | None = None) -> RankingTask:
    """Make a task of all questions about the book, or of one kind, with all passages as candidates."""
    passages = book_passages()
    index = {name: i for i, name in enumerate(passages)}
    chosen = [
        (question, {index[name] for name in names}) for of, question, names in book_questions() if kind in (None, of)
    ]
    questions, right = zip(*chosen)
    return RankingTask(list(questions), list(passages.values()), list(right))


def examine(score, blocks: int | None = None) -> dict:
    """Test a ranker, a function from a task to scores (Q, A), in domain and on the book."""
    tasks, book = docstring_tasks("test")[:blocks], [book_task()]
    return {
        "docstrings": ranking_metrics(tasks, [score(task) for task in tasks]),
        "book": ranking_metrics(book, [score(task) for task in book]),
    }


def bi_encoder(
    name: str, pooling: str = "mean", steps: int = 0, learning_rate: float = 0.0, blocks: int | None = None
) -> dict:
    """Rank by vectors of a frozen model, or of a trained bi-encoder."""
    load, source = MODELS[name]
    model, tokenizer, found = load(source), load_tokenizer(source), {}
    if steps:
        settings = TrainingSettings(
            steps=steps, learning_rate=learning_rate, warmup=max(steps // 10, 1), weight_decay=0.01, bfloat16=True
        )
        history = train_bi_encoder(model, tokenizer, docstring_pairs("train"), settings, pooling)
        found = {"steps": steps, "learning_rate": learning_rate, "loss": [round(row["loss"], 3) for row in history]}

    def score(task):
        return bi_encoder_scores(model, tokenizer, task, pooling)

    found |= {"pooling": pooling, **examine(score, blocks)}
    if steps and f"{name}, bi-encoder" == FIRST:
        found["first"] = {
            name: [top_ten(row) for task in tasks for row in score(task)] for name, tasks in reranking_tasks().items()
        }
    return found


def reranking_tasks() -> dict[str, list[RankingTask]]:
    """Give the tasks of a cross-encoder: every second test question, the book, and validation."""
    return {
        "test": [thinned(task, 2) for task in docstring_tasks("test")],
        "validation": [thinned(task, 2) for task in docstring_tasks("validation")[:2]],
        "book": [book_task()],
    }


def top_ten(row: np.ndarray) -> str:
    """Write the top ten candidates of a question, best first, for the record."""
    return " ".join(map(str, np.argsort(-row, kind="stable")[:TOP]))


def ten_of(lines: list[str], tasks: list[RankingTask]) -> list[np.ndarray]:
    """Parse recorded top tens: -> (Q, TOP) for each task."""
    ranked = np.array([[int(index) for index in line.split()] for line in lines])
    return np.split(ranked, np.cumsum([len(task.questions) for task in tasks])[:-1])


def cross_encoder(name: str, steps: int | None = None, blocks: int | None = None) -> dict:
    """Train a cross-encoder and rerank trained MiniLM's top ten, without and with the word count."""
    (load, source), (pooling, epochs, learning_rate) = MODELS[name], CROSS[name]
    if "first" not in kept_rows(NAME).get(FIRST, {}):
        raise NotRecorded(f"it reranks the top ten of {FIRST!r}: record that row first")
    tokenizer, pairs = load_tokenizer(source), docstring_pairs("train")
    planned = epochs * len(pairs) // CROSS_BATCH
    settings = TrainingSettings(
        steps=steps or planned,
        learning_rate=learning_rate,
        warmup=(steps or planned) // 10,
        weight_decay=0.01,
        save_every=100,
        bfloat16=True,
    )
    checkpoint = None if steps else checkpoint_for(f"search {name}", source)
    model, history = train_cross_encoder(load(source), tokenizer, pairs, settings, pooling, CROSS_BATCH, checkpoint)
    row = {
        "pooling": pooling,
        "epochs": settings.steps * CROSS_BATCH / len(pairs),
        "learning_rate": learning_rate,
        "last_loss": check_learned(history, np.inf if steps else LIMIT),
        "loss": smoothed(history),
    }
    first, read = kept_rows(NAME)[FIRST]["first"], {}
    for part, tasks in reranking_tasks().items():
        tasks = tasks[:blocks]
        ranked = ten_of(first[part], reranking_tasks()[part])[:blocks]
        read[part] = [
            (task, ten, score_ranked(model, tokenizer, task, ten), tfidf_scores(task))
            for task, ten in zip(tasks, ranked)
        ]
    tried = {weight: mixed_metrics(read["validation"], weight)["mrr"] for weight in COUNT_WEIGHTS}
    weight = max(tried, key=tried.get)
    return row | {
        "count_weight": weight,
        "validation": tried,
        "order of the vectors": vectors_order(read["test"]),
        "docstrings": mixed_metrics(read["test"], 0),
        "book": mixed_metrics(read["book"], 0),
        "docstrings, with the count": mixed_metrics(read["test"], weight),
        "book, with the count": mixed_metrics(read["book"], weight),
    }


def mixed_metrics(read: list[tuple], weight: float) -> dict:
    """Rank each question's top ten by a cross-encoder's score plus the weighted count, then the others."""
    tasks, ranked, scores, counts = zip(*read)
    mixed = [
        merge_reranked(count, ten, score + weight * np.take_along_axis(count, ten, axis=1))
        for ten, score, count in zip(ranked, scores, counts)
    ]
    return ranking_metrics(list(tasks), mixed)


def vectors_order(read: list[tuple]) -> dict:
    """Score the top ten in the order of the vectors."""
    tasks, ranked, _, counts = zip(*read)
    given = [
        merge_reranked(count, ten, np.tile(np.arange(TOP, 0, -1), (len(ten), 1))) for ten, count in zip(ranked, counts)
    ]
    return ranking_metrics(list(tasks), given)


def smoothed(history: list[dict], points: int = 60) -> list[list[float]]:
    """Average a loss over intervals of steps: -> [last step, mean loss] each."""
    parts = np.array_split([row["loss"] for row in history], min(points, len(history)))
    ends = np.cumsum([len(part) for part in parts])
    return [[int(end), round(float(part.mean()), 3)] for end, part in zip(ends, parts)]


DATA = (*QUESTIONS_FROM.values(), fingerprint(*book_task().questions))
ABOUT = {
    "command": "python benchmarks/search.py",
    "seconds": "of the processor, one thread",
    "bi-encoder": "32 pairs a step, the other 31 answers are wrong ones, temperature 0.05, bfloat16",
    "cross-encoder": "4 questions a step, 8 candidates each, half of them BM25's; warm-up a tenth; bfloat16",
    "answers": "their first 40 words, while learning",
    "data": QUESTIONS_FROM,
    "n": {
        "training pairs": len(docstring_pairs("train")),
        "docstring questions": 500,
        "docstring candidates": 100,
        "book questions": len(book_task().questions),
        "book passages": len(book_task().candidates),
    },
}


def rows() -> list[Row]:
    counts = {"TF-IDF": tfidf_scores, "BM25": bm25_scores}
    found = [Row(name=name, make=partial(examine, score), data=DATA, seconds=3) for name, score in counts.items()]
    for name in BI:
        found.append(
            Row(
                name=f"{name}, frozen",
                make=partial(bi_encoder, name),
                weights=(MODELS[name][1],),
                data=DATA,
                seconds=25 if name == "MiniLM" else 10,
            )
        )
    for name, options in BI.items():
        found.append(
            Row(
                name=f"{name}, bi-encoder",
                make=partial(bi_encoder, name, *options),
                weights=(MODELS[name][1],),
                data=DATA,
                seconds=110,
            )
        )
    for name in CROSS:
        found.append(
            Row(
                name=f"{name}, cross-encoder",
                make=partial(cross_encoder, name),
                data=DATA,
                weights=tuple(dict.fromkeys((MODELS[name][1], MODELS["MiniLM"][1]))),
                seconds=1800,
            )
        )
    return found


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
