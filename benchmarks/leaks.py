"""Which decoders of transformers see the future? Tiny random models of many types under the leak meter.

The models are those of the command `leak`: two layers, 64 numbers wide, weights from seed 0. A row
has, of one type, what the audit finds in all ways to run its masked and its causal language model,
and of one that leaks the worst table and the first part to leak. There is a record for each version
of transformers. One beside the environment and not in it (5.15.0 was Colab's in August 2026):

    pip install --no-deps --target OLD transformers==5.15.0 "tokenizers<0.23" "huggingface_hub<2"
    PYTHONPATH=OLD:src python benchmarks/leaks.py
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version

from experiments import Row, main

from bertgpt.cli.leak import is_causal, tiny_models, where
from bertgpt.inference.audit import audit
from bertgpt_book.widgets.base import rounded

# Stands for the tiny models in the record: change it when they are made so that another pattern comes out.
TINY = "8c4334a83b47"
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
    result = {
        "model": type(model).__name__,
        "causal": is_causal(model),
        "ways": len(ran),
        "patterns": dict(Counter(measurement.pattern for measurement in ran)),
        "farthest": {attention: rounded(change, significant=2) for attention, change in sorted(farthest.items())},
    }
    if result["causal"] and worst.leaks:
        leaking = sum(bool(measurement.leaks) for measurement in ran)
        result |= {"leaking": leaking, "first": where(model, worst), "moved": rounded(worst.output_change)}
    return result


def run(kind: str) -> dict:
    return {"models": [measure(model) for _, model in tiny_models(kind)]}


def rows() -> Iterator[Row]:
    data = (f"transformers {version('transformers')}", TINY)
    for kind in f"{ENCODERS} {DECODERS}".split():
        yield Row(kind, partial(run, kind), data, seconds=4)


ABOUT = {
    "command": "python benchmarks/leaks.py",
    "data": {"transformers": version("transformers"), "weights": "random, seed 0"},
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
