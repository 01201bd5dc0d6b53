"""What finds the answer best: word counts, vectors, or a cross-encoder?

Models learn from docstrings only, the tiny pair from three seeds. The in-domain test is docstrings of other modules (which of 100 descriptions belongs
to a summary), the transfer test is questions about this book, among all its passages. No setting was chosen on what is
reported. A long training resumes from its checkpoint in the folder of temporary files.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from encoders import ENCODERS, FROZEN, load_encoder, settings_for
from experiments import BFLOAT16, NotRecorded, Row, adapter_fingerprint, fingerprint, load_record, main
from rankers import (
    QUESTIONS_FROM,
    bi_encoder_scores,
    bm25_scores,
    checkpoint_for,
    ranking_metrics,
    score_ranked,
    tfidf_scores,
    train_bi_encoder,
    train_cross_encoder,
)

from bertgpt.weights.hub import MINILM, SMOLLM2
from bertgpt_book.tasks.ranking import RankingTask, book_questions, docstring_pairs, docstring_tasks, table

NAME = "search"
TOP = 10  # candidates that a cross-encoder scores
FIRST = "MiniLM, bi-encoder"  # whose top ten they are
LIMIT = 1.5  # nats: a cross-encoder that ends above it has learned too little (ln 8 = 2.08)
BI = {"MiniLM": (30, 2e-5), "TinyBERT": (100, 3e-4), "TinyGPT": (100, 3e-4)}  # steps of 32 pairs, learning rate
SEEDS = {"TinyBERT": 3, "TinyGPT": 3}  # of the pairs' order; the tiny pair learns in float32
CROSS_RATE, CROSS_BATCH = 5e-5, 4  # of MiniLM's, one epoch. TinyBERT's, tried in earlier editions, learned nothing.


def book_task() -> RankingTask:
    """Make a task of all questions about the book, with all passages as candidates, about 23 to 100 words."""
    passages = {name: text for name, _, text in table("book_passages.tsv.xz")}
    index = {name: i for i, name in enumerate(passages)}
    questions, right = zip(*((question, {index[name] for name in names}) for _, question, names in book_questions()))
    return RankingTask(list(questions), list(passages.values()), list(right))


def evaluate(score, blocks: int | None = None) -> dict:
    """Test a ranker, a function from a task to scores (Q, A), in domain and on the book."""
    tasks, book = docstring_tasks("test")[:blocks], [book_task()]
    return {
        "docstrings": ranking_metrics(tasks, [score(task) for task in tasks]),
        "book": ranking_metrics(book, [score(task) for task in book]),
    }


def bi_encoder(name: str, steps: int = 0, learning_rate: float = 0.0, seed: int = 0) -> dict:
    """Rank by mean vectors of a frozen model, or of a trained bi-encoder."""
    (model, tokenizer), result = load_encoder(name, seed), {}
    if steps:
        settings = settings_for(steps, learning_rate, seed=seed, bfloat16=BFLOAT16 and name not in SEEDS)
        history = train_bi_encoder(model, tokenizer, docstring_pairs("train"), settings)
        result = {"seed": seed, "steps": steps, "learning_rate": learning_rate, "loss": [round(row["loss"], 3) for row in history]}
    score = partial(bi_encoder_scores, model, tokenizer)
    result |= evaluate(score)
    if steps and f"{name}, bi-encoder" == FIRST:
        result["first"] = {
            part: [" ".join(map(str, np.argsort(-row, kind="stable")[:TOP])) for task in tasks for row in score(task)]
            for part, tasks in reranking_tasks().items()
        }
    return result


def reranking_tasks() -> dict[str, list[RankingTask]]:
    """Give the tasks of a cross-encoder: every second test question, and the book."""
    halved = [RankingTask(task.questions[::2], task.candidates, task.right[::2]) for task in docstring_tasks("test")]
    return {"test": halved, "book": [book_task()]}


def parse_top_ten(lines: list[str], tasks: list[RankingTask]) -> list[np.ndarray]:
    """Parse recorded top tens: -> (Q, TOP) for each task."""
    ranked = np.array([[int(index) for index in line.split()] for line in lines])
    return np.split(ranked, np.cumsum([len(task.questions) for task in tasks])[:-1])


def check_learned(history: list[dict], limit: float) -> float:
    """Compute the mean loss of the last 20 steps; raise NotRecorded if it is above the limit, in nats."""
    last = float(np.mean([row["loss"] for row in history[-20:]]))
    if last > limit:
        raise NotRecorded(f"its loss ended at {last:.2f} nats, above {limit}")
    return last


def cross_encoder() -> dict:
    """Train MiniLM as a cross-encoder and rerank its vectors' top ten."""
    recorded = next((row for row in load_record(NAME)["rows"] if row["name"] == FIRST), {})
    if "first" not in recorded:
        raise NotRecorded(f"it reranks the top ten of {FIRST!r}: record that row first")
    (encoder, tokenizer), pairs = load_encoder("MiniLM"), docstring_pairs("train")
    steps, checkpoint = len(pairs) // CROSS_BATCH, checkpoint_for("search MiniLM", MINILM)
    settings = settings_for(steps, CROSS_RATE, save_every=100)
    model, history = train_cross_encoder(encoder, tokenizer, pairs, settings, CROSS_BATCH, checkpoint)
    row = {
        "epochs": steps * CROSS_BATCH / len(pairs),
        "learning_rate": CROSS_RATE,
        "last_loss": check_learned(history, LIMIT),
        "loss": smoothed(history),
    }
    tasks_of = reranking_tasks()
    for name, part in (("docstrings", "test"), ("book", "book")):
        tasks = tasks_of[part]
        ranked = parse_top_ten(recorded["first"][part], tasks)
        scores = [score_ranked(model, tokenizer, task, top) for task, top in zip(tasks, ranked)]
        row[name] = reranked_metrics(tasks, ranked, scores)
        if name == "docstrings":
            in_order = [np.tile(np.arange(TOP, 0, -1), (len(top), 1)) for top in ranked]
            row["order of the vectors"] = reranked_metrics(tasks, ranked, in_order)
    return row


def reranked_metrics(tasks: list[RankingTask], ranked: list, scores: list) -> dict:
    """Rank each question's top ten by their scores, then the others by TF-IDF; ranked, scores: (Q, TOP) a task."""
    merged = []
    for task, top, of_top in zip(tasks, ranked, scores, strict=True):
        counts = tfidf_scores(task)  # (Q, A)
        merged.append(counts - counts.max() - 1e4)  # below any score of a head
        np.put_along_axis(merged[-1], top, of_top, axis=1)
    return ranking_metrics(tasks, merged)


def smoothed(history: list[dict], points: int = 60) -> list[list[float]]:
    """Average a loss over intervals of steps: -> [last step, mean loss] each."""
    parts = np.array_split([row["loss"] for row in history], min(points, len(history)))
    ends = np.cumsum([len(part) for part in parts])
    return [[int(end), round(float(part.mean()), 3)] for end, part in zip(ends, parts)]


DATA = (*QUESTIONS_FROM.values(), fingerprint(*book_task().questions))
ABOUT = {
    "bi-encoder": "32 pairs a step, the other 31 answers are wrong ones, temperature 0.05, MiniLM in bfloat16, the tiny pair in float32",
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


def rows() -> Iterator[Row]:
    for name, score in (("TF-IDF", tfidf_scores), ("BM25", bm25_scores)):
        yield Row(name, partial(evaluate, score), DATA, seconds=3)
    for name in (*BI, *(name for name in FROZEN if name not in BI)):
        source = FROZEN[name][1]
        seconds = {"MiniLM": 25}.get(name, 190 if source == SMOLLM2 else 10)
        beside = (adapter_fingerprint(source),) if name.endswith("practised") else ()
        yield Row(f"{name}, frozen", partial(bi_encoder, name), (*DATA, *beside), (source,), seconds)
    for name, options in BI.items():
        for seed in range(SEEDS.get(name, 1)):
            title = f"{name}, bi-encoder" + (f", seed {seed}" if name in SEEDS else "")
            yield Row(title, partial(bi_encoder, name, *options, seed), DATA, (ENCODERS[name][1],), 110)
    yield Row("MiniLM, cross-encoder", cross_encoder, DATA, (MINILM,), 1800)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
