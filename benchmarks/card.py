"""Measure every held-out figure on the cards of the shipped pair.

    python benchmarks/card.py              # about three minutes on one core
    python benchmarks/card.py --n 20       # a rehearsal

Prints a table per model. The texts are *Persuasion* and *A Christmas Carol*, which neither has
read, and *Emma*, which both have. The n-gram models learned from the same texts: novels, tales and
plays.
"""

import argparse

import numpy as np
import torch
from ship_both import named, spread_rows

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.evaluation.baselines import SharedWords
from bertgpt.evaluation.metrics import mcnemar
from bertgpt.evaluation.ngrams import BothSides, KneserNey
from bertgpt.inference.scoring import bits_per_character, blank_surprisal, perplexity, token_surprisal
from bertgpt.tasks.dialogue import NextSentenceScore, draw_pairs
from bertgpt.text import batching, corpora, data
from bertgpt.training.finetuning import HeadedModel, score_pairs
from bertgpt.training.loop import evaluate
from bertgpt.training.objectives import masked_lm_objective
from bertgpt.training.recipes import HELD_OUT_BATCHES, encode_texts, make_batches, read_texts

BOOKS = ("Persuasion", "A Christmas Carol")


def encoded(book: str, split: str, tokenizer) -> torch.Tensor:
    """Encode one book of the novels or of the tales: -> (n,)."""
    texts = corpora.novels(split) | corpora.tales(split)
    return data.encode_documents({book: texts[book]}, tokenizer)[0]


def training_texts(tokenizer) -> np.ndarray:
    """Encode the training texts of the pair: -> (n,)."""
    texts = {**corpora.novels("train"), **corpora.tales("train"), **corpora.plays("train")}
    return torch.cat(data.encode_documents(texts, tokenizer)).numpy()


def card_of_gpt(model, tokenizer, read: np.ndarray, n_tokens: int = 20_000, whole: bool = True) -> dict[str, float]:
    """Measure a GPT on the beginnings of the books, each token given at least 64 before it if there are."""
    trigram, found = KneserNey(tokenizer.vocab_size, 3).fit(read), {}
    for book in BOOKS:
        ids = encoded(book, "test", tokenizer)[:n_tokens]
        nats = token_surprisal(model, ids, context=64).mean().item()
        found |= {f"{book}: nats": nats, f"{book}: nats of a trigram": -trigram.log_probs(ids)[1:].mean(),
                  f"{book}: bits a character": bits_per_character(nats, len(ids) - 1, len(tokenizer.decode(ids[1:])))}
    emma = token_surprisal(model, encoded("Emma", "train", tokenizer)[:n_tokens], context=64).mean().item()
    found |= {"Emma, which it has read: nats": emma, "the gap": found["Persuasion: nats"] - emma}
    if whole:
        ids = encoded("Persuasion", "test", tokenizer)
        nats = token_surprisal(model, ids).mean().item()
        bits = bits_per_character(nats, len(ids) - 1, len(tokenizer.decode(ids[1:])))
        found |= {"the whole of Persuasion: nats": nats, "the whole of Persuasion: perplexity": perplexity(nats),
                  "the whole of Persuasion: bits a character": bits}
    return found


def at_holes(model, tokenizer, ids: torch.Tensor, rate: float, n_rows: int) -> tuple[float, dict[str, np.ndarray]]:
    """Mask rows as chapter 06 does: -> loss at [MASK], and the tokens left of, right of and at each blank.

    Some tokens are replaced or kept, and rows are random windows, as in BERT's training.
    ship_both.at_blanks hides everything behind [MASK], in rows spread over the text, so that a
    `Both` model and a BERT have the same task: the two figures are not comparable.
    """
    batch = data.MLMBatches([ids], tokenizer, 128, n_rows, rate, seed=1).sample(0)
    seen, holes = batch["input_ids"], batch["at_mask"]                                     # (B, T)
    whole = torch.where(holes, batch["labels"], seen)
    # Replaced and kept tokens stay as they are: only the loss at [MASK] counts.
    loss = blank_surprisal(model, whole, holes, tokenizer.mask_id).mean().item()
    sides = {"left": seen.roll(1, dims=1), "right": seen.roll(-1, dims=1), "true": batch["labels"]}
    return loss, {name: tensor[holes].numpy() for name, tensor in sides.items()}


def best_threshold(scores: torch.Tensor, follows: torch.Tensor) -> float:
    """Find the lowest threshold, among every fifth score, above which "it follows" is most often right.

    scores: (n,), follows: (n,) bool
    """
    thresholds = scores.sort().values[::5]
    hits = [int(((scores > threshold) == follows).sum()) for threshold in thresholds]
    return thresholds[hits.index(max(hits))].item()


def exchange_false(pairs, follows: torch.Tensor, source: data.SentencePairBatches, generator: torch.Generator):
    """Replace each second span that does not follow by one of another source, with as many tokens."""
    def draw_span(like: str) -> str:
        document, start = source.draw(source.sizes, generator)
        return source.tokenizer.decode(source.ids[document][start:start + len(source.tokenizer.encode(like))])

    return [(first, second if true else draw_span(second))
            for (first, second), true in zip(pairs, follows, strict=True)]


def pairs_of(tokenizer, n: int):
    """Draw pairs of *Persuasion*: within the book, from other books, follows (n,); and 2,000 to fit on."""
    source = data.SentencePairBatches(corpora.chapters("test")["Persuasion"], tokenizer, 128, 128)
    novels = {f"{title} {number}": text for title, book in corpora.chapters("train").items()
              for number, text in book.items()}
    elsewhere = data.SentencePairBatches(novels, tokenizer, 128, 16)
    generator = batching.generator_for(seed=7, step=0)
    same_book, follows = draw_pairs(source, n, generator)
    other_books = exchange_false(same_book, follows, elsewhere, generator)
    return same_book, other_books, follows, draw_pairs(elsewhere, 2000, batching.generator_for(seed=8, step=0))


def pair_figures(model, tokenizer, n: int) -> dict[str, float]:
    """Classify pairs by BERT and by shared words, with the best threshold on training novels: -> % right."""
    same_book, other_books, follows, (lesson, taught) = pairs_of(tokenizer, n)
    shared = SharedWords([span for pair in lesson for span in pair])

    def overlaps(pairs):
        return torch.tensor([shared.score(*pair) for pair in pairs])                       # (n,)

    threshold, found = best_threshold(overlaps(lesson[:1000]), taught[:1000]), {}
    for name, pairs in {"other books": other_books, "within the book": same_book}.items():
        rows = [tokenizer.encode_pair(*pair) for pair in pairs]
        right = (score_pairs(HeadedModel(model, NextSentenceScore(model)), rows) > 0) == follows       # (n,)
        counted = (overlaps(pairs) > threshold) == follows                                 # (n,)
        found |= {f"{name}, %": 100 * right.double().mean().item(),
                  f"{name}: shared words, %": 100 * counted.double().mean().item(),
                  f"{name}: McNemar's z": mcnemar(right, counted)}
    return found


def card_of_bert(model, tokenizer, read: np.ndarray, n_rows: int = 1000, n_pairs: int = 500) -> dict[str, float]:
    """Measure a BERT: one token hidden, a share hidden beside a both-sides bigram, pairs beside shared words."""
    found: dict[str, float] = {}
    for book in BOOKS:
        shares = named(model, tokenizer, spread_rows(encoded(book, "test", tokenizer), n_rows))
        found |= {f"{book}: one missing, named {where}, %": share for where, share in shares.items()}
    persuasion, bigram = encoded("Persuasion", "test", tokenizer), BothSides(tokenizer.vocab_size).fit(read)
    for rate in (0.15, 0.30):
        loss, holes = at_holes(model, tokenizer, persuasion, rate, min(128, n_rows))
        p = bigram.probs(holes["left"], holes["right"])                                    # (N, V)
        chosen = np.arange(len(p)), holes["true"]
        found |= {f"loss at [MASK], {rate:.0%} hidden": loss,
                  f"the same of a both-sides bigram, {rate:.0%}": float(-np.log(p[chosen]).mean())}
    corpus = encode_texts("austen", read_texts("austen"), tokenizer)
    unseen = make_batches("bert", corpus, "test", tokenizer, 128, seed=1)
    losses = evaluate(model, masked_lm_objective, [unseen.sample(step) for step in range(HELD_OUT_BATCHES)])
    found |= {"masked-LM loss, all targets": losses["mlm_loss"], "next sentence, nats": losses["nsp_loss"]}
    emma, _ = at_holes(model, tokenizer, encoded("Emma", "train", tokenizer), 0.15, min(128, n_rows))
    gap = found["loss at [MASK], 15% hidden"] - emma
    return found | {"Emma, which it has read: loss at [MASK], 15%": emma, "the gap": gap} | pair_figures(
        model, tokenizer, n_pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, help="rows and pairs, of a rehearsal; tokens: fifty times as many")
    parser.add_argument("--bert", default="tinybert", help="the BERT to measure")
    parser.add_argument("--gpt", default="tinygpt", help="the GPT to measure")
    args = parser.parse_args()
    tokenizer = load_tokenizer()
    read = training_texts(tokenizer)
    few = {"n_tokens": 50 * args.n, "whole": False} if args.n else {}
    cards = {args.gpt: card_of_gpt(load_gpt(args.gpt), tokenizer, read, **few)}
    few = {"n_rows": args.n, "n_pairs": args.n} if args.n else {}
    cards[args.bert] = card_of_bert(load_bert(args.bert), tokenizer, read, **few)
    for name, figures in cards.items():
        print(f"\n| {name} | |\n|---|---|")
        for what, value in figures.items():
            print(f"| {what} | {value:.2f} |")


if __name__ == "__main__":
    main()
