"""Where weights are found: in a folder, the package, the hub or its cache. Nothing here goes out."""

import re
import socket
from pathlib import Path

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from reference import tiny_bert

from bertgpt import assets, load_bert, load_tokenizer, save_pretrained
from bertgpt.assets import SHIPPED
from bertgpt.weights import hub
from bertgpt.weights.hub import MINILM, REVISIONS, find_weights

NAME = "somebody/a-small-bert"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    """Let every test begin on a machine that has never fetched anything and reaches nothing."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


@pytest.fixture
def checkpoint(tmp_path):
    save_pretrained(tiny_bert(), tmp_path / "checkpoint")
    (tmp_path / "checkpoint" / "tokenizer.json").write_bytes((assets.ASSETS / "tokenizer.json").read_bytes())
    return tmp_path / "checkpoint"


def put_into_hub_cache(name: str, folder: Path, without: str = "", revision: str = "0" * 40) -> Path:
    """Lay a folder's files out as huggingface_hub keeps them: refs/main names a snapshot."""
    repository = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(revision)
    for file in folder.iterdir():
        if file.name != without:
            (snapshot / file.name).write_bytes(file.read_bytes())
    return snapshot


def never(*args, **kwargs):
    raise AssertionError("the hub was called for what is here")


@pytest.fixture
def online(checkpoint, monkeypatch):
    """Stand in for a hub that holds the checkpoint, and list the revisions that were fetched from it."""
    fetched, download = [], huggingface_hub.snapshot_download

    def fetch(name, revision, local_files_only, **patterns):
        if local_files_only:
            return download(name, revision=revision, local_files_only=True, **patterns)
        fetched.append(revision)
        return str(checkpoint)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    monkeypatch.setattr(hub, "hub_answers", lambda: True)
    return fetched


def test_what_ships_and_folders_need_no_hub(checkpoint, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", never)
    assert {find_weights(name) for name in SHIPPED} == set(SHIPPED.values())
    assert find_weights(checkpoint) == find_weights(str(checkpoint)) == checkpoint
    assert find_weights(Path("littlegpt")) == find_weights("littlegpt")  # a name may come as a path
    assert load_tokenizer(Path("littlegpt")).vocab_size == load_tokenizer("littlegpt").vocab_size


@pytest.mark.parametrize("without", ["", "tokenizer.json"])
def test_the_hubs_cache_is_read_where_the_hub_cannot_be_reached(without, checkpoint):
    snapshot = put_into_hub_cache(NAME, checkpoint, without)
    assert find_weights(NAME) == snapshot
    torch.testing.assert_close(load_bert(NAME).state_dict(), tiny_bert().state_dict(), rtol=0, atol=0)
    if without:
        with pytest.raises(ValueError, match="has no tokenizer.json"):
            load_tokenizer(NAME)


def test_what_the_cache_lacks_is_fetched(checkpoint, online):
    """AutoModel.from_pretrained leaves a snapshot without tokenizer.json, perhaps of an older version."""
    put_into_hub_cache(NAME, checkpoint, without="tokenizer.json")
    assert load_tokenizer(NAME).vocab_size == 8192 and online == ["main"]


@pytest.mark.parametrize("without", ["config.json", "model.safetensors"])
def test_half_a_checkpoint_in_the_cache_is_none(without, checkpoint):
    put_into_hub_cache(NAME, checkpoint, without)
    with pytest.raises(ValueError, match=f"hub cannot be reached.*hf download {NAME}"):
        find_weights(NAME)


def test_a_hub_that_is_silent_is_given_up_after_five_seconds(monkeypatch):
    given, urlopen = [], hub.urllib.request.urlopen

    def impatient(request, timeout):
        given.append(timeout)
        return urlopen(request, timeout=timeout / 50)

    assert not hub.hub_answers() and given == []  # offline: the hub is not called
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.urllib.request, "urlopen", impatient)
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes the call and never says a word
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ValueError, match="hub cannot be reached"):
            find_weights(NAME)
    assert given == [5]


@pytest.mark.parametrize(
    "other, message", [("pytorch_model.bin", "a pickled .bin file is never opened"), (hub.SHARDS, "sharded")]
)
def test_a_repository_without_one_safetensors_file_is_refused(other, message, checkpoint, online):
    (checkpoint / "model.safetensors").rename(checkpoint / other)
    with pytest.raises(ValueError, match=message):
        load_bert(NAME)


@pytest.mark.parametrize("name", ["tinygtp", "no such folder", "a/b/c", "../up", "", "nobody/nothing"])
def test_what_is_nowhere_is_named(name, monkeypatch):
    listed = f"littlebert, littlegpt, littleboth, smollm2, {MINILM}"
    known = f"{re.escape(name) or repr(name)} is not a folder, not one of {listed}, and "
    with pytest.raises(ValueError, match=f"{known}(the hub cannot be reached|no name on the hub either)"):
        find_weights(name)
    monkeypatch.setattr(hub, "hub_answers", lambda: True)
    with pytest.raises(
        ValueError, match=f"{known}(the hub has no public model|no name on the hub either).*check the spelling"
    ):
        find_weights(name)


def test_a_folder_of_the_readers_is_not_shadowed(checkpoint, monkeypatch):
    monkeypatch.chdir(checkpoint.parent)
    for name in ("littlebert", "google-bert/bert-base-uncased"):
        (checkpoint.parent / name).parent.mkdir(exist_ok=True)
        checkpoint.rename(name)
        assert find_weights(name) == Path(name)
        assert load_bert(name).config == tiny_bert().config
        with pytest.raises(ValueError, match="cannot be read as a tokenizer"):  # nor its vocabulary
            (Path(name) / "tokenizer.json").write_text("{}")
            load_tokenizer(name)
        checkpoint = Path(name).resolve()


# --- what the book pins ----------------------------------------------------------------------------


def test_a_pinned_version_is_fetched_once(checkpoint, online, monkeypatch):
    monkeypatch.setitem(REVISIONS, NAME, "a" * 40)
    assert find_weights(NAME) == checkpoint and online == ["a" * 40]
    snapshot = put_into_hub_cache(NAME, checkpoint, revision="a" * 40)
    monkeypatch.setattr(hub, "hub_answers", never)
    assert find_weights(NAME) == snapshot


def test_what_a_family_has_published_is_found_by_the_family(monkeypatch):
    monkeypatch.setattr(hub, "published", lambda: {"small": lambda: Path("from the family")})
    monkeypatch.setattr(hub, "hub_answers", never)
    assert find_weights("small") == Path("from the family")
