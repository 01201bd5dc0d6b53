"""What can be had from GPT by a prompt, by likelihood and by fine-tuning, and from BERT on the same items?

    python benchmarks/prompting.py [ROW ...]

Writes src/bertgpt/assets/results/prompting.json, a row a question; rows that are named are run again and the others
kept. Prompts, answers and templates were chosen by hand or on training texts; nothing was chosen by what is reported.
"""

import random
import sys
import time

import numpy as np
import torch
from candidate_scores import (
    ReplyBatches,
    blank_scores,
    example_scores,
    kind_scores,
    named,
    rerank,
    shared_words,
    vector_scores,
)
from experiments import QUESTIONS_FROM, candidate_objective, save_results

from bertgpt import generate, load_bert, load_gpt, load_tokenizer
from bertgpt.metrics import bootstrap_interval, reciprocal_rank
from bertgpt.ngrams import KneserNey
from bertgpt.results import RESULTS, fingerprint, load_results
from bertgpt.tasks.dialogue import (
    NextSentenceScore,
    pair_scores,
    reply_prompts,
    top1_credit,
)
from bertgpt.tasks.entities import named_entities
from bertgpt.tasks.labelled import genre_passages, movie_snippets, replies
from bertgpt.tasks.prompting import (
    likelihood_scores,
    openings,
    rouge,
    story_scores,
    summarise,
    summary_objective,
    summary_rows,
    word_scores,
)
from bertgpt.tasks.questions import book_task, docstring_pairs, words
from bertgpt.tasks.ranking import bm25_scores
from bertgpt.text.corpora import novels
from bertgpt.text.data import LabelledBatches, encode_documents
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.loop import TrainingSettings, train

NAME = "prompting"
RULES = {"greedy": {"temperature": 0}, "τ = 0.5": {"temperature": 0.5}, "τ = 0.8": {"temperature": 0.8},
         "τ = 1": {"temperature": 1.0}, "top-p 0.9": {"temperature": 1.0, "top_p": 0.9},
         "τ = 1.3": {"temperature": 1.3}}
TEMPLATE, ANSWERS = " I was very", [" good", " bad"]      # the best of 33 on 500 training snippets
STAND_INS = {"PERSON": [" Emma", " Fanny"], "PLACE": [" London", " Bath"]}
SUMMARY = {"steps": 300, "learning_rate": 7e-4, "batch_size": 16}
REPLY = {"steps": 150, "learning_rate": 2e-4, "batch_size": 8}


def spread(values: list[float]) -> dict:
    """Give a mean, its 95 % interval over the items, and how many there are."""
    return {"mean": float(np.mean(values)), "interval": bootstrap_interval(values), "n": len(values)}


def judge(tokenizer) -> KneserNey:
    """Fit the independent reader of stories: a trigram on the training novels."""
    return KneserNey(tokenizer.vocab_size).fit(torch.cat(encode_documents(novels("train"), tokenizer)))


def story(n_items: int | None = None, steps: int | None = None) -> dict:
    """Go on from the beginning of each chapter of Persuasion, by several rules, beside Austen."""
    tokenizer, gpt = load_tokenizer(), load_gpt("tinygpt")
    reader, texts = judge(tokenizer), openings(tokenizer)[:n_items]
    written = {"Austen": texts} | {
        name: generate(gpt, texts[:, :40], 80, **rule, generator=torch.Generator().manual_seed(14))
        for name, rule in RULES.items()}
    return {name: {key: spread(values) for key, values in story_scores(reader, tokenizer, ids, 40).items()}
            for name, ids in written.items()}


def dialogue(n_items: int | None, score) -> dict:
    """Rank ten replies of the held-out plays. score: items, dialogues, candidates -> name -> (n, 10)"""
    items = replies("test")[:n_items]
    right = [item.right for item in items]
    scores = score(items, [" ".join(item.before) for item in items], [item.candidates for item in items])
    found = {}
    for name, table in scores.items():
        ranks = [reciprocal_rank(row, {i}) for row, i in zip(table.tolist(), right)]
        credit = top1_credit(table, right)
        found[name] = {"first": spread(credit), "mrr": spread(ranks), "credit": credit}
    return found


def replies_by_words(n_items: int | None = None, steps: int | None = None) -> dict:
    return dialogue(n_items, lambda items, *texts: {"shared words": shared_words(*texts)})


def replies_by_gpt(n_items: int | None = None, steps: int | None = None) -> dict:
    return dialogue(n_items, lambda items, firsts, candidates: likelihood_scores(
        load_gpt("tinygpt"), load_tokenizer(), *zip(*reply_prompts(items, "test")), candidates))


def replies_by_bert(n_items: int | None = None, steps: int | None = None) -> dict:
    bert = load_bert("tinybert")
    model = HeadedModel(bert, NextSentenceScore(bert))
    return dialogue(n_items, lambda items, *texts: {"head": pair_scores(model, load_tokenizer(), *texts)})


def replies_by_vectors(n_items: int | None = None, steps: int | None = None) -> dict:
    return dialogue(n_items, lambda items, *texts: {
        name: vector_scores(model, load_tokenizer(), *texts)
        for name, model in (("BERT", load_bert("tinybert")), ("GPT", load_gpt("tinygpt")))})


def replies_by_trained_bert(n_items: int | None = None, steps: int | None = None) -> dict:
    """Train the next-sentence head, and BERT under it, on replies of the other plays."""
    bert, tokenizer = load_bert("tinybert"), load_tokenizer()
    model = HeadedModel(bert, NextSentenceScore(bert))
    batches = ReplyBatches(replies("train"), bert, tokenizer, REPLY["batch_size"])
    history = train(model, candidate_objective, batches, TrainingSettings(
        steps=steps or REPLY["steps"], learning_rate=REPLY["learning_rate"], warmup=20, weight_decay=0.01,
        bfloat16=True))
    found = dialogue(n_items, lambda items, *texts: {"head": pair_scores(model, tokenizer, *texts)})
    return found | {"loss": [round(row["loss"], 3) for row in history], "settings": REPLY}


def summaries_of(gpt, pairs) -> dict:
    """Sum up descriptions and compare with the first lines their authors wrote."""
    written = summarise(gpt, load_tokenizer(), [text for _, text in pairs])
    scores = rouge(written, [summary for summary, _ in pairs])
    return {name: spread(values) for name, values in scores.items()} | {
        "rouge_1_each": [round(value, 3) for value in scores["rouge_1"]], "written": written[:12],
        "words": float(np.mean([len(words(text)) for text in written]))}


def summaries_by_prompt(n_items: int | None = None, steps: int | None = None) -> dict:
    return summaries_of(load_gpt("tinygpt"), docstring_pairs("test")[:n_items])


def summaries_by_tuning(n_items: int | None = None, steps: int | None = None) -> dict:
    """Train on first lines of other modules, sum up, and rank the book's passages by the same weights."""
    tokenizer, gpt = load_tokenizer(), load_gpt("tinygpt")
    batches = LabelledBatches(*summary_rows(docstring_pairs("train"), tokenizer, gpt.config.max_len),
                               SUMMARY["batch_size"], tokenizer.pad_id)
    history = train(gpt, summary_objective, batches, TrainingSettings(
        steps=steps or SUMMARY["steps"], learning_rate=SUMMARY["learning_rate"], warmup=20, weight_decay=0.01,
        bfloat16=True))
    found = summaries_of(gpt, docstring_pairs("test")[:n_items])
    if not n_items:
        found["answers"] = answers(gpt)
    return found | {"loss": [round(row["loss"], 3) for row in history], "settings": SUMMARY}


def summaries_without_model(n_items: int | None = None, steps: int | None = None) -> dict:
    """What anybody can do: the first words, the first sentence, another docstring's summary."""
    pairs, known = docstring_pairs("test")[:n_items], docstring_pairs("train")
    size = round(np.mean([len(summary.split()) for summary, _ in known]))
    dice, references = random.Random(0), [summary for summary, _ in pairs]
    written = {"first words": [" ".join(text.split()[:size]) for _, text in pairs],
               "first sentence": [text.split(". ")[0] for _, text in pairs],
               "another's": [dice.choice(known)[0] for _ in pairs]}
    return {name: {key: spread(values) for key, values in rouge(texts, references).items()}
            | {"rouge_1_each": [round(value, 3) for value in rouge(texts, references)["rouge_1"]],
               "words": float(np.mean([len(words(text)) for text in texts]))}
            for name, texts in written.items()} | {"size": size}


def feelings(margins, n_items: int | None) -> dict:
    """Compare the margins of snippets with nothing, with that of no snippet, and with the average of 500 others.

    margins: texts -> (n,), how much likelier " good" is than " bad"
    """
    held_out, known = movie_snippets("test"), movie_snippets("train")
    labels = np.array(held_out.labels[:n_items])
    found = margins(held_out.texts[:n_items])
    usual = margins(random.Random(0).sample(known.texts, 500)).mean()
    answers = {"as it is": found > 0, "minus unconditional": found > margins([""])[0], "minus average": found > usual}
    return {name: {**spread((given == labels).astype(float)), "positive": float(given.mean()),
                   "right": "".join(map(str, (given == labels).astype(int)))} for name, given in answers.items()} | {
        "majority": float(max(labels.mean(), 1 - labels.mean())), "words": [TEMPLATE, *ANSWERS]}


def sentiment(n_items: int | None = None, steps: int | None = None) -> dict:
    tokenizer, gpt = load_tokenizer(), load_gpt("tinygpt")

    def margins(texts):
        return -word_scores(gpt, tokenizer, [f" {text}{TEMPLATE}" for text in texts], ANSWERS).diff(dim=1)[:, 0].numpy()

    return feelings(margins, n_items)


def sentiment_by_blank(n_items: int | None = None, steps: int | None = None) -> dict:
    tokenizer, bert = load_tokenizer(), load_bert("tinybert")

    def margins(texts):
        gaps = [(f" {text}{TEMPLATE}", ".") for text in texts]
        return -blank_scores(bert, tokenizer, gaps, ANSWERS).diff(dim=1)[:, 0].numpy()

    return feelings(margins, n_items)


def genre(n_items: int | None = None, steps: int | None = None) -> dict:
    """Is a passage likelier after a comedy, a history, a tragedy or a novel? The same passages of each kind."""
    held_out, dice = genre_passages("test"), random.Random(0)
    chosen = [i for label in range(len(held_out.names)) for i in dice.sample(
        [i for i, of in enumerate(held_out.labels) if of == label], n_items or 40)]
    labels = np.array([held_out.labels[i] for i in chosen])
    scores = example_scores(load_gpt("tinygpt"), load_tokenizer(), [held_out.texts[i] for i in chosen],
                            genre_passages("train"), n_examples=2)
    given = scores.argmax(dim=1).numpy()
    return {"chosen": chosen, "given": given.tolist(), "accuracy": spread((given == labels).astype(float)),
            "novel or play": spread(((given == 3) == (labels == 3)).astype(float)), "majority": 1 / 4}


def balanced_interval(given: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Give the middle 95 % of the mean recall of both kinds over other draws of the names."""
    dice, means = np.random.default_rng(0), []
    for _ in range(2000):
        drawn = dice.integers(len(labels), size=len(labels))
        means.append(np.mean([np.mean(given[drawn][labels[drawn] == i] == i) for i in range(2)]))
    return tuple(float(end) for end in np.quantile(means, [0.025, 0.975]))


def kinds_of(score, n_items: int | None) -> dict:
    """Given where a name stands in Persuasion: a person's or a place's? score: gaps -> (n, 2)"""
    gaps = named(named_entities("test"))[:n_items]
    labels = np.array([list(STAND_INS).index(label) for *_, label in gaps])
    given = score(gaps).argmax(dim=1).numpy()
    return {"accuracy": spread((given == labels).astype(float)), "majority": float(np.mean(labels == 0)),
            "balanced": float(np.mean([np.mean(given[labels == i] == i) for i in range(2)])),
            "balanced_interval": balanced_interval(given, labels), "n": len(gaps),
            "recall": {kind: float(np.mean(given[labels == i] == i)) for i, kind in enumerate(STAND_INS)}}


def kinds(n_items: int | None = None, steps: int | None = None) -> dict:
    return kinds_of(lambda gaps: kind_scores(load_gpt("tinygpt"), load_tokenizer(), gaps, STAND_INS), n_items)


def kinds_by_blank(n_items: int | None = None, steps: int | None = None) -> dict:
    def score(gaps):
        names = [name for of in STAND_INS.values() for name in of]
        found = blank_scores(load_bert("tinybert"), load_tokenizer(), [gap[:2] for gap in gaps], names)      # (n, 4)
        return found.view(-1, len(STAND_INS), 2).logsumexp(dim=2)

    return kinds_of(score, n_items)


def answers(gpt, n_items: int | None = None) -> dict:
    """Order BM25's first 20 anew by how likely each makes the question; their own order, and a random one, beside."""
    task = book_task()
    task.questions[n_items or len(task.questions):], task.right[n_items or len(task.right):] = [], []
    first = bm25_scores(task)
    shuffled = rerank_at_random(first)
    scores = {"GPT": rerank(gpt, load_tokenizer(), task, first), "BM25": first, "random": shuffled}
    return {name: spread([reciprocal_rank(row, right) for row, right in zip(table, task.right)])
            for name, table in scores.items()}


def rerank_at_random(first: np.ndarray, top: int = 20) -> np.ndarray:
    """Put the first `top` in a random order, above the others."""
    scores = first - first.max() - 1e4
    for row, table in zip(np.argsort(-first, axis=1, kind="stable")[:, :top], scores):
        table[row] = np.random.default_rng(0).permutation(top)
    return scores


def answers_by_prompt(n_items: int | None = None, steps: int | None = None) -> dict:
    return answers(load_gpt("tinygpt"), n_items)


ROWS = {
    "replies, shared words": replies_by_words, "summaries, no model": summaries_without_model,
    "summaries, fine-tuned GPT": summaries_by_tuning, "replies, GPT": replies_by_gpt, "replies, BERT": replies_by_bert,
    "replies, vectors": replies_by_vectors,
    "story": story, "sentiment, GPT": sentiment, "summaries, GPT": summaries_by_prompt, "kinds, GPT": kinds,
    "sentiment, BERT": sentiment_by_blank, "kinds, BERT": kinds_by_blank,
    "replies, fine-tuned BERT": replies_by_trained_bert, "genre, GPT": genre, "answers, GPT": answers_by_prompt,
}


def run(name: str, n_items: int | None = None, steps: int | None = None) -> dict:
    """Ask one question; n_items and steps may be fewer."""
    began = time.process_time()
    found = ROWS[name](n_items, steps)
    return {"name": name, **found, "cpu_seconds": round(time.process_time() - began, 1)}


def about() -> dict:
    """Say what the rows were measured on."""
    tokenizer = load_tokenizer()
    pairs = docstring_pairs("test")
    novel = novels("test")["Persuasion"]
    return {
        "command": "python benchmarks/prompting.py", "seconds": "of the processor, one thread",
        "tokens a word": {"docstrings": sum(len(tokenizer.encode(t)) for pair in pairs for t in pair)
                          / sum(len(t.split()) for pair in pairs for t in pair),
                          "Persuasion": len(tokenizer.encode(novel)) / len(novel.split())},
        "data": QUESTIONS_FROM | {
            "replies": fingerprint(*(text for item in replies("test") for text in item.candidates)),
            "snippets": fingerprint(*movie_snippets("test").texts)},
    }


def main() -> None:
    torch.set_num_threads(1)
    for name in sys.argv[1:] or ROWS:
        row = run(name)
        # Read again: another process may have finished a row meanwhile.
        done = {row["name"]: row for row in load_results(NAME)["rows"]} if (RESULTS / f"{NAME}.json").exists() else {}
        done[name] = row
        save_results(NAME, about(), [done[known] for known in [*ROWS, *(set(done) - set(ROWS))] if known in done])
        print(name, row["cpu_seconds"], flush=True)


if __name__ == "__main__":
    main()
