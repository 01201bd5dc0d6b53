"""How well does our BERT fill words, beside counts of the same texts? And do two blanks side by side get along?

Hidden words of *Persuasion*, which no model has read: one in a row (the rows of `cards`), and 15 % of a row at once,
all behind [MASK]; and the blanks of the 140 plain sentences, where every listed word is right, and the loss is that of
all listed words of one token together. The rivals count the texts that BERT learned from:

*frequency*; *left neighbour* and *both neighbours*, mixed with it as `ngrams.BothSides` does; and *the pair of
neighbours*: what stood between just these two, backed off to both. They are counted on all four corpora and on the one
that is most like the test (Austen's novels, the stories) alone. How they are mixed is fitted on the end of that corpus.
A neighbour that is hidden, too, is unknown to them, as it is to BERT. What could come out: the best count is ahead of
BERT somewhere, or nowhere.

*Two blanks*: two neighbouring words of the novel hidden at once; BERT's best guess for each, and for the second again
when it has read its first guess. Another second word is not yet a wrong one. So it is counted how often the two words
stand nowhere side by side in all that BERT has read, at once, in turn and, the control, as in the novel; and our GPT
reads both fillings and the eight tokens after them: which is more probable, and by how much?
"""

from collections.abc import Iterator
from functools import cache, partial

import numpy as np
import torch
from cards import LENGTH, draw_positions, framed, hidden_in, spread_rows, without_specials
from experiments import Row, fingerprint, main, percentage, spread
from scipy.sparse import csr_array
from torch import Tensor

from bertgpt import load_bert, load_gpt
from bertgpt.assets import CONTENTS
from bertgpt.inference.filling import blank_logits
from bertgpt.inference.scoring import log_likelihoods
from bertgpt.text.corpora import CORPORA, novels
from bertgpt.text.data import encode_documents
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt_book.statistics.ngrams import BothSides
from bertgpt_book.tasks.labelled import plain_sentences

NAME = "hidden_words"
COUNTS = {"one hidden": 2500, "rows": 400, "pairs": 1000}
BACK_OFF = (1, 3, 10, 30, 100)  # as many occurrences of a pair weigh as much as what is known from both sides
AFTER = 8  # tokens after the two blanks, for GPT
LIKE = {"Persuasion": "austen", "plain sentences": "stories"}
RIVALS = ("frequency", "left neighbour", "both neighbours", "the pair of neighbours")


@cache
def encoded(corpus: str) -> np.ndarray:
    """Encode the training texts of a corpus, the separate texts one after another: -> (n,)."""
    return np.concatenate([ids.numpy() for ids in encode_documents(CORPORA[corpus]("train"), course_tokenizer())])


class Between(BothSides):
    """Predict a hidden token by what stood between the same two neighbours, backed off to `BothSides`."""

    def fit(self, ids) -> "Between":
        super().fit(ids)
        cut = len(ids) * 9 // 10
        at = np.random.default_rng(1).integers(cut + 1, len(ids) - 1, 500)
        self.count(ids[:cut])
        losses = []
        for self.back_off in BACK_OFF:
            losses.append(-np.log(self.probs(ids[at - 1], ids[at + 1])[np.arange(500), ids[at]]).mean())
        self.back_off = BACK_OFF[int(np.argmin(losses))]
        self.count(ids)
        return self

    def count(self, ids: np.ndarray) -> None:
        super().count(ids)
        self.frames, at = np.unique(ids[:-2] * self.vocab_size + ids[2:], return_inverse=True)
        shape = (len(self.frames), self.vocab_size)
        self.between = csr_array((np.ones(len(at)), (at, ids[1:-1])), shape=shape)

    def probs(self, left, right) -> np.ndarray:
        wanted = left * self.vocab_size + right  # (N,)
        at = np.searchsorted(self.frames, wanted).clip(max=len(self.frames) - 1)
        counts = self.between[at].toarray() * (self.frames[at] == wanted)[:, None]  # (N, V)
        both = super().probs(left, right)
        return (counts + self.back_off * both) / (counts.sum(axis=1, keepdims=True) + self.back_off)


@cache
def counted(like: str, alone: bool) -> Between:
    """Count all that BERT has read, or one corpus alone; the mixture is fitted on the end of this corpus."""
    others = [] if alone else [encoded(corpus) for corpus in CORPORA if corpus != like]
    return Between(course_tokenizer().vocab_size).fit(np.concatenate([*others, encoded(like)]).astype(np.int64))


def by_counting(counts: Between, left: np.ndarray, right: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Let each rival fill blanks between two neighbours: -> name, probabilities (N, V), some blanks at a time."""
    share = counts.weights[1] / counts.weights[:2].sum()  # of the left neighbour, without the right one
    frequency, after, _ = counts.components(left, right)
    both = BothSides.probs(counts, left, right)
    yield from zip(RIVALS, (frequency, share * after + (1 - share) * frequency, both, counts.probs(left, right)))


def asked(ids: Tensor, blanks: Tensor, right_words: list[list[int]], group: np.ndarray, like: str) -> dict:
    """Let BERT and the counts answer at the blanks: -> judge -> share right and loss, and BERT's leads.

    ids: (B, T), framed, the blanks hidden; blanks: (B, T) bool, N True; right_words: N lists; group: (N,), the row
    """
    bert = load_bert("littlebert").eval()
    with torch.inference_mode():
        parts = zip(ids.split(64), blanks.split(64))
        p = torch.cat(
            [blank_logits(bert, part, at, attention_mask=(part != 0).long()).softmax(-1) for part, at in parts]
        )
    left, right = (ids.roll(shift, dims=1)[blanks].numpy() for shift in (1, -1))
    judges = {"BERT": graded(p.numpy(), right_words)}
    for alone in (False, True):
        counts, where = counted(like, alone), f"{like} alone" if alone else "all"
        found: dict[str, list] = {}
        for chosen in np.array_split(np.arange(len(left)), max(1, len(left) // 64)):
            for name, table in by_counting(counts, left[chosen], right[chosen]):
                found.setdefault(name, []).append(graded(table, [right_words[i] for i in chosen]))
        judges |= {f"{name}, {where}": np.concatenate(parts, axis=1) for name, parts in found.items()}
    result: dict = {"blanks": len(left), "rows": len(np.unique(group))}
    for name, (hits, nats) in judges.items():
        lead = {"right, %": 100 * (judges["BERT"][0] - hits), "nats": nats - judges["BERT"][1]}
        result[name] = {"right, %": spread(by_row(100 * hits, group)), "nats": spread(by_row(nats, group))}
        if name != "BERT":
            result[name] |= {f"BERT's lead, {what}": spread(by_row(each, group)) for what, each in lead.items()}
    return result


def graded(p: np.ndarray, right_words: list[list[int]]) -> np.ndarray:
    """Grade answers: (N, V) -> whether the most probable word is right, and the nats of all right ones, (2, N)."""
    hits = [int(row.argmax()) in words for row, words in zip(p, right_words)]
    return np.array([hits, [-np.log(row[words].sum()) for row, words in zip(p, right_words)]])


def by_row(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Average the blanks of each row, which are no independent items: (N,) -> (rows,)."""
    return np.bincount(group, values) / np.bincount(group)


@cache
def persuasion() -> Tensor:
    return torch.cat(encode_documents(novels("test"), course_tokenizer()))


def of_novel(rate: float | None, n_rows: int) -> dict:
    """Ask about one token in the middle of each row, or about a share of them."""
    tokenizer, bert = course_tokenizer(), load_bert("littlebert")
    rows = spread_rows(persuasion(), n_rows)  # (B, T)
    middle = torch.arange(LENGTH).expand_as(rows) == LENGTH // 2  # (B, T)
    blanks = draw_positions(tokenizer, rows, rate) if rate else middle & without_specials(tokenizer, rows)
    ids = framed(bert, tokenizer, rows)
    blanks = hidden_in(ids, blanks)
    group = np.unique(blanks.nonzero()[:, 0].numpy(), return_inverse=True)[1]
    words = [[word] for word in ids[blanks].tolist()]
    return asked(ids.masked_fill(blanks, tokenizer.mask_id), blanks, words, group, LIKE["Persuasion"])


def of_sentences(n: int = 140) -> dict:
    """Ask about the blanks of plain sentences for which one token is listed as fitting."""
    tokenizer, bert, found = course_tokenizer(), load_bert("littlebert"), []
    pieces = [piece.strip().lower() for piece in tokenizer.tokens(range(tokenizer.vocab_size))]
    for each in plain_sentences()[:n]:
        fits = {word.lower() for word in each.fits}
        words = [i for i, piece in enumerate(pieces) if piece in fits]
        ids = bert.framing.frame([tokenizer.encode(f"{each.left} [MASK]{each.right}")], tokenizer.special_id)[0]
        found.append((torch.tensor(ids), words))
    ids = torch.nn.utils.rnn.pad_sequence([row for row, _ in found], batch_first=True)
    kept = torch.tensor([bool(words) for _, words in found])
    ids, right_words = ids[kept], [words for _, words in found if words]
    return asked(ids, ids == tokenizer.mask_id, right_words, np.arange(len(ids)), LIKE["plain sentences"])


def draw_pairs(n: int) -> tuple[Tensor, Tensor]:
    """Hide a word of one token and the token after it: -> rows (n, 61), thirty tokens on each side, and words (n, 2).

    The first 200 are those of the page.
    """
    tokenizer, book = course_tokenizer(), persuasion()
    pieces = tokenizer.tokens(range(tokenizer.vocab_size))
    is_word = torch.tensor([piece[:1] == " " and piece[1:].isalpha() for piece in pieces])[book]
    goes_on = torch.tensor([piece[:1].isalpha() for piece in pieces])[book]
    whole = (is_word[30:-31] & ~goes_on[31:-30]).nonzero().flatten() + 30
    where = whole[torch.randperm(len(whole), generator=torch.Generator().manual_seed(6))[:n]]
    return book[where[:, None] + torch.arange(-30, 31)], book[where[:, None] + torch.arange(2)]


def of_pairs(n: int) -> dict:
    """Fill two neighbouring blanks at once and in turn: -> how often they differ, and what each filling is worth."""
    tokenizer, bert, gpt = course_tokenizer(), load_bert("littlebert").eval(), load_gpt("littlegpt")
    rows, true = draw_pairs(n)

    def answer(pair: Tensor) -> Tensor:  # (n, 2), with [MASK] in it -> the log probabilities of what is hidden
        text = torch.cat([rows[:, :30], pair, rows[:, 32:]], dim=1)
        ids = torch.tensor([bert.framing.frame([row], tokenizer.special_id)[0] for row in text.tolist()])
        with torch.inference_mode():
            parts = [blank_logits(bert, part, part == tokenizer.mask_id) for part in ids.split(100)]
        return torch.cat(parts).log_softmax(dim=-1).view(n, -1, tokenizer.vocab_size)

    hidden = torch.full((n, 2), tokenizer.mask_id)
    at_once = answer(hidden).argmax(dim=-1)  # (n, 2)
    given = answer(torch.stack([at_once[:, 0], hidden[:, 1]], dim=1))[:, 0]  # (n, V)
    in_turn = torch.stack([at_once[:, 0], given.argmax(dim=-1)], dim=1)  # (n, 2)
    changed = (at_once != in_turn).any(dim=1)  # (n,)
    factor = (given.amax(dim=-1) - given.gather(1, at_once[:, 1:]).flatten()).numpy()  # (n,): nats, by BERT itself
    beside = counted("austen", False).after  # pairs in all that BERT has read
    fillings = {"at once": at_once, "in turn": in_turn, "in the novel": true}
    never = {name: beside[tuple(pair.T.tolist())] == 0 for name, pair in fillings.items()}
    prompts = [[tokenizer.eos_id, *row] for row in rows[:, :30].tolist()]
    nats = {
        name: torch.stack(
            [
                part.sum()
                for part in log_likelihoods(gpt, prompts, torch.cat([pair, rows[:, 32 : 32 + AFTER]], 1).tolist())
            ]
        )
        for name, pair in fillings.items()
    }
    worse = (nats["in turn"] - nats["at once"]).numpy()  # (n,)
    mine = changed.numpy()
    return {
        "pairs": n,
        "changed": mine.astype(int).tolist(),
        "another second word, %": percentage(mine.tolist()),
        "never side by side, %": {name: percentage(each.tolist()) for name, each in never.items()},
        "never side by side of the changed, %": {name: percentage(each[mine].tolist()) for name, each in never.items()},
        "never side by side only at once, %": percentage((never["at once"] & ~never["in turn"]).tolist()),
        "by GPT worse at once, of the changed, %": percentage((worse[mine] > 0).tolist()),
        "by GPT ten times worse at once, %": percentage((worse > np.log(10)).tolist()),
        "by GPT ten times worse in turn, %": percentage((worse < -np.log(10)).tolist()),
        "by GPT, nats worse at once, of the changed": spread(worse[mine]),
        "by BERT ten times less probable at once, %": percentage((factor > np.log(10)).tolist()),
        "by BERT, nats less at once, of the changed": spread(factor[mine]),
    }


def rows() -> Iterator[Row]:
    data, littlebert = tuple(ABOUT["data"].values()), ("littlebert",)
    for name, rate in {"one hidden": None, "15 % hidden": 0.15}.items():
        n_rows = COUNTS["rows" if rate else "one hidden"]
        yield Row(f"Persuasion, {name}", partial(of_novel, rate, n_rows), data, littlebert, seconds=180)
    yield Row("plain sentences", of_sentences, data, littlebert, seconds=60)
    yield Row("two blanks", partial(of_pairs, COUNTS["pairs"]), data, ("littlebert", "littlegpt"), seconds=90)


ABOUT = {
    "counts": COUNTS,
    "back-off": BACK_OFF,
    "data": {
        "read": fingerprint(*(CONTENTS[name] for name in sorted(CONTENTS) if name.startswith("corpora/"))),
        "plain sentences": CONTENTS["labelled/plain_sentences.tsv"],
        "tokenizer": CONTENTS["tokenizer.json"],
    },
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
