"""Which of ten sentences comes next, in a novel and in stories that none of the models has read?

A row per method and work: the score of each item, 1 where the true text ranks first, its share of the first place if
tied. The items are 360 sentences of *Persuasion* after the two before them, each among nine others of the novel and of
similar length; and 360 sentences of held-out stories, each among nine of other stories. No setting was chosen on them,
nor on the pairs below.

The pseudo-log-likelihood takes a forward pass per token of each candidate: it scores every third item of either
work, after 40 tokens of context. What could come out in the stories: taking the prior off helps BERT as it helps GPT,
or BERT's probabilities know no more than its head. Frozen vectors and GPT's
likelihoods compute in bfloat16 where it is fast.

Other rows ask what decides a yes or no about a pair of texts: rows as BERT's training had them, half of them true,
1,000 for "shuffled" and "second text alone", 500 for the others. Pairs of one novel overlap, so that intervals over
pairs are a little narrow; `chapter` says where each first text is from.

"pairs, shuffled": does the head read the order of tokens, and where? The same pairs as written, and with tokens
shuffled: all but the eight on either side of the seam, only those, eight neighbours of each text elsewhere (as many
tokens, away from the seam), and all. If the seam counts, shuffling it costs more than shuffling as many elsewhere.
"pairs, swapped": each pair in both orders, without the half sentence at the end of the second text; as written, with
the tokens at the seam shuffled, and with as many elsewhere. If the order is read at the seam, the preference for the
true order ends with it.
"pairs, second text alone": does the second text alone say whether it follows? The same pairs, each with a first text
from another chapter than the second, judged by BERT; and a naive Bayes of the second's tokens, counted over 2,000 pairs
of each of the five novels that BERT has read. If it does, one of the two is above a coin.
"pairs, judged": three judges and BERT of random weights. True pairs and false ones of the novel; the same true pairs
with false second texts from another book, *A Christmas Carol*; pairs of the held-out stories, where a false one is
from another story. If the origin of the false ones decides who is ahead, the second is like the third; if it is the
text, like the first.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from cards import without_specials
from encoders import ENCODERS, load_encoder
from experiments import BFLOAT16, Row, fingerprint, main
from rankers import unit_vectors
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from torch import Tensor

from bertgpt import BERT, BERTForPreTraining, load_bert, load_gpt, load_tokenizer
from bertgpt.evaluation.baselines import SharedWords
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.inference.sentences import Encoded, one_hidden
from bertgpt.text.batching import generator_for, pad
from bertgpt.text.corpora import chapters, novels, sentences, stories
from bertgpt.text.data import SentencePairBatches
from bertgpt.text.tokenizer import with_leading_space
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.framing import FRAMINGS
from bertgpt_book.tasks.dialogue import (
    NextSentenceScore,
    NextText,
    among_ten,
    at_the_seam,
    next_story_sentences,
    pair_scores,
    shuffle_tokens,
)
from bertgpt_book.tasks.prompting import likelihood_scores
from bertgpt_book.tasks.ranking import words

NAME = "next_sentence"
PAIRS, FEWER, SEED = 1000, 500, 49
CONTEXT = 40  # tokens before a candidate, and of one, for the pseudo-log-likelihood


def rounded(values) -> list[float]:
    return [round(float(value), 4) for value in values]


def next_sentences() -> list[NextText]:
    """Draw 360 sentences of *Persuasion*, each among nine others of the novel with similar length."""
    texts = [" ".join(sentence.split()) for sentence in sentences(novels("test")["Persuasion"])]
    return among_ten("Persuasion", texts, 360)


WORKS = {"Persuasion": next_sentences, "stories": next_story_sentences}
in_bfloat16 = torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16)


def texts_of(items: list[NextText]) -> tuple[list[str], list[list[str]]]:
    """Give the input of a model: the two texts before, joined, and the candidates."""
    return [" ".join(item.before) for item in items], [item.candidates for item in items]


def content_words(text: str) -> set[str]:
    """Find the content words of a text: neither scikit-learn's English stop words nor single letters."""
    return {word for word in words(text) if word not in ENGLISH_STOP_WORDS and len(word) > 1}


def by_words(items: list[NextText]) -> dict:
    """Count the content words that a candidate shares with the texts."""
    pairs = zip(*texts_of(items))
    return {"shared words": [[len(content_words(first) & content_words(text)) for text in row] for first, row in pairs]}


@in_bfloat16
def by_likelihood(items: list[NextText]) -> dict:
    """Let GPT score each candidate after the texts, and after a full stop as the neutral prompt."""
    firsts, candidates = texts_of(items)
    candidates = [[with_leading_space(text) for text in row] for row in candidates]
    prompts = [with_leading_space(first) for first in firsts]
    return likelihood_scores(load_gpt("tinygpt"), load_tokenizer(), prompts, ["."] * len(items), candidates)


def by_blanks(items: list[NextText]) -> dict:
    """Score candidates by pseudo-log-likelihood, after the texts and without them. Salazar et al. 2020, equation 1.

    It is not log p(candidate): each token is predicted from its right context, too.
    """
    model, tokenizer, (firsts, candidates) = load_bert("tinybert"), load_tokenizer(), texts_of(items)
    answers = [tokenizer.encode(with_leading_space(text))[:CONTEXT] for row in candidates for text in row]
    firsts = [tokenizer.encode(with_leading_space(first))[-CONTEXT:] for first in firsts]
    befores = [first for first, row in zip(firsts, candidates) for _ in row]

    def one_at_a_time(befores: list[list[int]]) -> Tensor:  # (n, C)
        rows = [([*before, *answer], len(before)) for before, answer in zip(befores, answers)]
        encoded = [Encoded(ids, start, len(ids), [*range(len(ids))]) for ids, start in rows]  # each token is a word
        return one_hidden(model, encoded, tokenizer, batch_size=64)[0].float().view(len(candidates), -1)

    given = one_at_a_time(befores)
    return {"sum": given, "minus unconditional": given - one_at_a_time([[]] * len(answers))}


def by_next_sentence_head(items: list[NextText]) -> dict:
    bert = load_bert("tinybert")
    model = HeadedModel(bert, NextSentenceScore(bert))
    return {"next-sentence head": pair_scores(model, load_tokenizer(), *texts_of(items))}


@in_bfloat16
def by_vectors(encoder: str, items: list[NextText]) -> dict:
    """Score candidates by the cosine between pooled hidden states."""
    (model, tokenizer), (firsts, candidates) = load_encoder(encoder), texts_of(items)
    before = unit_vectors(model, tokenizer, firsts)  # (n, D)
    after = unit_vectors(model, tokenizer, [text for row in candidates for text in row])  # (n C, D)
    return {"vectors": (before[:, None] * after.view(len(before), -1, before.size(1))).sum(dim=-1)}  # (n, C)


def top1_credit(scores, right: list[int]) -> list[float]:
    """Give 1 where the right candidate scores highest, its share of the first place if tied, else 0."""
    scores = np.asarray(scores)  # (n, C)
    best = scores == scores.max(axis=1, keepdims=True)  # (n, C)
    return [float(row[i] / row.sum()) for row, i in zip(best, right)]


def grade(work: str, score, every: int = 1, n_items: int | None = None) -> dict:
    """Score every n-th item by one method: -> score -> credit of each item, its mean and its 95 % interval."""
    items, grades = WORKS[work]()[:n_items:every], {}
    for name, table in score(items).items():
        credit = top1_credit(table, [item.right for item in items])
        grades[name] = {"mean": float(np.mean(credit)), "interval": bootstrap_interval(credit), "credit": credit}
    return grades


def drawn(source: SentencePairBatches, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw pairs: -> ids and segments (n, T), whether the second text follows (n,)."""
    generator = generator_for(SEED, 0)
    ids, segments, random = (torch.stack(column) for column in zip(*(source.row(generator) for _ in range(n))))
    return ids, segments, random == 0


def pairs_of(texts: dict[str, str]) -> SentencePairBatches:
    return SentencePairBatches(texts, load_tokenizer(), length=128, batch_size=1)


def of_the_novel(n: int) -> tuple[Tensor, Tensor, Tensor]:
    return drawn(pairs_of(chapters("test")["Persuasion"]), n)


def of_two_books(n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Give the novel's pairs, each false second text replaced by as many tokens of another book."""
    ids, segments, follows = of_the_novel(n)
    other, generator = pairs_of(chapters("test", "tales")["A Christmas Carol"]), generator_for(SEED, 1)
    for i in (~follows).nonzero().flatten().tolist():
        document, cut = other.draw(other.sizes, generator)
        at = segments[i].nonzero().flatten()[:-1]  # (N,): all of the second text but its [SEP]
        ids[i, at] = other.ids[document][cut : cut + len(at)]
    return ids, segments, follows


def of_stories(n: int) -> tuple[Tensor, Tensor, Tensor]:
    return drawn(pairs_of(dict(stories("test"))), n)


@torch.inference_mode()
def log_odds(bert, ids: Tensor, segments: Tensor) -> Tensor:
    """Compute "is next" minus "is not": (B, T) -> (B,)."""
    scores, padding = [], load_tokenizer().pad_id
    for rows, parts in zip(ids.split(50), segments.split(50)):
        logits = bert(rows, segment_ids=parts, attention_mask=(rows != padding).long())[1]  # (B, 2)
        scores.append(logits[:, 0] - logits[:, 1])
    return torch.cat(scores)


def texts_in(ids: Tensor, segments: Tensor) -> list[tuple[list[int], list[int]]]:
    """Take the special tokens away: -> (first, second) of each row."""
    parts = zip(ids, segments, without_specials(load_tokenizer(), ids))
    return [tuple(row[text & (segment == side)].tolist() for side in (0, 1)) for row, segment, text in parts]


def elsewhere(segments: Tensor, text: Tensor, generator: torch.Generator, n: int = 8) -> Tensor:
    """Mark n neighbouring tokens of each text, drawn at random away from the seam; all there are, if fewer.

    text: (B, T) bool, the tokens that are not special -> (B, T) bool
    """
    free, chosen = text & ~at_the_seam(segments, n), torch.zeros_like(text)  # (B, T)
    for row, segment, mine in zip(free, segments, chosen):
        for side in (0, 1):
            at = (row & (segment == side)).nonzero().flatten()  # (N,), neighbours
            first = int(torch.randint(max(len(at) - n, 0) + 1, (), generator=generator))
            mine[at[first : first + n]] = True
    return chosen


def arms(ids: Tensor, segments: Tensor) -> dict[str, Tensor]:
    """Choose the tokens that each arm shuffles: name -> (B, T) bool."""
    text, seam = without_specials(load_tokenizer(), ids), at_the_seam(segments)
    others = elsewhere(segments, text, generator_for(SEED, 2))
    return {
        "as written": text & False,
        "as many elsewhere": others,
        "all but the seam": text & ~seam,
        "only the seam": text & seam,
        "everything": text,
    }


def of_shuffled(n: int = PAIRS) -> dict:
    """Let BERT judge the novel's pairs under each arm: -> log odds of "is next", and how many tokens were shuffled."""
    bert, (ids, segments, follows) = load_bert("tinybert"), of_the_novel(n)
    firsts = [first for first, _ in texts_in(ids, segments)]
    result = {"follows": follows.int().tolist(), "chapter": chapters_of(firsts)}
    for name, chosen in arms(ids, segments).items():
        changed = shuffle_tokens(ids, segments, chosen, generator_for(SEED, 3))
        tokens = round(float(chosen.sum(dim=1).float().mean()), 1)
        result[name] = {"tokens": tokens, "log odds": rounded(log_odds(bert, changed, segments))}
    return result


def chapters_of(spans: list[list[int]]) -> list[int]:
    """Say in which chapter of the novel each span stands."""
    texts, decode = chapters("test")["Persuasion"], load_tokenizer().decode
    plain = {n: decode(load_tokenizer().encode_plain(text)) for n, text in texts.items()}
    return [next(n for n, text in plain.items() if decode(span) in text) for span in spans]


def of_second_alone(n: int = PAIRS, n_counted: int = 2000) -> dict:
    """Let BERT judge each second text after a first text of another chapter, and a count of tokens judge it alone."""
    tokenizer, frame = load_tokenizer(), FRAMINGS[BERT].frame
    ids, segments, follows = of_the_novel(n)
    firsts, seconds = zip(*texts_in(ids, segments))
    chapter_of_first, chapter_of_second = chapters_of(firsts), chapters_of(seconds)
    framed = []
    for i, second in enumerate(seconds):
        others = [j % n for j in range(i + 1, i + n) if chapter_of_first[j % n] != chapter_of_second[i]]
        other = firsts[min(others, key=lambda j: abs(len(firsts[j]) - len(firsts[i])))]  # the closest in length
        framed.append(frame([other, second[: 125 - len(other)]], tokenizer.special_id))  # at most 128 tokens
    rows, parts = zip(*framed)
    ids, segments = pad(rows, tokenizer.pad_id)[0], pad(parts, 0)[0]  # (B, T)
    counts = torch.ones(2, tokenizer.vocab_size)  # of tokens in false and in true second texts
    for novel in chapters("train").values():
        *read, true = drawn(pairs_of(novel), n_counted)
        for (_, second), label in zip(texts_in(*read), true.int()):
            counts[label] += torch.tensor(second).bincount(minlength=tokenizer.vocab_size)
    weight = (counts / counts.sum(dim=1, keepdim=True)).log().diff(dim=0)[0]  # (V,): above 0 where "is next" has more
    return {
        "follows": follows.int().tolist(),
        "log odds": rounded(log_odds(load_bert("tinybert"), ids, segments)),
        "naive Bayes": rounded([weight[second].mean() for second in map(torch.tensor, seconds)]),
    }


def of_swapped(n: int = FEWER) -> dict:
    """Let BERT judge whole-sentence pairs in both orders: -> arm -> log odds forward and backward."""
    tokenizer, bert = load_tokenizer(), load_bert("tinybert")
    ids, segments, follows = of_the_novel(n)
    pairs = [(tokenizer.decode(first), tokenizer.decode(second)) for first, second in texts_in(ids, segments)]
    whole = [(first, "".join(sentences(second)[:-1])) for first, second in pairs]
    kept = [i for i, (_, second) in enumerate(whole) if second]  # some second texts had one sentence only
    result = {"follows": follows[kept].int().tolist()}
    for order, turn in {"forward": 1, "backward": -1}.items():
        rows = [tokenizer.encode_pair(*whole[i][::turn]) for i in kept]
        ids, segments = (pad(column, fill)[0] for column, fill in zip(zip(*rows), (tokenizer.pad_id, 0)))  # (B, T)
        chosen = arms(ids, segments)
        for name in ("as written", "as many elsewhere", "only the seam"):
            changed = shuffle_tokens(ids, segments, chosen[name], generator_for(SEED, 3))
            result.setdefault(name, {})[order] = rounded(log_odds(bert, changed, segments))
    return result


def of_judges(draw, n: int = FEWER) -> dict:
    """Let three judges and an untrained BERT score pairs: -> judge -> scores, the higher the more "is next"."""
    tokenizer, bert, gpt = load_tokenizer(), load_bert("tinybert"), load_gpt("tinygpt")
    ids, segments, follows = draw(n)
    firsts, seconds = zip(*texts_in(ids, segments))
    start = [tokenizer.eos_id]
    after = log_likelihoods(gpt, [start + first for first in firsts], seconds)
    alone = log_likelihoods(gpt, [start] * n, seconds)
    spans = [(tokenizer.decode(first), tokenizer.decode(second)) for first, second in zip(firsts, seconds)]
    shared = SharedWords([text for pair in spans for text in pair])
    torch.manual_seed(SEED)
    untrained = BERTForPreTraining(bert.config).eval()
    scores = {
        "BERT": log_odds(bert, ids, segments),
        "GPT": [(given - bare).mean() for given, bare in zip(after, alone)],
        "shared words": [shared.score(*pair) for pair in spans],
        "BERT, random weights": log_odds(untrained, ids, segments),
    }
    return {"follows": follows.int().tolist()} | {name: rounded(values) for name, values in scores.items()}


# Method -> function of items, weights, approximate seconds for one work's items.
METHODS = {
    "shared words": (by_words, (), 1),
    "TinyGPT, likelihood": (by_likelihood, ("tinygpt",), 40),
    "TinyBERT, blanks": (by_blanks, ("tinybert",), 130),
    "TinyBERT, next-sentence head": (by_next_sentence_head, ("tinybert",), 40),
} | {
    f"{name}, vectors": (partial(by_vectors, name), (ENCODERS[name][1],), 20 if name == "MiniLM" else 10)
    for name in ("MiniLM", "TinyBERT", "TinyGPT")
}
# Questions about pairs: -> function, weights, approximate seconds.
BOTH_MODELS = ("tinybert", "tinygpt")
PAIRED = {
    "shuffled": (of_shuffled, ("tinybert",), 70),
    "second text alone": (of_second_alone, ("tinybert",), 40),
    "swapped": (of_swapped, ("tinybert",), 40),
    "judged, the novel": (partial(of_judges, of_the_novel), BOTH_MODELS, 25),
    "judged, two books": (partial(of_judges, of_two_books), BOTH_MODELS, 25),
    "judged, stories": (partial(of_judges, of_stories), BOTH_MODELS, 25),
}


def about() -> dict:
    """Fingerprint the items of each work."""
    drawn = {
        work: [text for item in draw() for text in (*item.before, *item.candidates)] for work, draw in WORKS.items()
    }
    return {"data": {work: fingerprint(*texts) for work, texts in drawn.items()}}


def rows() -> Iterator[Row]:
    for work, digest in about()["data"].items():
        for name, (score, weights, seconds) in METHODS.items():
            make = partial(grade, work, score, every=3 if name == "TinyBERT, blanks" else 1)
            yield Row(f"{work}: {name}", make, (digest,), weights, seconds)
    texts = (
        *chapters("test")["Persuasion"].values(),
        *chapters("test", "tales")["A Christmas Carol"].values(),
        *stories("test").values(),
    )
    data = (fingerprint(*texts, load_tokenizer().sha256(), f"{PAIRS} and {FEWER} pairs, seed {SEED}"),)
    read = (fingerprint(*(text for novel in chapters("train").values() for text in novel.values())),)
    for name, (make, weights, seconds) in PAIRED.items():
        counted = read if name == "second text alone" else ()
        yield Row(f"pairs, {name}", make, data + counted, weights, seconds)


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
