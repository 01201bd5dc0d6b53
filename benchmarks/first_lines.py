"""How well do models write the first line of a docstring, and find it among a hundred?

    python benchmarks/first_lines.py                  # every row that is missing or stale
    python benchmarks/first_lines.py fine-tuned       # those whose name has all of these words

Writes src/bertgpt/assets/results/first_lines.json. Written lines are compared with the author's by
ROUGE, beside baselines without a model and the best sentence of the text. Chosen lines: one
description and the first lines of a hundred descriptions; and the one number that says whether a
model uses the description at all: the nats of a true line after another description minus after its
own. No setting was chosen on what is reported.

All of it takes about 300 seconds of one core: two epochs over the training lines, and a hundred
lines after every second description for the GPT that has learned to write them.
"""

import random
import re
import sys
from functools import partial

import numpy as np
import torch
from experiments import MODELS, QUESTIONS_FROM, Row, check_learned, checkpoint_for, record, spread
from rankers import bi_encoder_scores, ranking_metrics, tfidf_scores, thinned

from bertgpt import generate, load_gpt, load_tokenizer
from bertgpt.device import device_of
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.tasks.prompting import LONGEST, rouge, summary_objective, summary_prompt, summary_rows
from bertgpt.tasks.ranking import RankingTask, docstring_pairs, docstring_tasks, words
from bertgpt.text.batching import by_length, pad
from bertgpt.text.data import LabelledBatches
from bertgpt.training.loop import TrainingSettings, train

NAME = "first_lines"
BLOCKS = 2                               # of a hundred lines
EVERY = 2                                # of the descriptions, for a GPT, which reads a hundred lines after each
TUNING = {"epochs": 2, "learning_rate": 7e-4, "batch_size": 16}
LIMIT = 4.0                              # nats a token: a run that ends above it has not learned the form either


def summarise(gpt, tokenizer, texts: list[str]) -> list[str]:
    """Summarise greedily, up to <eos> or the end of the first line."""
    prompts = [summary_prompt(text, tokenizer, gpt.config.max_len - LONGEST) for text in texts]
    found = [""] * len(texts)
    for chunk in by_length(prompts, 32):
        reversed_rows = pad([prompts[i][::-1] for i in chunk], tokenizer.pad_id, device_of(gpt))
        ids, mask = (part.flip(1) for part in reversed_rows)                       # (B, T), padded on the left
        written = generate(gpt, ids, LONGEST, temperature=0, eos_id=tokenizer.eos_id,
                           attention_mask=mask)
        for i, row in zip(chunk, written[:, ids.size(1):].tolist()):
            row = row[:row.index(tokenizer.eos_id)] if tokenizer.eos_id in row else row
            found[i] = tokenizer.decode(row).strip().split("\n")[0]
    return found


def compared(written: list[str], references: list[str]) -> dict:
    """Compare lines with the authors': -> ROUGE, how long they are, and ROUGE-1 one by one."""
    scores = rouge(written, references)
    return {name: spread(values) for name, values in scores.items()} | {
        "rouge_1_each": [round(value, 3) for value in scores["rouge_1"]],
        "words": float(np.mean([len(words(text)) for text in written]))}


def sentences_of(text: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=[.!?])\s+", text) if piece]


def one_for_all(known: list[tuple[str, str]], tried: int = 400) -> str:
    """Choose the one training line that is nearest to other training lines: nothing of the test is looked at."""
    rng = random.Random(0)
    lines, judges = ([line for line, _ in rng.sample(known, tried)] for _ in range(2))
    return max(lines, key=lambda line: np.mean(rouge([line] * tried, judges)["rouge_1"]))


def without_model() -> dict:
    """Compare what anybody can write, and the best that any sentence of the text could be."""
    pairs, known, rng = docstring_pairs("test"), docstring_pairs("train"), random.Random(0)
    references, size = [line for line, _ in pairs], round(np.mean([len(line.split()) for line, _ in known]))
    cut = [sentences_of(text) for _, text in pairs]
    constant = one_for_all(known)
    written = {"best sentence, by an oracle": [
                   max(pieces, key=lambda piece: rouge([piece], [line])["rouge_1"][0])
                   for pieces, line in zip(cut, references)],
               "first sentence": [pieces[0] for pieces in cut],
               "random sentence": [rng.choice(pieces) for pieces in cut],
               "first words": [" ".join(text.split()[:size]) for _, text in pairs],
               "another's line": [rng.choice(known)[0] for _ in pairs],
               "one line for all": [constant] * len(pairs)}
    return {"systems": {name: compared(lines, references) for name, lines in written.items()}, "constant": constant}


def line_tasks(blocks: int = BLOCKS) -> list[RankingTask]:
    """Ask for the first line that belongs to a description, among those of a hundred descriptions."""
    return [RankingTask(task.candidates, task.questions, task.right) for task in docstring_tasks("test")[:blocks]]


def choosing(scores) -> dict:
    """Grade one table of scores a block, (Q, A): -> ranking_metrics."""
    return {"chosen": ranking_metrics(line_tasks()[:len(scores)], scores)}


def by_vectors(source_of: str) -> dict:
    load, source = MODELS[source_of]
    model, tokenizer = load(source), load_tokenizer(source)
    return choosing([bi_encoder_scores(model, tokenizer, task) for task in line_tasks()])


def line_nats(gpt, tokenizer, task: RankingTask) -> tuple[np.ndarray, np.ndarray]:
    """Compute log p of every line after every description, (Q, A), and after no text at all, (A,)."""
    lines = [[*tokenizer.encode(f" {line}")[:LONGEST - 1], tokenizer.eos_id] for line in task.candidates]
    prompts = [summary_prompt(text, tokenizer, gpt.config.max_len - LONGEST) for text in task.questions]
    given = log_likelihoods(gpt, [prompt for prompt in prompts for _ in lines], lines * len(prompts))
    alone = log_likelihoods(gpt, [summary_prompt("", tokenizer, gpt.config.max_len)] * len(lines), lines)
    sums = torch.stack([found.sum() for found in given]).view(len(prompts), -1)            # (Q, A)
    return sums.numpy(), torch.stack([found.sum() for found in alone]).numpy()


def own_gain(sums: np.ndarray, right: list[int]) -> np.ndarray:
    """Compute how much likelier each text makes its own line than the other texts do: (Q, A), (Q,) -> (Q,) nats."""
    own = sums[np.arange(len(sums)), right]                                                # (Q,)
    return own - (sums[:, right].sum(axis=0) - own) / (len(sums) - 1)


def read_by(gpt, tokenizer, blocks: int = BLOCKS) -> dict:
    """Choose lines by likelihood and by its gain, and compare each true line after its own text and after others'."""
    tasks = [thinned(task, EVERY) for task in line_tasks(blocks)]
    tables = [line_nats(gpt, tokenizer, task) for task in tasks]
    gained = [own_gain(sums, [min(right) for right in task.right]) for task, (sums, _) in zip(tasks, tables)]
    return {"by likelihood": ranking_metrics(tasks, [sums for sums, _ in tables]),
            "chosen": ranking_metrics(tasks, [sums - alone for sums, alone in tables]),
            "nats gained by the own text": spread(np.concatenate(gained))}


def tuned(blocks: int = BLOCKS, n_items: int | None = None, steps: int | None = None) -> dict:
    """Train TinyGPT on first lines of other modules; let it sum up and choose."""
    tokenizer, gpt, known = load_tokenizer(), load_gpt("tinygpt"), docstring_pairs("train")
    planned = TUNING["epochs"] * len(known) // TUNING["batch_size"]
    batches = LabelledBatches(*summary_rows(known, tokenizer, gpt.config.max_len), TUNING["batch_size"],
                              tokenizer.pad_id)
    settings = TrainingSettings(steps=steps or planned, learning_rate=TUNING["learning_rate"], weight_decay=0.01,
                                warmup=(steps or planned) // 10, save_every=100, bfloat16=True)
    checkpoint = None if steps else checkpoint_for("first lines", "tinygpt")
    history = train(gpt, summary_objective, batches, settings, checkpoint=checkpoint)
    check_learned(history, np.inf if steps else LIMIT)
    return lines_by(gpt, blocks, n_items) | {"settings": TUNING, "loss": [round(row["loss"], 3) for row in history]}


def lines_by(gpt, blocks: int, n_items: int | None) -> dict:
    tokenizer, pairs = load_tokenizer(), docstring_pairs("test")[:n_items]
    written = summarise(gpt, tokenizer, [text for _, text in pairs])
    with torch.autocast("cpu", torch.bfloat16):
        chosen = read_by(gpt, tokenizer, blocks)
    return {"written": written[:12], **compared(written, [line for line, _ in pairs]), **chosen}


DATA = (QUESTIONS_FROM["docstrings.tsv.xz"],)
ABOUT = {"command": "python benchmarks/first_lines.py", "seconds": "of the processor, one thread",
         "data": {"docstrings.tsv.xz": QUESTIONS_FROM["docstrings.tsv.xz"]}}


def rows() -> list[Row]:
    return [
        Row(name="no model", make=without_model, data=DATA, seconds=5),
        Row(name="TF-IDF", data=DATA,
            make=lambda: choosing([tfidf_scores(task) for task in line_tasks()])),
        *(Row(name=f"{name}, vectors", make=partial(by_vectors, name), weights=(MODELS[name][1],), data=DATA,
              seconds=15 if name == "MiniLM" else 5) for name in ("MiniLM", "TinyBERT", "TinyGPT")),
        Row(name="TinyGPT, fine-tuned", make=tuned, weights=("tinygpt",), data=DATA, seconds=280)]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
