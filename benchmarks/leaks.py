"""Which decoders of transformers see the future? Tiny random models of many types under the leak meter.

    python benchmarks/leaks.py                                  # of the transformers that is installed, a minute
    python benchmarks/leaks.py --only doge                      # types whose name has all of these words

Another version, beside the environment and not in it (5.15.0 was Colab's in August 2026):

    pip install --no-deps --target OLD transformers==5.15.0 "tokenizers<0.23" "huggingface_hub<2"
    PYTHONPATH=OLD:src python benchmarks/leaks.py

Writes assets/results/leaks_VERSION.json, a row per type: what the audit finds in all ways to run its masked and
its causal language model, and of one that leaks the worst table and the first part to leak. The models are those
of the command `leak`: two layers, 64 numbers wide, weights from seed 0.
"""

import argparse
from collections import Counter
from functools import partial
from importlib.metadata import version
from pathlib import Path

from experiments import Row, fingerprint, record

from bertgpt.cli.leak import SIZES, is_causal, tiny_models, where
from bertgpt.inference.audit import audit
from bertgpt_book.records import RESULTS
from bertgpt_book.widgets.base import rounded

NAME = f"leaks_{version('transformers')}"
ENCODERS = "bert modernbert roberta electra ernie roformer big_bird rembert megatron-bert"  # most are decoders, too
DECODERS = """doge gpt2 openai-gpt ctrl gpt_neox gptj codegen gpt_bigcode opt bloom mpt falcon llama mistral mixtral
    qwen2 qwen2_moe qwen3 gemma gemma2 gemma3_text phi phi3 stablelm starcoder2 olmo olmo2 cohere granite smollm3 glm
    persimmon nemotron xglm biogpt bart modernbert-decoder diffllama gpt_oss lfm2 mamba falcon_mamba rwkv"""


def measure(model) -> dict:
    """Audit one model: -> JSON values."""
    measurements = audit(model)
    ran, worst, farthest = [m for m in measurements if m.output_change is not None], measurements[0], {}
    for measurement in ran:
        farthest[measurement.attention] = max(farthest.get(measurement.attention, 0.0), *measurement.leaks, 0.0)
    found = {
        "model": type(model).__name__,
        "causal": is_causal(model),
        "ways": len(ran),
        "patterns": dict(Counter(measurement.pattern for measurement in ran)),
        "farthest": {kind: rounded(change, significant=2) for kind, change in sorted(farthest.items())},
    }
    if found["causal"] and worst.leaks:
        found |= {
            "leaking": sum(bool(measurement.leaks) for measurement in ran),
            "first": where(model, worst),
            "moved": rounded(worst.output_change),
        }
    return found


def run(kind: str) -> dict:
    return {"models": [measure(model) for _, model in tiny_models(kind)]}


def rows() -> list[Row]:
    data = (f"transformers {version('transformers')}", fingerprint(str(SIZES)))
    kinds = f"{ENCODERS} {DECODERS}".split()
    return [Row(name=kind, make=partial(run, kind), data=data, seconds=4) for kind in kinds]


ABOUT = {
    "command": "python benchmarks/leaks.py",
    "seconds": "of the processor, one thread",
    "data": {"transformers": version("transformers"), "weights": "random, seed 0", "sizes": SIZES},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    record(NAME, ABOUT, rows(), args.only, args.out)


if __name__ == "__main__":
    main()
