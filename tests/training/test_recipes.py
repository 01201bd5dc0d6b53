"""From a text's name to batches: what the command line and the experiments train on."""

import math
from pathlib import Path

import pytest
import tokenizers
import torch

from bertgpt.text.batching import IGNORED
from bertgpt.training import recipes
from bertgpt.training.recipes import choose_tokenizer, encode_texts, make_batches, mix_batches, read_texts
from bertgpt.training.unigram import unigram_baseline

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


def test_of_prose_a_bert_gets_pairs_of_spans_and_windows(tokenizer, monkeypatch):
    told = {f"story {n}": f"Tom had {n} cats. " * 40 for n in range(3)}
    monkeypatch.setitem(recipes.PROSE, "stories", lambda split: told)
    corpus = encode_texts("stories", {"train": told}, tokenizer)
    mixture = make_batches("bert", corpus, "train", tokenizer, 64, batch_size=3)
    assert mixture.weights.tolist() == [3, 1]
    assert mixture.stream == "inner mixture"  # or the mixture of texts around it would choose here, too
    assert ["is_random_next" in source.sample(0) for source in mixture.sources] == [True, False]
    assert {len(recipes.PROSE[name]("test")) > 1 for name in ("austen", "tales")} == {True}  # by chapter


def test_each_text_is_drawn_as_often_as_it_weighs(file, corpus, tokenizer):
    other = str(Path(file).with_name("other.txt"))
    Path(other).write_text("Another text of other words. " * 99, encoding="utf-8")
    corpora = [corpus, encode_texts(other, read_texts(other), tokenizer)]
    batches = mix_batches("gpt", corpora, [3, 1], tokenizer, length=20, batch_size=3, seed=0)
    only_other = set(tokenizer.encode("Another other words")) - set(tokenizer.encode(TEXT))
    drawn = [bool(only_other & set(batches.sample(n)["input_ids"].flatten().tolist())) for n in range(400)]
    assert abs(sum(drawn) / 400 - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 400)


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
