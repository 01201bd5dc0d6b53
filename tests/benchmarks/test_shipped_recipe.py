"""How the shipped models were trained: the rows that a BERT got, and short ones first."""

import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
import shipped_recipe
import torch
from shipped_recipe import SentenceBatches, make_batches, make_data

from bertgpt import Tokenizer
from bertgpt.cli.run import read_record
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import sentences
from bertgpt.training.recipes import encode_texts

ROWS = 3
TEXTS = {f"book {n}": "".join(f" Line {k}{' of it' * (k % 5)}." for k in range(60)) for n in range(3)}
CHARACTERS = Tokenizer.train_char(TEXTS.values())


def uncovered(batch):
    return torch.where(batch["labels"] == IGNORED, batch["input_ids"], batch["labels"])


def test_rows_of_whole_sentences_are_padded_and_padding_is_not_masked():
    source, counted, n_cut = SentenceBatches(TEXTS, CHARACTERS, length=48, batch_size=ROWS), Counter(), 0
    pieces = {book: [piece.strip() for piece in sentences(text)] for book, text in TEXTS.items()}
    for step in range(60):
        batch = source.sample(step)
        assert batch["input_ids"].size(1) == batch["attention_mask"].sum(1).max() <= 48
        for row, mask, labels in zip(uncovered(batch), batch["attention_mask"], batch["labels"]):
            assert row[0] == CHARACTERS.cls_id and row[mask == 1][-1] == CHARACTERS.sep_id
            assert (row[mask == 0] == CHARACTERS.pad_id).all() and (labels[mask == 0] == IGNORED).all()
            text = CHARACTERS.decode(row[mask == 1][1:-1])
            assert text and any(piece.startswith(text[: len(piece)]) for book in pieces.values() for piece in book)
            if mask.sum() == 48:
                n_cut += 1
            else:
                counted[len(sentences(text))] += 1
                assert any(text in book for book in TEXTS.values()) and text.endswith(".")
    assert counted.keys() == {1, 2, 3} and n_cut


def test_novels_come_in_pairs_from_everywhere_and_from_one_book_and_alone(tokenizer, monkeypatch):
    books = {f"novel {n}": {chapter: f"Anne had {chapter} hats. " * 40 for chapter in (1, 2)} for n in range(2)}
    monkeypatch.setattr(shipped_recipe, "chapters", lambda split, name: books)
    texts = {"train": {title: " ".join(book.values()) for title, book in books.items()}}
    mixture = make_batches("bert", encode_texts("austen", texts, tokenizer), "train", tokenizer, length=64)
    everywhere, *one_book, long, short = (mixture.weights / mixture.weights.sum()).tolist()
    assert [everywhere, sum(one_book), long, short] == pytest.approx([3 / 8, 3 / 8, 1 / 8, 1 / 8], abs=0.005)
    batches = [source.sample(0) for source in mixture.sources]
    kinds = [("is_random_next" in batch, batch["input_ids"].size(1)) for batch in batches]
    assert kinds == [(True, 64)] * 3 + [(False, 64), (False, 16)]
    assert mixture.stream == "inner mixture"  # or the mixture of texts around it would choose here, too


def test_stories_come_in_pairs_in_windows_and_in_whole_sentences(tokenizer, monkeypatch):
    told = {f"story {n}": f"Tom had {n} cats. " * 40 for n in range(3)}
    monkeypatch.setattr(shipped_recipe, "stories", lambda split: told)
    mixture = make_batches("bert", encode_texts("stories", {"train": told}, tokenizer), "train", tokenizer, length=64)
    assert (mixture.weights / mixture.weights.sum()).tolist() == pytest.approx([3 / 5, 1 / 5, 1 / 5])
    for source, named, longest in zip(mixture.sources, ("is_random_next", "labels", "attention_mask"), (64, 64, 16)):
        batch = source.sample(0)
        assert named in batch and batch["input_ids"].size(1) <= longest


@pytest.mark.parametrize("short_steps", [0, 2])
def test_short_rows_come_first_and_as_many_tokens_of_them(short_steps, tokenizer):
    corpus = encode_texts("a text", dict.fromkeys(("train", "test"), TEXTS), tokenizer)
    args = SimpleNamespace(model="gpt", context=20, batch_size=3, rate=0.15, seed=0, blanks=0.5)
    args.weights, args.short_steps = [3, 1], short_steps
    batches, held_out = make_data(args, tokenizer, [corpus, corpus])
    shapes = [tuple(batches.sample(step)["input_ids"].shape) for step in (0, 1, 2, 99)]
    assert shapes == short_steps * [(12, 5)] + (4 - short_steps) * [(3, 20)]
    assert len(held_out) == 8 and held_out[0]["input_ids"].shape == (3, 20)


@pytest.mark.slow
def test_the_command_is_trains_own_with_a_flag_more(tmp_path):
    sizes = "--steps 2 --short-steps 1 --d-model 12 --heads 3 --layers 1 --context 32 --batch-size 2 --device cpu"
    command = [sys.executable, shipped_recipe.__file__, "bert", "--text", "stories", *sizes.split()]
    done = subprocess.run([*command, "--out", tmp_path / "run"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert read_record(tmp_path / "run")["arguments"]["short_steps"] == 1
