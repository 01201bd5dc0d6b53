"""A table of command lines: each is done, or refused in one line that names what is wrong, and then nothing is written.

{text}, {gpt}, {bert} and the like are files and folders that the fixtures below make; {out} is a folder that is not
there yet.
"""

import re
import shlex
import shutil
import sys
import time

import pytest
import torch
from reference import tiny_bert, tiny_gpt

from bertgpt import BERT, Tokenizer, TransformerConfig, save_pretrained
from bertgpt.cli.main import main
from bertgpt.text.vocabularies import PUBLISHED

TEXT = "the cat sat on a mat. and the dog ran to the door. " * 30
TRAIN = ("train {kind} --text {{text}} --out {{out}} --steps 2 --tokenizer char --d-model 12 --heads 3 --layers 1 "
         "--context 13 --batch-size 5 --device cpu")
GPT, MLM = TRAIN.format(kind="gpt"), TRAIN.format(kind="bert")

NONE = "nan inf -inf x '' 1e999"                   # a number in no flag's interval
NUMBERS = {                                        # flag -> what it cannot be, beside NONE
    "--steps": "0 -5 2.5 1e30 1000000000000000000000", "--minutes": "0 -1 1e99",
    "--layers": "0 -1 1e5 1e30 1000000000", "--d-model": "0 -12 1e30 1000000000000", "--heads": "0 -3 1.5 4294967296",
    "--context": "2 0 -7 1e30", "--batch-size": "0 -1 1000000000 1e30", "--dropout": "1 -0.1 2", "--rate": "0 1 -1 2",
    "--learning-rate": "0 -1 2 1e6", "--warmup": "-1 0.5", "--seed": "-1 18446744073709551616 0.5",
    "--weight-decay": "-1 2", "--average": "1 -0.1", "--accumulate": "0 -1 1.5",
    "--short-steps": "-1 1e3", "--eval-every": "0 -1", "--save-every": "0 -1", "--weights": "0 -1 1e-50 1e30"}
ASKED = {
    "generate {gpt} the": {"--tokens": "0 -5 1.5", "--temperature": "-1 1e30", "--top-k": "0 -1 2.5",
                           "--top-p": "0 -1 1.5", "--seed": "-1 18446744073709551616"},
    "fill {bert} the[MASK]": {"--top-k": "0 -1 2.5"}}

REFUSED = [                                        # command line, what its one line names
    *[(f"{GPT} {flag} {value}", flag) for flag, values in NUMBERS.items() for value in f"{values} {NONE}".split()],
    *[(f"{line} {flag} {value}", flag) for line, flags in ASKED.items() for flag, values in flags.items()
      for value in f"{values} {NONE}".split()],
    ("", "command"), ("teach", "teach"), ("train", "model"), ("train neither", "neither"), ("train gpt", "--text"),
    ("train gpt --text {text}", "--out"), ("train gpt --text {text} --out {out}", "--steps --minutes"),
    (f"{GPT} --minutes 1", "--minutes"), (f"{GPT} --colour red", "--colour"), (f"{GPT} more", "more"),
    (f"{GPT} --text", "--text"), (f"{GPT} --text ''", "--text"), (f"{GPT} --out ''", "--out"),
    (f"{GPT} --tokenizer ''", "--tokenizer"),
    (f"{GPT} --text {{missing}}", "missing.txt"), (f"{GPT} --text {{folder}}", "folder"),
    (f"{GPT} --text {{empty}}", "empty.txt"), (f"{GPT} --text {{blank}}", "blank.txt"),
    (f"{GPT} --text {{latin}}", "latin.txt"), (f"{GPT} --text {{zeros}}", "zeros.txt"),
    (f"{GPT} --text {{short}}", "short.txt"), (f"{MLM} --text {{short}}", "short.txt"),
    (f"{GPT} --text {{text}} {{empty}}", "empty.txt"), (f"{GPT} --text austin", "austin"),
    (f"{GPT} --context 9999", "text.txt --context"),
    (f"{GPT} --weights 1 2", "--weights"), (f"{GPT} --text {{text}} {{text}} --weights 1", "--weights"),
    (f"{GPT} --accumulate 6", "--accumulate --batch-size"), (f"{GPT} --optimiser sgd", "--optimiser adamw muon"),
    (f"{GPT} --schedule flat", "--schedule trapezoid"),
    (f"{GPT} --heads 5", "n_heads"), (f"{GPT} --layers 1000 --d-model 65535", "--layers --d-model"),
    (f"{GPT} --tokenizer {{missing}}", "missing.txt"), (f"{GPT} --tokenizer {{text}}", "text.txt"),
    (f"{GPT} --tokenizer {{folder}}", "folder"), (f"{GPT} --tokenizer {{bare}}", "bare.json [PAD]"),
    (f"{GPT} --tokenizer {{gaps}}", "gaps.json ids"),
    (f"{GPT} --device tpu", "device tpu"), (f"{GPT} --device ''", "device"), (f"{GPT} --device cuda:99", "cuda:99"),
    (f"{GPT} --out {{text}}", "text.txt"), (f"{GPT} --out {{text}}/run", "text.txt"),
    (f"{GPT} --out {{thesis}}", "thesis not empty"), (f"{GPT} --out {{thesis}} --resume", "thesis resume"),
    (f"{GPT} --resume", "out resume"), (f"{GPT} --out tinygpt", "--out tinygpt"),
    (f"{GPT} --out ./tinybert", "--out tinybert"), (f"{GPT} --out tinyboth", "--out tinyboth"),
    (f"{GPT} --out openai-community/gpt2", "--out gpt2"),
    (f"{GPT} --out {{gpt}}", "gpt not empty"), (f"{GPT} --out {'x' * 300}", "name too long"),

    ("eval", "directory"), ("eval {gpt}", "--text"), ("eval {missing} --text {text}", "missing.txt"),
    ("eval '' --text {text}", "directory"), ("eval {thesis} --text {text}", "thesis no finished model"),
    ("eval {gpt} --text {missing}", "missing.txt"), ("eval {gpt} --text {empty}", "empty.txt"),
    ("eval {bert} --text {latin}", "latin.txt"), ("eval {bert} --text {tiny}", "tiny.txt"),
    ("eval {gpt} --text {zeros}", "zeros.txt"), ("eval {headless} --text {text}", "masked-LM head"),
    ("eval {foreign} --text {text}", "foreign tokenizer"),
    ("eval {maskless} --text {text}", "maskless [MASK]"), ("eval {lost} --text {text}", "lost tokenizer.json"),
    ("eval {gpt} --text {text} --device tpu", "tpu"),

    ("generate", "directory"), ("generate {gpt}", "prompt"), ("generate {bert} the", "bert gpt"),
    ("generate {missing} the", "missing.txt"), ("generate {text} the", "text.txt"),
    ("generate {thesis} the", "thesis no finished model"), ("generate {gpt} the --tokens 99", "max_len = 32"),
    ("generate {gpt} '" + "the " * 20 + "'", "max_len = 32"), ("generate {gpt} caf\udce9", "prompt UTF-8"),
    ("generate {gpt} the --temperature 1e-45", "temperature"),
    ("generate {gpt} the cat", "cat"), ("generate {gpt} the --device cuda:99", "cuda:99"),
    ("generate {foreign} the", "foreign tokenizer"), ("generate {damaged} the", "model.safetensors damaged"),
    ("generate {configless} the", "configless no finished model"),
    ("generate {listed} the", "listed no finished model"),

    ("fill", "directory"), ("fill {bert}", "text"), ("fill {gpt} the[MASK]", "gpt bert"), ("fill {bert} the", "[MASK]"),
    ("fill {bert} ''", "[MASK]"), ("fill {bert} '" + "the " * 20 + "[MASK]'", "max_len = 32"),
    ("fill {bert} '" + "the " * 20_000 + "[MASK]'", "max_len = 32"), ("fill {bert} \udcff[MASK]", "text UTF-8"),
    ("fill {bert} the[MASK] --device cuda:99", "cuda:99"), ("fill {headless} the[MASK]", "masked-LM head"),
    ("fill {maskless} the[MASK]", "maskless [MASK]"),
    ("fill {thesis} the[MASK]", "thesis no finished model"), ("fill tinygpt the[MASK]", "tinygpt"),
]
DONE = [
    GPT, MLM, f"{GPT} --seed 4294967295", f"{GPT} --dropout 0", f"{MLM} --rate 0.999", f"{MLM} --rate 1e-9",
    f"{GPT} --warmup 0", f"{GPT} --warmup 1000000000", f"{GPT} --learning-rate 1", f"{GPT} --short-steps 1",
    f"{GPT} --eval-every 1 --save-every 1", f"{GPT} --steps 1", f"{MLM} --context 3", f"{GPT} --batch-size 1",
    f"{GPT} --bfloat16", f"{GPT} --schedule linear", f"{MLM} --schedule trapezoid --weight-decay 0",
    f"{MLM} --average 0.9 --eval-every 1", f"{GPT} --accumulate 5", f"{MLM} --accumulate 2 --batch-size 2",
    *([f"{GPT} --optimiser muon"] if hasattr(torch.optim, "Muon") else []),
    f"{GPT} --text {{text}} {{bom}} --weights 3 1", f"{GPT} --text {{text}} {{text}}",
    f"{GPT} --text {{odd}}", f"{MLM} --text {{odd}} --tokenizer {{gpt}}/tokenizer.json", f"{GPT} --device auto",
    f"{GPT} --out {{out}}/deeper/still",
    "eval {gpt} --text {text}", "eval {bert} --text {text}", "eval {gpt} --text {odd}", "eval {gpt} --text {tiny}",
    "eval {published} --text {text}", "eval {gpt} --text {text} --device cpu",
    "generate {gpt} ''", "generate {gpt} the", "generate {gpt} the --tokens 1", "generate {gpt} [MASK]",
    "generate {gpt} the --temperature 0", "generate {gpt} the --temperature 1000",
    "generate {gpt} the --top-k 1000000", "generate {gpt} the --top-p 1e-9",
    "generate {gpt} the --seed 4294967295", "generate {gpt} 'Ωμέγα \u4e2d'", "generate {gpt} the --device cpu",
    "generate {speechless} the",
    "fill {bert} [MASK]", "fill {bert} 'the [MASK] [MASK]'", "fill {bert} the[MASK] --top-k 1000000",
    "fill {published} 'the [MASK] sat'", "--help", "train --help", "fill --help",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make the texts and models that the table speaks of: -> name -> path."""
    here = tmp_path_factory.mktemp("made")
    texts = {
        "text": TEXT.encode(), "empty": b"", "blank": b" \n\t\n", "latin": b"caf\xe9 " * 99, "zeros": b"\0" * 500,
        "short": TEXT[:50].encode(), "tiny": b"the", "bom": ("\ufeff" + TEXT).encode(),
        "odd": ("[MASK] <eos> \u4e2d\u6587 \U0001f600 \r\n\t" * 40).encode()}
    for name, content in texts.items():
        (here / f"{name}.txt").write_bytes(content)
    for folder in ("folder", "thesis"):
        (here / folder).mkdir()
    (here / "thesis" / "thesis.txt").write_text("years of work")
    characters = Tokenizer.train_char([TEXT])
    bare = Tokenizer.train_char([TEXT]).backend
    (here / "bare.json").write_text(bare.to_str().replace("[PAD]", "[pad]"))
    (here / "gaps.json").write_text(bare.to_str().replace('"t":', '"t":9'))            # 9, 90 or so for a low number

    def save(name, model, tokenizer=characters):
        save_pretrained(model, here / name)
        tokenizer.save(here / name / "tokenizer.json")

    sizes = dict(vocab_size=characters.vocab_size, max_len=32)
    save("gpt", tiny_gpt(**sizes))
    save("bert", tiny_bert(**sizes))
    save("foreign", tiny_gpt(vocab_size=7, max_len=32))
    save("headless", BERT(TransformerConfig.bert(**sizes, d_model=12, n_layers=1, n_heads=3, d_ff=20)))
    published = Tokenizer(PUBLISHED["google-bert/bert-base-uncased"]())
    save("published", tiny_bert(vocab_size=published.vocab_size, max_len=32), published)
    speechless = Tokenizer(PUBLISHED["openai-community/gpt2"]())
    save("speechless", tiny_gpt(vocab_size=speechless.vocab_size, max_len=32), speechless)
    save("maskless", tiny_bert(vocab_size=speechless.vocab_size, max_len=32), speechless)
    for copy, lost in [("lost", "tokenizer.json"), ("configless", "config.json"), ("damaged", None), ("listed", None)]:
        shutil.copytree(here / "gpt", here / copy)
        if lost:
            (here / copy / lost).unlink()
    (here / "damaged" / "model.safetensors").write_bytes((here / "gpt" / "model.safetensors").read_bytes()[:-9])
    (here / "listed" / "config.json").write_text("[]")
    return {path.stem: path for path in here.iterdir()} | {"missing": here / "missing.txt"}


@pytest.fixture
def call(made, tmp_path, monkeypatch, capfd):
    """Do a command line: -> exit code, standard output, standard error, and what was written."""
    monkeypatch.chdir(tmp_path)

    def listing():
        return {path: path.stat().st_mtime_ns for root in (tmp_path, made["text"].parent) for path in root.rglob("*")}

    def call(line: str):
        argv = [part.format(**made, out=tmp_path / "out") for part in shlex.split(line)]
        monkeypatch.setattr(sys, "argv", ["bertgpt", *argv])
        before, began = listing(), time.monotonic()
        try:
            code = main()
        except SystemExit as stopped:                # argparse's own
            code = stopped.code
        assert time.monotonic() - began < 20
        after = listing()
        return code, *capfd.readouterr(), {path for path in after if after[path] != before.get(path)}

    return call


def test_the_table_is_long_and_says_nothing_twice():
    lines = [line for line, _ in REFUSED] + DONE
    assert len(set(lines)) == len(lines) >= 250


@pytest.mark.parametrize("line, named", REFUSED, ids=lambda text: text[-60:].encode("ascii", "replace").decode())
def test_refused_in_one_line_and_nothing_written(line, named, call):
    code, out, err, written = call(line)
    assert code == 2 and out == "" and not written
    assert err.startswith("bertgpt: ") and err.count("\n") == 1 and len(err) < 600, err
    for part in named.split():
        assert part in err, err


@pytest.mark.parametrize("line", DONE, ids=lambda text: text[-60:].encode("ascii", "replace").decode())
def test_done(line, call):
    code, out, err, written = call(line)
    assert code == 0 and out and "Traceback" not in err, err
    assert ("--help" in line) or ("train" in line) == bool(written)
    assert not re.search(r"\b(nan|inf|None)\b", out)
