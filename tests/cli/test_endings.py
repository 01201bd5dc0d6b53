"""However a command ends, by a signal, a full disk or a closed pipe: one line, and the last checkpoint is whole."""

import os
import signal
import sys

import pytest
import torch
from kill_and_resume import TEXT, arguments, same
from reference import tiny_gpt
from safetensors.torch import load_file

from bertgpt import Tokenizer, save_pretrained
from bertgpt.cli import train as train_command
from bertgpt.cli.main import main


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def call(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["bertgpt", *map(str, arguments)])
        return main(), *capsys.readouterr()
    return call


@pytest.fixture
def alone(text, tmp_path, call):
    """The run that nothing happened to."""
    assert call(*arguments("gpt", text, tmp_path / "alone"))[0] == 0
    return tmp_path / "alone"


def strike(monkeypatch, step, act):
    """Let something happen after a step."""
    class Bar(train_command.tqdm):
        def update(self, n=1):
            super().update(n)
            if self.n == step:
                act()
    monkeypatch.setattr(train_command, "tqdm", Bar)


@pytest.mark.parametrize("name, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_training_that_can_go_on(name, code, alone, text, tmp_path, call, monkeypatch):
    if not hasattr(signal, name) or os.name == "nt":
        pytest.skip("no such signal here")
    number, out, before = getattr(signal, name), tmp_path / "stopped", signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        # More than one, as of an impatient reader: the later ones change nothing.
        strike(patch, 5, lambda: [os.kill(os.getpid(), number) for _ in range(3)])
        found, _, err = call(*arguments("gpt", text, out))
    assert found == code
    assert err.splitlines()[-1] == f"bertgpt: {out}: stopped after step 5: go on with --resume"
    assert "Traceback" not in err and signal.getsignal(signal.SIGINT) == before
    assert len(load_file(out / "checkpoint.safetensors")) > 5 and not (out / "config.json").exists()
    assert call(*arguments("gpt", text, out))[0] == 0
    assert same(out, alone)


def test_a_training_that_is_stopped_before_its_first_step_says_so(text, tmp_path, call, monkeypatch):
    monkeypatch.setattr(train_command, "train", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    code, _, err = call(*arguments("gpt", text, tmp_path / "none"))
    assert code == 130 and err.splitlines()[-1].endswith("stopped before a step was taken: go on with --resume")


def test_a_signal_ends_other_commands_in_a_line(call, monkeypatch, tmp_path):
    monkeypatch.setattr("bertgpt.cli.main.find_weights", lambda _: signal.raise_signal(signal.SIGINT))
    assert call("generate", tmp_path, "the") == (130, "", "bertgpt: stopped\n")


@pytest.mark.parametrize("whole", [[], ["run.json"], ["run.json", "tokenizer.json"]],
                         ids=["run.json.part", "tokenizer.json", "checkpoint.safetensors"])
def test_a_full_disk_is_named_and_leaves_a_run_that_can_go_on(whole, alone, text, tmp_path, call):
    resource = pytest.importorskip("resource")
    out, unlimited = tmp_path / "full", resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = (alone / whole[-1]).stat().st_size if whole else 100         # too little for the file that comes next
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))     # no file may grow beyond
    try:
        code, _, err = call(*arguments("gpt", text, out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    line = err.splitlines()[-1]
    assert code == 2 and line.startswith("bertgpt: ") and str(out) in line and "Traceback" not in err, err
    assert "large" in line or "space" in line                            # the system's own reason
    assert not (out / "checkpoint.safetensors").exists()
    assert sorted(path.name for path in out.glob("*.json")
                  if path.read_bytes() == (alone / path.name).read_bytes()) == whole
    assert call(*arguments("gpt", text, out))[0] == 0
    assert same(out, alone)


def test_a_disk_that_fills_up_leaves_the_last_checkpoint_whole(alone, text, tmp_path, call, monkeypatch):
    resource = pytest.importorskip("resource")
    out, unlimited = tmp_path / "full", resource.getrlimit(resource.RLIMIT_FSIZE)
    with monkeypatch.context() as patch:
        strike(patch, 4, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, unlimited[1])))
        try:
            code, _, err = call(*arguments("gpt", text, out))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert code == 2 and err.splitlines()[-1].endswith("stopped after step 5: go on with --resume")
    assert len(load_file(out / "checkpoint.safetensors")) > 5
    assert call(*arguments("gpt", text, out))[0] == 0
    assert same(out, alone)


def test_a_folder_that_cannot_be_written_to(text, tmp_path, call):
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("whoever may do everything is refused nothing")
    tmp_path.joinpath("locked").mkdir(mode=0o500)
    code, _, err = call(*arguments("gpt", text, tmp_path / "locked" / "run"))
    assert code == 2 and err.count("\n") == 1 and "locked" in err and "denied" in err


def test_a_closed_pipe_ends_a_command_in_a_line(tmp_path, call, monkeypatch):
    characters = Tokenizer.train_char([TEXT])
    save_pretrained(tiny_gpt(vocab_size=characters.vocab_size, max_len=32), tmp_path)
    characters.save(tmp_path / "tokenizer.json")
    reading, writing = os.pipe()
    os.close(reading)                            # as `| head` does when it has seen enough
    with monkeypatch.context() as patch, os.fdopen(writing, "w") as closed:
        patch.setattr(sys, "stdout", closed)
        code, _, err = call("generate", tmp_path, "the")
    assert code == 2 and err == "bertgpt: nobody reads the output any more\n"


def test_too_little_memory_is_told_in_a_line(text, tmp_path, call, monkeypatch):
    for error in (MemoryError(), torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.\nMore.")):
        def fail(*_, error=error, **__):
            raise error
        monkeypatch.setattr(train_command, "train", fail)
        code, _, err = call(*arguments("gpt", text, tmp_path / type(error).__name__))
        assert code == 2 and "--batch-size" in err.splitlines()[-1] and "Traceback" not in err
    monkeypatch.setattr(train_command, "train", lambda *_, **__: 1 // 0)         # a mistake of ours is not hidden
    with pytest.raises(ZeroDivisionError):
        call(*arguments("gpt", text, tmp_path / "mistake"))


def test_a_bar_that_goes_to_a_file_stays_short(text, tmp_path, call):
    code, _, err = call(*arguments("gpt", text, tmp_path / "run"), "--steps", 100, "--eval-every", 100)
    assert code == 0 and err.count("\r") < 20 and len(err) < 2_000
