"""Measure the shipped models on the same held-out texts, and write the figures on their cards.

A row per model, and the part of each card between two marks. Each figure stands with its 95 % interval, a bootstrap
over rows or pairs; that of a share of plain sentences is Wilson's. Rows are spread evenly over a text. The stories are
many and short: their rows are cut from all of them in one stream, as in training, so that a row may begin in one and
end in the next. What is measured on rows is computed in bfloat16: of 256 top guesses it changed one, and no mean loss
by .001.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from cloze_answers import judge
from experiments import BFLOAT16, Row, main, percentage, spread, written
from ship import write_cards
from torch import Tensor

from bertgpt.assets import CONTENTS, SHIPPED
from bertgpt.device import evaluation_mode
from bertgpt.inference.filling import blank_logits
from bertgpt.inference.scoring import blank_surprisal, log_likelihoods
from bertgpt.model.both import Both
from bertgpt.text import corpora, data
from bertgpt.text.batching import draw_blanks, generator_for
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.weights.loading import load_model
from bertgpt_book.statistics.baselines import SharedWords
from bertgpt_book.statistics.metrics import share_interval
from bertgpt_book.tasks.dialogue import NextSentenceScore, Spans, draw_pairs
from bertgpt_book.tasks.finetuning import HeadedModel, score_pairs
from bertgpt_book.tasks.labelled import plain_sentences

NAME = "cards"
LENGTH = 126  # tokens of a row with blanks: 128 in BERT's frame
COUNTS = {"one missing": 2500, "rows": 400, "windows": 300, "pairs": 500, "sentences": 140, "lesson": 1000}
FILES = [
    "corpora/austen_persuasion.txt.xz",
    "corpora/dickens_a_christmas_carol.txt.xz",
    "corpora/shakespeare.md.xz",
    *(f"corpora/{file}" for file in corpora.STORIES.values()),
    "labelled/plain_sentences.tsv",
    "tokenizer.json",
]
OUTCOMES = {
    "first": "first answer",
    "among five": "one of five",
    "both sides": "first answer fits the right side, too",
    "sense": "sense before nonsense",
}
# Model -> the orders in which it reads and the rival on the same sentences, if there is one.
ORDERS = {
    "littlebert": {"both sides": None},
    "littlegpt": {"left to right": "littlebert"},  # for both, whether the first answer fits both sides
    "littleboth": {"both sides": "littlebert", "left to right": "littlegpt"},
}


def held_out(tokenizer) -> dict[str, Tensor]:
    """Encode the texts that no model has read: title -> ids (n,)."""
    books = corpora.novels("test") | corpora.tales("test") | corpora.plays("test")
    texts = {"stories": corpora.stories("test")} | {
        title: {title: books[title]} for title in ("Persuasion", "A Christmas Carol", "Macbeth")
    }
    return {title: torch.cat(data.encode_documents(group, tokenizer)) for title, group in texts.items()}


def spread_rows(ids: Tensor, n_rows: int, length: int = LENGTH) -> Tensor:
    """Cut rows spread evenly over a text: (n,) -> (B, T)."""
    starts = torch.linspace(0, len(ids) - length, n_rows).long()  # (B,)
    return ids[starts[:, None] + torch.arange(length)]


def without_specials(tokenizer, ids: Tensor) -> Tensor:
    """Say which tokens may be hidden: ids of any shape -> bool."""
    return ~torch.isin(ids, torch.tensor(sorted(tokenizer.special_ids)))


def framed(model, tokenizer, rows: Tensor) -> Tensor:
    """Put the special tokens that a model knows around rows of text: (B, T) -> (B, T + 1) or (B, T + 2)."""
    framing = model.framing
    return torch.tensor([framing.frame([row], tokenizer.special_id)[0] for row in rows.tolist()])


def hidden_in(ids: Tensor, blanks: Tensor) -> Tensor:
    """Shift the blanks of rows to their positions in framed rows: (B, T) bool -> (B, length of ids) bool."""
    return F.pad(blanks, (1, ids.size(1) - blanks.size(1) - 1))


@torch.inference_mode()
def guessed(model, tokenizer, text: Tensor, n_rows: int) -> Tensor:
    """Hide the token in the middle of each row: -> whether it is the top guess, and in the top five, (B, 2) bool."""
    rows = spread_rows(text, n_rows)
    rows = rows[without_specials(tokenizer, rows[:, LENGTH // 2])]  # the end of a story is none
    ids = framed(model, tokenizer, rows)
    blanks = hidden_in(ids, torch.arange(LENGTH).expand_as(rows) == LENGTH // 2)
    masked = ids.masked_fill(blanks, tokenizer.mask_id)
    with evaluation_mode(model):
        logits = torch.cat([blank_logits(model, part, at) for part, at in zip(masked.split(64), blanks.split(64))])
    hits = logits.topk(5).indices == ids[blanks][:, None]  # (B, 5)
    return torch.stack([hits[:, 0], hits.any(dim=1)], dim=1)


def draw_positions(tokenizer, rows: Tensor, rate: float) -> Tensor:
    """Hide a share of each row: -> blanks (B, T)."""
    eligible = without_specials(tokenizer, rows)  # (B, T)
    return draw_blanks(eligible, (rate * eligible.sum(dim=1)).round().clamp(min=1), generator_for(15, 0))


def at_blanks(model, tokenizer, rows: Tensor, blanks: Tensor) -> Tensor:
    """Compute the mean surprisal of each row's hidden tokens: -> nats (B,)."""
    ids = framed(model, tokenizer, rows)
    nats = blank_surprisal(model, ids, hidden_in(ids, blanks), tokenizer.mask_id)  # (N,)
    return torch.stack([part.mean() for part in nats.split(blanks.sum(dim=1).tolist())])


def next_tokens(model, text: Tensor, n_windows: int) -> tuple[Tensor, Tensor]:
    """Predict the second half of each window: -> nats and targets, (B, T / 2); each has that much before it."""
    given, targets = spread_rows(text, n_windows, length=model.config.max_len).chunk(2, dim=1)  # (B, T / 2)
    return -torch.stack(log_likelihoods(model, given.tolist(), targets.tolist())), targets


def bits_a_character(tokenizer, nats: Tensor, targets: Tensor) -> dict:
    """Divide the loss of windows by their characters; the end of a story counts as one: -> as `spread`."""
    end = tokenizer.tokens([tokenizer.eos_id])[0]
    sizes = [len(tokenizer.decode(row).replace(end, "\n")) for row in targets]
    bits = (nats.sum(dim=1) / np.log(2)).tolist()
    return {"mean": sum(bits) / sum(sizes), "interval": share_interval(list(zip(bits, sizes))), "n": len(sizes)}


def best_threshold(scores: Tensor, follows: Tensor) -> float:
    """Find the lowest threshold, among every fifth score (n,), above which "it follows" (n,) is most often right."""
    thresholds = scores.sort().values[::5]
    n_right = ((scores > thresholds[:, None]) == follows).sum(dim=1)  # (n / 5,)
    return thresholds[n_right.argmax()].item()


def exchange_false(
    pairs: Spans, follows: Tensor, source: data.SentencePairBatches, generator: torch.Generator
) -> Spans:
    """Replace each second span that does not follow by one of another source, with as many tokens."""

    def draw_span(like: str) -> str:
        document, start = source.draw(source.sizes, generator)
        return source.tokenizer.decode(source.ids[document][start : start + len(source.tokenizer.encode(like))])

    return [
        (first, second if true else draw_span(second)) for (first, second), true in zip(pairs, follows, strict=True)
    ]


def pairs_to_judge(tokenizer, counts: dict) -> dict[str, tuple[Spans, Tensor, Spans, Tensor]]:
    """Draw pairs of spans, half of them false: where from -> pairs, follows (n,), and as many of training text.

    A false second span of *Persuasion* comes from its other chapters or, with the same first spans, from Austen's
    other novels, which the models have read; one of a story comes from another story.
    """
    n, lesson = counts["pairs"], counts["lesson"]
    source = partial(data.SentencePairBatches, tokenizer=tokenizer, length=128, batch_size=128)
    read_novels = source(
        {f"{title} {i}": text for title, book in corpora.chapters("train").items() for i, text in book.items()}
    )
    read_stories = source(dict([*corpora.stories("train").items()][::8]))
    taught = draw_pairs(read_novels, lesson, generator_for(seed=8, step=0))
    generator = generator_for(seed=7, step=0)
    in_novel, follows = draw_pairs(source(corpora.chapters("test")["Persuasion"]), n, generator)
    taught_stories = draw_pairs(read_stories, lesson, generator)
    in_stories = draw_pairs(source(corpora.stories("test")), n, generator)
    return {
        "Persuasion, its other chapters": (in_novel, follows, *taught),
        "Persuasion, other novels": (exchange_false(in_novel, follows, read_novels, generator), follows, *taught),
        "stories, other stories": (*in_stories, *taught_stories),
    }


def next_sentence(model, tokenizer, counts: dict) -> dict:
    """Classify pairs by BERT's head and by shared words, whose threshold and weights are those of training text."""
    measures: dict[str, dict] = {
        name: {} for name in ("next sentence, %", "shared words, %", "lead over shared words, points")
    }
    for name, (pairs, follows, lesson, taught) in pairs_to_judge(tokenizer, counts).items():
        shared = SharedWords([span for pair in lesson for span in pair])
        scores, known = (torch.tensor([shared.score(*pair) for pair in group]) for group in (pairs, lesson))
        counted = (scores > best_threshold(known, taught)) == follows  # (n,)
        rows = [tokenizer.encode_pair(*pair) for pair in pairs]
        right = (score_pairs(HeadedModel(model, NextSentenceScore(model)), rows) > 0) == follows  # (n,)
        ours, rival = 100 * right.double().numpy(), 100 * counted.double().numpy()
        for measure, values in zip(measures.values(), (ours, rival, ours - rival)):
            measure[name] = spread(values)
    return measures


def measure_rows(model, tokenizer, order: str, ids: Tensor, counts: dict) -> dict:
    """Measure what is asked of rows of one text: -> measure -> figure."""
    if order == "both sides":
        first, five = guessed(model, tokenizer, ids, counts["one missing"]).T.numpy()
        rows = spread_rows(ids, counts["rows"])
        nats = at_blanks(model, tokenizer, rows, draw_positions(tokenizer, rows, 0.15))
        return {
            "one hidden, top guess right, %": spread(100 * first),
            "one hidden, in the top five, %": spread(100 * five),
            "15 % hidden, nats": spread(nats.numpy()),
        }
    nats, targets = next_tokens(model, ids, counts["windows"])
    return {
        "next token, nats": spread(nats.mean(dim=1).numpy()),
        "next token, bits a character": bits_a_character(tokenizer, nats, targets),
    }


def measure_sentences(model, tokenizer, order: str, rival: str | None, counts: dict) -> dict:
    """Judge the plain sentences, and compare a rival on the same ones: -> measure -> figure."""
    sentences, figures = plain_sentences()[: counts["sentences"]], {}
    judged = judge(model, tokenizer, sentences, "causal" if isinstance(model, Both) and order != "both sides" else None)
    for outcome, right in judged.items():
        figures[f"plain sentences: {OUTCOMES[outcome]}, %"] = percentage(right)
    rivals = judge(load_model(SHIPPED[rival]), tokenizer, sentences) if rival else {}
    for outcome, right in rivals.items():
        if outcome != "both sides" and not isinstance(model, Both):
            continue  # a GPT and a BERT are asked the same in that one alone
        lead = spread(100 * np.subtract(judged[outcome], right, dtype=float))
        figures[f"plain sentences: {OUTCOMES[outcome]}, lead over the twin, points"] = lead
    return figures


def measure(name: str, counts: dict = COUNTS) -> dict:
    """Measure one model on all that it can do: -> measure -> text, or order -> figure."""
    model, tokenizer = load_model(SHIPPED[name]), course_tokenizer()
    figures: dict[str, dict] = {}
    for title, ids in held_out(tokenizer).items():
        for order in ORDERS[name]:
            with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
                for what, figure in measure_rows(model, tokenizer, order, ids, counts).items():
                    figures.setdefault(what, {})[title] = figure
    for order, rival in ORDERS[name].items():
        for what, figure in measure_sentences(model, tokenizer, order, rival, counts).items():
            figures.setdefault(what, {})[order] = figure
    return figures | (next_sentence(model, tokenizer, counts) if name == "littlebert" else {})


def rows() -> Iterator[Row]:
    data = (*ABOUT["data"].values(), *(f"{n} {what}" for what, n in COUNTS.items()))
    for name in SHIPPED:
        weights = (name, *filter(None, ORDERS[name].values()))
        yield Row(name, partial(measure, name), data, weights, seconds=200)


def tables(row: dict) -> str:
    """Write a model's figures for its card: one table for each set of columns."""
    groups: dict[tuple, list[str]] = {}
    for what, figures in row.items():
        if isinstance(figures, dict) and what != "made_with":
            digits = 0 if what.endswith(("%", "points")) else 2
            cells = [what, *(written(figure, digits) for figure in figures.values())]
            groups.setdefault(tuple(figures), []).append(f"| {' | '.join(cells)} |")
    return "\n\n".join(
        "\n".join([f"| held out | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|", *lines])
        for columns, lines in groups.items()
    )


ABOUT = {"counts": COUNTS, "data": {name: CONTENTS[name] for name in FILES}}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows, then=partial(write_cards, NAME, "figures", tables))
