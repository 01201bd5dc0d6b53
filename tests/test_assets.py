"""What ships is all in the table and as it was shipped; what differs is refused, with the remedy."""

import errno
import hashlib
import lzma

import pytest

from bertgpt import assets
from bertgpt.assets import ASSETS, CONTENTS, read_asset, write_atomically

NAME = "corpora/austen_emma.txt.xz"


@pytest.mark.parametrize("name", CONTENTS)
def test_every_file_is_the_one_that_was_shipped(name):
    assert hashlib.sha256(read_asset(name).encode()).hexdigest() == CONTENTS[name]


def test_no_shipped_text_stands_outside_the_table():
    elsewhere = {"results", *assets.SHIPPED}  # load_results and load_bert look after those
    shipped = {
        path.relative_to(ASSETS).as_posix()
        for path in ASSETS.rglob("*")
        if path.is_file()
        and path.relative_to(ASSETS).parts[0] not in elsewhere
        and not path.name.startswith(("PROVENANCE", "LICENSE", "SHA256SUMS"))
    }
    assert shipped == set(CONTENTS)


def test_files_are_written_all_together_or_not_at_all(tmp_path):
    def full(path):
        path.write_text("half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    write_atomically(tmp_path / "new", {"a": lambda path: path.write_text("old")})
    with pytest.raises(OSError, match="b cannot be written: .*No space left"):
        write_atomically(tmp_path / "new", {"a": lambda path: path.write_text("changed"), "b": full})
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == {"a": "old"}
    with pytest.raises(OSError, match="below cannot be written"):
        write_atomically(tmp_path / "new" / "a" / "below", {"a": full})


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Let texts be read from a folder in which a test may damage them, and from nowhere else."""
    (tmp_path / NAME).parent.mkdir()
    monkeypatch.setattr(assets, "ASSETS", tmp_path)
    read_asset.cache_clear()
    yield tmp_path
    read_asset.cache_clear()


def test_a_word_that_was_changed_is_refused_with_both_hashes(copies):
    raw = lzma.decompress((ASSETS / NAME).read_bytes())
    (copies / NAME).write_bytes(lzma.compress(raw.replace(b"Emma", b"Anna", 1)))
    with pytest.raises(ValueError, match=rf"{NAME}.*sha256 [0-9a-f]{{12}} instead of {CONTENTS[NAME][:12]}"):
        read_asset(NAME)


def test_a_file_that_cannot_be_unpacked_is_refused_with_the_remedy(copies):
    (copies / NAME).write_bytes((ASSETS / NAME).read_bytes()[:9999])
    with pytest.raises(ValueError, match=f"{NAME} does not have the contents .*unreadable.*git checkout.*{NAME}$"):
        read_asset(NAME)
