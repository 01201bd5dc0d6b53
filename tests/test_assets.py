"""What ships is all in the table and as it was shipped; what differs is refused, with the remedy."""

import errno
import hashlib
import lzma
import shutil

import pytest

from bertgpt import assets, load_tokenizer
from bertgpt.assets import ASSETS, CONTENTS, read_asset, write_whole
from bertgpt.tasks import entities, labelled, ranking

NAME, PLAIN = "corpora/austen_emma.txt.xz", "labelled/gazetteer.txt"


@pytest.mark.parametrize("name", CONTENTS)
def test_every_file_is_the_one_that_was_shipped(name):
    assert hashlib.sha256(read_asset(name).encode()).hexdigest() == CONTENTS[name]


def test_no_shipped_text_stands_outside_the_table():
    elsewhere = {"results", *assets.SHIPPED}     # load_results and load_bert look after those
    shipped = {path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*") if path.is_file()
               and path.relative_to(ASSETS).parts[0] not in elsewhere
               and not path.name.startswith(("PROVENANCE", "LICENSE", "SHA256SUMS"))}
    assert shipped == set(CONTENTS)


def test_files_are_written_all_together_or_not_at_all(tmp_path):
    def full(path):
        path.write_text("half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    write_whole(tmp_path / "new", {"a": lambda path: path.write_text("old")})
    with pytest.raises(OSError, match="b cannot be written: .*No space left"):
        write_whole(tmp_path / "new", {"a": lambda path: path.write_text("changed"), "b": full})
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == {"a": "old"}
    with pytest.raises(OSError, match="below cannot be written"):
        write_whole(tmp_path / "new" / "a" / "below", {"a": full})


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Let files be read from a folder in which a test may damage them, and from nowhere else."""
    for name in [NAME, *(name for name in CONTENTS if not name.startswith("corpora"))]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ASSETS / name, tmp_path / name)
    monkeypatch.setattr(assets, "ASSETS", tmp_path)
    cached = [read_asset, ranking.table, entities.gazetteer, entities.llm_labelled]
    for function in cached:
        function.cache_clear()
    yield tmp_path
    for function in cached:
        function.cache_clear()


def flipped(raw):
    return raw[:len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1:]


def test_a_word_that_was_changed_is_refused_with_both_hashes(copies):
    raw = lzma.decompress((ASSETS / NAME).read_bytes())
    (copies / NAME).write_bytes(lzma.compress(raw.replace(b"Emma", b"Anna", 1)))
    with pytest.raises(ValueError, match=rf"{NAME}.*sha256 [0-9a-f]{{12}} instead of {CONTENTS[NAME][:12]}"):
        read_asset(NAME)


READERS = {
    PLAIN: entities.gazetteer,
    "labelled/persuasion_names.txt": entities.llm_labelled,
    "labelled/book_questions.txt": ranking.book_questions,
    "labelled/book_passages.tsv.xz": ranking.book_passages,
    "labelled/plain_sentences.tsv": labelled.plain_sentences,
    "labelled/docstrings.tsv.xz": lambda: ranking.docstring_pairs("test"),
    "tokenizer.json": load_tokenizer,
    "vocabularies/bert_uncased_vocab.txt.xz": lambda: load_tokenizer("google-bert/bert-base-uncased"),
    "vocabularies/gpt2_merges.txt.xz": lambda: load_tokenizer("openai-community/gpt2"),
}


@pytest.mark.parametrize("name", READERS)
def test_whoever_reads_a_shipped_file_reads_it_through_the_door(name, copies):
    read = READERS[name]
    assert read()
    for function in (read_asset, ranking.table, entities.gazetteer, entities.llm_labelled):
        function.cache_clear()
    (copies / name).write_bytes(flipped((ASSETS / name).read_bytes()))
    with pytest.raises(ValueError, match=f"{name} does not have the contents .*git checkout.*{name}$"):
        read()
