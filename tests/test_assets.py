"""What ships is all in the table and as it was shipped; what differs is refused, with the remedy."""

import errno
import hashlib
import lzma
from pathlib import Path

import pytest

from bertgpt import assets
from bertgpt.assets import ASSETS, CONTENTS, read_asset, write_atomically

NAME = "corpora/austen_emma.txt.xz"


@pytest.mark.parametrize("name", CONTENTS)
def test_every_file_is_the_one_that_was_shipped(name):
    assert hashlib.sha256(read_asset(name).encode()).hexdigest() == CONTENTS[name]


def test_no_shipped_text_stands_outside_the_table():
    elsewhere = {"adapters", *assets.SHIPPED}  # load_adapter and load_bert look after those
    files = [path.relative_to(ASSETS) for path in ASSETS.rglob("*") if path.is_file()]
    files = [path for path in files if not path.name.startswith(("PROVENANCE", "LICENSE", "SHA256SUMS"))]
    assert {path.as_posix() for path in files if path.parts[0] not in elsewhere} == set(CONTENTS)


def test_files_are_written_all_together_or_not_at_all(tmp_path, monkeypatch):
    def write(path, content, write_bytes=Path.write_bytes):
        write_bytes(path, content[:4])
        if len(content) > 4:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write)
    write_atomically(tmp_path / "new", {"a": "old"})
    with pytest.raises(OSError, match="b cannot be written: .*No space left"):
        write_atomically(tmp_path / "new", {"a": b"new", "b": "half of it"})
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == {"a": "old"}
    with pytest.raises(OSError, match="below cannot be written"):
        write_atomically(tmp_path / "new" / "a" / "below", {"a": "old"})


RAW = (ASSETS / NAME).read_bytes()
CHANGED = lzma.compress(lzma.decompress(RAW).replace(b"Emma", b"Anna", 1))


@pytest.mark.parametrize(
    "damaged, named",
    [(CHANGED, rf"sha256 [0-9a-f]{{12}} instead of {CONTENTS[NAME][:12]}"), (RAW[:9999], "unreadable")],
    ids=["a changed word", "half a file"],
)
def test_a_damaged_text_is_refused_with_the_remedy(damaged, named, tmp_path, monkeypatch):
    (tmp_path / NAME).parent.mkdir()
    (tmp_path / NAME).write_bytes(damaged)
    monkeypatch.setattr(assets, "ASSETS", tmp_path)
    with pytest.raises(ValueError, match=f"{NAME} does not have the contents .*{named}.*git checkout.*{NAME}$"):
        read_asset.__wrapped__(NAME)  # what is cached is not touched
