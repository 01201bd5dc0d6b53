"""From a text's name to batches: what the command line and the experiments train on."""

import math
from pathlib import Path

import pytest
import tokenizers
import torch

from bertgpt.evaluation.ngrams import unigram_baseline
from bertgpt.text.batching import IGNORED
from bertgpt.training import recipes
from bertgpt.training.recipes import choose_tokenizer, encode_texts, make_batches, mix_batches, read_texts

TEXT = "".join(f"Sentence number {n} of the text. " for n in range(200))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


@pytest.fixture
def corpus(file, tokenizer):
    return encode_texts(file, read_texts(file), tokenizer)


def test_the_last_tenth_of_a_file_is_held_out(file):
    (training,), (held_out,) = (texts.values() for texts in read_texts(file).values())
    assert training + held_out == TEXT
    assert len(held_out) == math.ceil(len(TEXT) / 10)
    Path(file).write_text("\ufeff" + TEXT, encoding="utf-8")
    assert list(read_texts(file)["train"].values()) == [training]  # a byte order mark is no character


UNREADABLE = [(None, "cannot be read"), (b" \n\t\n", "is empty"), (b"caf\xe9 au lait", r"not UTF-8 \(byte 3\)")]


@pytest.mark.parametrize("content, reason", UNREADABLE)
def test_a_file_that_is_no_text_is_named(content, reason, tmp_path):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=f"text.txt.*{reason}"):
        read_texts(str(path))


def test_both_has_blanks_at_every_rate_in_training_and_at_one_in_the_test(corpus, tokenizer):
    def drawn(split, **settings):
        batches = make_batches("both", corpus, split, tokenizer, 16, batch_size=20, rate=0.3, **settings)
        return [batches.sample(step) for step in range(200)]

    for blanks in (0.5, 0.9):
        share = sum("labels" in batch for batch in drawn("train", blanks=blanks)) / 200
        assert abs(share - blanks) < 4 * math.sqrt(blanks * (1 - blanks) / 200)
    for split, low, high in (("train", 0.0, 1.0), ("test", 0.3, 0.3)):
        rates = torch.cat([(batch["labels"] != IGNORED).sum(1) / 15 for batch in drawn(split) if "labels" in batch])
        assert abs(rates.mean() - (low + high) / 2) < 0.05
        # A row of one rate has about as many blanks as any other; rows of all rates do not.
        assert (rates.std() > 0.25) == (low < high)


def test_training_batches_hold_no_held_out_text(tokenizer):
    texts = {"train": {"": "early words. " * 99}, "test": {"": "later things! " * 99}}
    corpus = encode_texts("a text", texts, tokenizer)
    batches = {split: make_batches("gpt", corpus, split, tokenizer, 8, batch_size=200) for split in texts}
    seen = {split: {*source.sample(0)["input_ids"].flatten().tolist()} for split, source in batches.items()}
    only_late = set(tokenizer.encode(" later things!")) - set(tokenizer.encode(" early words."))
    assert only_late and only_late <= seen["test"] and not only_late & seen["train"]


def test_novels_come_in_pairs_from_everywhere_and_from_one_book_and_alone(tokenizer, monkeypatch):
    books = {f"novel {n}": {chapter: f"Anne had {chapter} hats. " * 40 for chapter in (1, 2)} for n in range(2)}
    monkeypatch.setattr(recipes, "chapters", lambda split, name: books)
    texts = {"train": {title: " ".join(book.values()) for title, book in books.items()}}
    mixture = make_batches("bert", encode_texts("austen", texts, tokenizer), "train", tokenizer, 64, batch_size=3)
    everywhere, *one_book, long, short = (mixture.weights / mixture.weights.sum()).tolist()
    assert [everywhere, sum(one_book), long, short] == pytest.approx([3 / 8, 3 / 8, 1 / 8, 1 / 8], abs=0.005)
    batches = [source.sample(0) for source in mixture.sources]
    kinds = [("is_random_next" in batch, batch["input_ids"].size(1)) for batch in batches]
    assert kinds == [(True, 64)] * 3 + [(False, 64), (False, 16)]
    assert mixture.stream == "inner mixture"  # or the mixture of texts around it would choose here, too


def test_stories_come_in_pairs_in_windows_and_in_whole_sentences(tokenizer, monkeypatch):
    told = {f"story {n}": f"Tom had {n} cats. " * 40 for n in range(3)}
    monkeypatch.setattr(recipes, "stories", lambda split: told)
    mixture = make_batches("bert", encode_texts("stories", {"train": told}, tokenizer), "train", tokenizer, 64, 3)
    assert (mixture.weights / mixture.weights.sum()).tolist() == pytest.approx([3 / 5, 1 / 5, 1 / 5])
    for source, named, longest in zip(mixture.sources, ("is_random_next", "labels", "attention_mask"), (64, 64, 16)):
        batch = source.sample(0)
        assert named in batch and batch["input_ids"].size(1) <= longest
    corpora = [encode_texts("stories", {"train": told}, tokenizer)]
    first = mix_batches("bert", corpora, [1], tokenizer, length=64, batch_size=3, seed=0, short_steps=9).sample(8)
    assert "attention_mask" in first and first["input_ids"].shape[0] == 12 and first["input_ids"].size(1) <= 16


def test_short_rows_come_first_and_as_many_tokens_of_them(file, corpus, tokenizer):
    other = str(Path(file).with_name("other.txt"))
    Path(other).write_text("Another text of other words. " * 99, encoding="utf-8")
    corpora = [corpus, encode_texts(other, read_texts(other), tokenizer)]
    batches = mix_batches(
        "gpt", corpora, [3, 1], tokenizer, length=20, batch_size=3, rate=0.15, seed=0, short_steps=200
    )
    shapes = [tuple(batches.sample(step)["input_ids"].shape) for step in (0, 199, 200, 999)]
    assert shapes == [(12, 5), (12, 5), (3, 20), (3, 20)]
    only_other = set(tokenizer.encode("Another other words")) - set(tokenizer.encode(TEXT))
    for first in (0, 200):  # both stages draw each text as often as it weighs
        drawn = [bool(only_other & set(batches.sample(first + n)["input_ids"].flatten().tolist())) for n in range(200)]
        assert abs(sum(drawn) / 200 - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 200)
    whole = mix_batches("gpt", [corpus], [1], tokenizer, length=20, batch_size=3, rate=0.15, seed=0, short_steps=0)
    assert whole.sample(0)["input_ids"].shape == (3, 20)


@pytest.mark.parametrize("kind", ["bert", "gpt", "both"])
def test_a_text_shorter_than_a_window_is_named_with_a_remedy(kind, corpus, tokenizer):
    with pytest.raises(ValueError, match="^.*text.txt: .*fewer than one window of.*: give more text$"):
        make_batches(kind, corpus, "test", tokenizer, 5000)


def test_a_tokenizer_is_chosen_by_name(file, tokenizer, tmp_path):
    texts = [read_texts(file)]
    assert choose_tokenizer("bpe", texts).encode("the text") == tokenizer.encode("the text")
    characters = choose_tokenizer("char", texts)
    assert characters.decode(characters.encode("the text")) == "the text" and len(characters.encode("the text")) == 8
    characters.save(tmp_path / "mine.json")
    assert choose_tokenizer(str(tmp_path / "mine.json"), texts).encode("text") == characters.encode("text")
    tokenizers.Tokenizer(tokenizers.models.BPE()).save(str(tmp_path / "bare.json"))
    with pytest.raises(ValueError, match=r"bare.json has no \[PAD\], .*, <eos>: give a vocabulary that has them"):
        choose_tokenizer(str(tmp_path / "bare.json"), texts)


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_the_unigram_baseline_predicts_what_the_model_predicts(kind, corpus, tokenizer):
    unseen = make_batches(kind, corpus, "test", tokenizer, 16)
    held_out = [unseen.sample(step) for step in range(3)]
    counts = torch.ones(tokenizer.vocab_size, dtype=torch.double)
    for i in corpus.documents["train"][0].tolist():
        counts[i] += 1
    surprisal = -(counts / counts.sum()).log()
    labels = [batch.get("labels", batch["input_ids"]).flatten().tolist() for batch in held_out]
    targets = [i for row in labels for i in row if i != IGNORED]
    expected = sum(surprisal[i].item() for i in targets) / len(targets)
    found = unigram_baseline(corpus.documents["train"], tokenizer.vocab_size, held_out)
    assert math.isclose(found, expected)
