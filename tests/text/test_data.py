"""From text to batches: nothing lost, nothing misplaced, and every batch a function of seed and step."""

import math
from collections import Counter
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bertgpt import Tokenizer
from bertgpt.text.batching import IGNORED, generator_for
from bertgpt.text.corpora import sentences
from bertgpt.text.data import (
    LMBatches,
    MaskedNextTokenBatches,
    MixedBatches,
    MLMBatches,
    SentencePairBatches,
    encode_documents,
)

LENGTH, ROWS = 7, 5
STREAM = [torch.arange(100, 150), torch.arange(150, 211)]  # consecutive numbers: a window shows where it was cut


def books(n=3, n_sentences=60):
    """Documents that share no letter, of sentences of different lengths that do not repeat."""
    random, texts = Random(0), {}
    for b in range(n):
        letters = "abcdefghijklmnopqrstuvwxyz"[8 * b : 8 * b + 8]
        lengths = (random.choices(range(1, 6), k=1 + random.randrange(4)) for _ in range(n_sentences))
        lines = (" ".join("".join(random.choices(letters, k=n)) for n in line) for line in lengths)
        texts[f"book {b}"] = " ".join(f"{line.capitalize()}." for line in lines)
    return texts


TEXTS = books()
CHARACTERS = Tokenizer.train_char(TEXTS.values())


@given(st.text(alphabet=st.sampled_from("ab .!?\"'()\nMrDSt,é\u2003")))
def test_cutting_into_sentences_loses_nothing(text):
    assert "".join(sentences(text)) == text
    assert "" not in sentences(text)


@pytest.mark.parametrize(
    "text, pieces",
    [
        ("One. Two! Three?", ["One.", " Two!", " Three?"]),
        ('"Is it?" she said. "No."', ['"Is it?" she said.', ' "No."']),
        ('He said "Go." Then he went.', ['He said "Go."', " Then he went."]),
        ("Mr. and Mrs. Bennet met Dr. Grant.", ["Mr. and Mrs. Bennet met Dr. Grant."]),
        ("It cost 3.50 in all.", ["It cost 3.50 in all."]),
        ("no capital. after this one", ["no capital. after this one"]),
        ("A paragraph\n\nand another", ["A paragraph", "\n\nand another"]),
        ("", []),
    ],
)
def test_sentences_end_where_they_should(text, pieces):
    assert sentences(text) == pieces


def test_a_document_is_closed_by_eos(tokenizer):
    first, second = encode_documents({"a": "Emma smiled.", "b": ""}, tokenizer)
    assert first.tolist() == [*tokenizer.encode("Emma smiled."), tokenizer.eos_id]
    assert second.tolist() == [tokenizer.eos_id]


def windows(seed):
    return LMBatches(STREAM, LENGTH, ROWS, seed)


SOURCES = {
    "windows": windows,
    "masked windows": lambda seed: MLMBatches(encode_documents(TEXTS, CHARACTERS), CHARACTERS, 20, ROWS, seed=seed),
    "pairs": lambda seed: SentencePairBatches(TEXTS, CHARACTERS, 40, ROWS, seed=seed),
    "mixed": lambda seed: MixedBatches([windows(seed), LMBatches(STREAM[::-1], LENGTH, ROWS, seed)], [1, 1], seed),
}
every_source = pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES.keys())


@every_source
def test_a_batch_depends_on_seed_and_step_only(make):
    source = make(1)
    first = [source.sample(step) for step in range(4)]
    torch.manual_seed(99)
    again = make(1)
    for step in (3, 0, 2, 1):  # another order, another global random state
        torch.testing.assert_close(again.sample(step), first[step], rtol=0, atol=0)


RECORDED = {"examples": 3_000_014, "masking": 7_922_023_771, "order": 7_922_023_771, "blanks": 15_485_912_457_603}
RECORDED |= {"mixture": 104_732_314_201, "inner mixture": 104_733_314_204}  # the runs on record have drawn from these


def test_a_stream_has_the_seed_of_the_recorded_runs():
    assert {stream: generator_for(3, 5, stream).initial_seed() for stream in RECORDED} == RECORDED


def test_windows_lie_in_the_stream_and_reach_both_ends():
    source = LMBatches(STREAM, LENGTH, ROWS)
    windows = torch.cat([source.sample(step)["input_ids"] for step in range(300)])  # (1500, LENGTH)
    steps = windows.diff(dim=1)
    assert windows.shape == (300 * ROWS, LENGTH)
    assert (steps == 1).all()  # one after the other
    assert (windows.min(), windows.max()) == (100, 210)
    assert len(windows[:, 0].unique()) == 111 - LENGTH + 1  # every position is used


def test_a_text_of_exactly_one_window_is_enough():
    assert LMBatches([torch.arange(LENGTH)], LENGTH, 1).sample(0)["input_ids"].tolist() == [list(range(LENGTH))]
    with pytest.raises(ValueError, match=f"{LENGTH - 1} tokens, fewer than one window of {LENGTH}"):
        LMBatches([torch.arange(LENGTH - 1)], LENGTH, 1)


def uncovered(batch):
    """Put the right ids back where they were hidden."""
    return torch.where(batch["labels"] == IGNORED, batch["input_ids"], batch["labels"])


def test_masked_windows_are_framed_text():
    text = "".join(TEXTS.values())
    source = MLMBatches(encode_documents(TEXTS, CHARACTERS), CHARACTERS, length=32, batch_size=ROWS, rate=0.2)
    for step in range(20):
        batch = source.sample(step)
        rows = uncovered(batch)
        assert rows.shape == (ROWS, 32)
        assert (rows[:, 0] == CHARACTERS.cls_id).all() and (rows[:, -1] == CHARACTERS.sep_id).all()
        for row in rows:
            assert CHARACTERS.decode(row[1:-1]).replace("<eos>", "") in text
        specials = torch.tensor(sorted(CHARACTERS.special_ids))
        ordinary = (~torch.isin(rows, specials)).sum(1)
        assert (batch["labels"] != IGNORED).sum(1).tolist() == [round(0.2 * n) for n in ordinary.tolist()]


def drawn_pairs(steps=60, length=40):
    source = SentencePairBatches(TEXTS, CHARACTERS, length, ROWS, rate=0.15)
    for step in range(steps):
        batch = source.sample(step)
        for row, segments, random in zip(uncovered(batch), batch["segment_ids"], batch["is_random_next"].tolist()):
            assert len(row) == length
            yield row, segments, random


def spans(row):
    """Take [CLS] first [SEP] second [SEP] apart."""
    assert row[0] == CHARACTERS.cls_id and row[-1] == CHARACTERS.sep_id
    (middle, end) = (row == CHARACTERS.sep_id).nonzero().flatten().tolist()
    assert end == len(row) - 1
    return CHARACTERS.decode(row[1:middle]), CHARACTERS.decode(row[middle + 1 : -1]), middle


def test_pairs_fill_the_window_with_sentences_and_their_labels_are_true():
    starts, follow = {sentence for text in TEXTS.values() for sentence in sentences(text)}, []
    for row, segments, random in drawn_pairs():
        first, second, middle = spans(row)
        assert first.endswith(".") and len(CHARACTERS.encode(first)) <= 37 - 37 // 4  # a quarter is for the second
        assert starts.issuperset([*sentences(first), *sentences(second)[:-1]])  # the window may cut the last
        assert segments.tolist() == [0] * (middle + 1) + [1] * (len(row) - middle - 1)
        (book,) = (text for text in TEXTS.values() if first in text)
        (source,) = (text for text in TEXTS.values() if second in text)
        assert (first + second in book) == (source is book) == (random == 0)
        follow.append(1 - random)
    share = sum(follow) / len(follow)
    assert abs(share - 0.5) < 4 * math.sqrt(0.25 / len(follow))


@pytest.mark.slow
def test_no_span_alone_tells_whether_the_pair_is_true():
    # Each position must serve true and random second spans equally often: else the second span alone
    # would tell them apart.
    begins = {0: Counter(), 1: Counter()}
    for row, _, random in drawn_pairs(steps=600):
        begins[random][spans(row)[1][:6]] += 1
    n = [sum(counter.values()) for counter in begins.values()]
    openings = begins[0].keys() | begins[1].keys()
    chi_square = sum((begins[0][p] - begins[1][p] * n[0] / n[1]) ** 2 / (begins[0][p] + begins[1][p]) for p in openings)
    assert len(openings) > 100
    assert abs(chi_square - len(openings)) < 4 * math.sqrt(2 * len(openings))


def test_pairs_need_two_documents_with_sentences_that_fit_a_window():
    with pytest.raises(ValueError, match="two documents"):
        SentencePairBatches({"one": TEXTS["book 0"], "short": "Too short."}, CHARACTERS, 40, ROWS)
    with pytest.raises(ValueError, match="sentence"):
        SentencePairBatches({book: text.replace(".", "").lower() for book, text in TEXTS.items()}, CHARACTERS, 40, ROWS)
    with pytest.raises(ValueError, match="give longer windows"):
        SentencePairBatches(TEXTS, CHARACTERS, 4, ROWS)


class Coin:
    """A source that tosses a coin: sample(step) -> (its index, 0 or 1)."""

    def __init__(self, index, seed):
        self.index, self.seed = index, seed

    def sample(self, step):
        return self.index, int(torch.multinomial(torch.ones(2), 1, generator=generator_for(self.seed, step)))


def test_mixtures_draw_by_weight_and_independently_of_their_sources():
    # With one stream for all, the choice of a source would decide what the source draws.
    inner = MixedBatches([Coin(i, seed=3) for i in range(3)], [2, 1, 1], seed=3, stream="inner mixture")
    outer = MixedBatches([inner, Coin(3, seed=3), Coin(4, seed=3)], [3, 1, 0], seed=3)
    drawn = [outer.sample(step) for step in range(4000)]
    for index, share in enumerate([3 / 8, 3 / 16, 3 / 16, 1 / 4, 0]):
        sigma = math.sqrt(share / 2 * (1 - share / 2) / 4000)
        for side in (0, 1):
            assert abs(drawn.count((index, side)) / 4000 - share / 2) <= 4 * sigma


def test_a_hidden_token_is_predicted_one_position_early(tokenizer):
    source = MaskedNextTokenBatches(STREAM, tokenizer, LENGTH, ROWS, rate=(0.3, 0.6), seed=3)
    for step in range(5):
        batch, whole = source.sample(step), source.windows.sample(step)["input_ids"]
        ids, labels = batch["input_ids"], batch["labels"]  # (B, T)
        hidden = ids == tokenizer.mask_id
        assert torch.equal(hidden[:, 1:], labels[:, :-1] != IGNORED)
        assert not hidden[:, 0].any() and (labels[:, -1] == IGNORED).all()
        assert torch.equal(labels[:, :-1][hidden[:, 1:]], whole[hidden])
        assert torch.equal(ids[~hidden], whole[~hidden])
        assert set(hidden.sum(dim=1).tolist()) <= {2, 3, 4}  # 30 to 60 % of six
        assert torch.equal(source.sample(step)["labels"], labels)
    source = MaskedNextTokenBatches(STREAM, tokenizer, 41, 50)
    counts = torch.cat([(source.sample(step)["labels"] != IGNORED).sum(dim=1) for step in range(20)])
    assert counts.min() == 1 and counts.max() == 40  # of 40, evenly spread
    assert abs(counts.float().mean() - 20.5) < 1.5 and abs((counts <= 10).float().mean() - 0.25) < 0.05
