"""Who finds the answer: counted words, vectors, or a reading of question and answer together?

    python benchmarks/answer_ranking.py [ROW ...]

Writes src/bertgpt/assets/results/answer_ranking.json, a row a ranker; rows that are named are run again and the
others kept. Models learn from docstrings only. They are examined on questions about this book, among all its
passages, and on docstrings of other modules, among 100 descriptions. No setting was chosen on either.
"""

import random
import sys
import time

import numpy as np
from experiments import QUESTIONS_FROM, content_words, save_results
from rankers import cross_encoder_scores, tfidf_scores, train_bi_encoder, train_cross_encoder

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.hub import MINILM
from bertgpt.results import RESULTS, fingerprint, load_results
from bertgpt.tasks.questions import RankingTask, book_questions, book_task, docstring_pairs
from bertgpt.tasks.ranking import bi_encoder_scores, bm25_scores, ranking_metrics
from bertgpt.training.loop import TrainingSettings

NAME = "answer_ranking"
TOP = 10         # candidates of BM25 that a cross-encoder reads
# name -> method, weights, pooling, steps, learning rate; small models take longer strides
ROWS = {
    "random": ("random", None, None, 0, 0.0),
    "TF-IDF": ("tfidf", None, None, 0, 0.0),
    "BM25": ("bm25", None, None, 0, 0.0),
    "TinyBERT, frozen": ("bi", "tinybert", "mean", 0, 0.0),
    "TinyGPT, frozen, mean": ("bi", "tinygpt", "mean", 0, 0.0),
    "TinyGPT, frozen, last": ("bi", "tinygpt", "last", 0, 0.0),
    "MiniLM, frozen": ("bi", MINILM, "mean", 0, 0.0),
    "MiniLM, cross-encoder": ("cross", MINILM, "mean", 60, 5e-5),
    "MiniLM, bi-encoder": ("bi", MINILM, "mean", 30, 2e-5),
    "TinyBERT, bi-encoder": ("bi", "tinybert", "mean", 100, 3e-4),
    "TinyBERT, cross-encoder": ("cross", "tinybert", "first", 150, 3e-4),
    "TinyGPT, bi-encoder": ("bi", "tinygpt", "last", 100, 3e-4),
}


def docstring_tasks(split: str = "test", size: int = 100, seed: int = 0) -> list[RankingTask]:
    """Ask for the description that belongs to a summary, among `size` descriptions; what is left over is dropped."""
    pairs = docstring_pairs(split)
    random.Random(seed).shuffle(pairs)
    blocks = [pairs[i:i + size] for i in range(0, len(pairs) - size + 1, size)]
    return [RankingTask(*(list(column) for column in zip(*block)), [{i} for i in range(size)]) for block in blocks]


def shared_words(task: RankingTask) -> list[float]:
    """Give for each question the largest share of its content words that one right answer repeats: 0 to 1."""
    known = [content_words(candidate) for candidate in task.candidates]
    asked = [content_words(question) for question in task.questions]
    return [max(len(question & known[i]) for i in right) / max(len(question), 1)
            for question, right in zip(asked, task.right)]


def ranker(method: str, source: str | None, pooling: str | None, steps: int, learning_rate: float):
    """Make a ranker: -> a function from a task to its scores (Q, A), and the history of its training."""
    if method == "random":
        return lambda task: np.random.default_rng(0).random((len(task.questions), len(task.candidates))), []
    if method in ("tfidf", "bm25"):
        return {"tfidf": tfidf_scores, "bm25": bm25_scores}[method], []
    model = (load_gpt if source == "tinygpt" else load_bert)(source)
    tokenizer, pairs = load_tokenizer(source), docstring_pairs("train")
    settings = TrainingSettings(steps=max(steps, 1), learning_rate=learning_rate or 1.0, warmup=20, weight_decay=0.01,
                                bfloat16=True)
    if method == "cross":
        headed, history = train_cross_encoder(model, tokenizer, pairs, settings, pooling)
        return lambda task: cross_encoder_scores(headed, tokenizer, task, bm25_scores(task), TOP), history
    history = train_bi_encoder(model, tokenizer, pairs, settings, pooling) if steps else []
    return lambda task: bi_encoder_scores(model, tokenizer, task, pooling), history


def run(name: str, steps: int | None = None, blocks: int = 2) -> dict:
    """Train, where there is something to train, and examine; steps and blocks of docstrings may be fewer."""
    method, source, pooling, planned, learning_rate = ROWS[name]
    steps = planned if steps is None else min(steps, planned)
    began = time.process_time()
    score, history = ranker(method, source, pooling, steps, learning_rate)
    trained = time.process_time()
    book, docstrings = [book_task()], docstring_tasks("test")[:blocks]
    row = {"name": name, "method": method, "weights": source, "pooling": pooling, "steps": steps,
           "learning_rate": learning_rate, "last_loss": float(np.mean([h["loss"] for h in history[-20:]] or [0])),
           "book": ranking_metrics(book, [score(task) for task in book]),
           "docstrings": ranking_metrics(docstrings, [score(task) for task in docstrings])}
    for kind in ("own", "field"):
        chosen = [rank for rank, (of, *_) in zip(row["book"]["reciprocal_ranks"], book_questions()) if of == kind]
        row[f"book_{kind}"] = {"mrr": float(np.mean(chosen)), "p_at_1": float(np.mean([r == 1 for r in chosen]))}
    return row | {"training_seconds": round(trained - began, 1),
                  "examination_seconds": round(time.process_time() - trained, 1)}


def about() -> dict:
    """Say what the rows were measured on."""
    task = book_task()
    return {
        "command": "python benchmarks/answer_ranking.py", "seconds": "of the processor, one thread",
        "bi-encoder": "32 pairs a step, the other 31 answers are wrong ones, temperature 0.05, bfloat16",
        "answers": "their first 40 words, while learning",
        "cross-encoder": "4 questions a step, 8 candidates each, bfloat16; reads BM25's first 10 and leaves the rest",
        "data": QUESTIONS_FROM | {"questions": fingerprint(*task.questions)},
        "n": {"training pairs": len(docstring_pairs("train")), "book questions": len(task.questions),
              "book passages": len(task.candidates), "docstring questions": 200, "docstring candidates": 100},
        "shared words": {kind: float(np.mean(shared_words(book_task(kind)))) for kind in ("own", "field")}
        | {"docstrings": float(np.mean([s for e in docstring_tasks("test")[:2] for s in shared_words(e)]))},
        f"right answer among BM25's first {TOP}": float(np.mean(
            [r >= 1 / TOP for r in ranking_metrics([task], [bm25_scores(task)])["reciprocal_ranks"]])),
    }


def main() -> None:
    done = {row["name"]: row for row in load_results(NAME)["rows"]} if (RESULTS / f"{NAME}.json").exists() else {}
    for name in sys.argv[1:] or ROWS:
        done[name] = run(name)
        save_results(NAME, about(), [done[row] for row in ROWS if row in done])
        print(f"{name:26} book {done[name]['book']['mrr']:.3f}  docstrings {done[name]['docstrings']['mrr']:.3f}",
              flush=True)


if __name__ == "__main__":
    main()
