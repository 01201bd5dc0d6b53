"""Which models of transformers read what they should not, or do not read what they should?

Tiny random models under the leak meter, in every way to run them: encoders, decoders as they are and told
`is_causal=False`, and both halves of encoder-decoders. A record for each version of transformers; an older one
(5.15.0 was Colab's in August 2026) lies beside the environment:

    pip install --no-deps --target OLD transformers==5.15.0 "tokenizers<0.23" "huggingface_hub<2"
    PYTHONPATH=OLD:src python benchmarks/leaks.py
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version

from experiments import Row, main

from bertgpt.inference.probes import first_leak
from bertgpt_book.widgets.base import rounded
from leak_meter import Way, audit, draw_text, parts, text_config, tiny_models, wrong_cells

# Stands for the tiny models in the record: change it when they are made so that another shape comes out.
TINY = "two layers, a layer of every kind, the same sizes for all types"
NAME = f"leaks_{version('transformers')}"
ENCODERS = """albert big_bird bert camembert convbert data2vec-text deberta deberta-v2 distilbert electra ernie esm
    eurobert flaubert fnet funnel ibert layoutlm megatron-bert modernbert mpnet mra nomic_bert
    nystromformer rembert roberta roberta-prelayernorm roc_bert roformer tapas xlm xlm-roberta xlm-roberta-xl yoso"""
DECODERS = """doge gpt2 openai-gpt ctrl gpt_neox gptj codegen gpt_bigcode opt bloom mpt falcon llama mistral mixtral
    qwen2 qwen2_moe qwen3 qwen3_next gemma gemma2 gemma3_text phi phi3 stablelm starcoder2 olmo olmo2 cohere granite
    smollm3 glm persimmon nemotron xglm biogpt modernbert-decoder diffllama gpt_oss lfm2 jamba recurrent_gemma mamba
    falcon_mamba rwkv"""
PAIRS = "bart bigbird_pegasus blenderbot blenderbot-small m2m_100 marian mbart mt5 t5 t5gemma2"


def measure(model, expect: str) -> dict:
    """Audit one model: -> JSON values."""
    ways = audit(model, expect)
    wrong = {way: wrong_cells(way, expect) for way in ways}
    result = {"model": type(model).__name__, "expected": expect, "ways": len(ways), "shapes": count(ways)}
    result |= {"open": sum(n > 0 for n, _ in wrong.values()), "closed": sum(n > 0 for _, n in wrong.values())}
    if problems := [way.problem for way in ways if way.problem]:
        result["problem"] = problems[0]
    if result["open"] or result["closed"]:
        worst = ways[0]
        result |= {"worst": list(worst.setting), "moved": rounded(worst.change)}
        if result["open"]:
            model.set_attn_implementation(worst.setting[0])
            *text, replacement = draw_text(model)
            result["first"] = first_leak(model, draw_text(model)[:-1], int(replacement), worst.tolerance)
    return result


def count(ways: list[Way]) -> dict[str, int]:
    return dict(Counter(way.shape for way in ways))


def run(kind: str) -> dict:
    models: list[dict] = []
    try:
        made = list(tiny_models(kind))
    except ValueError as error:  # a version that has no such type, or no tiny one
        return {"models": models, "problem": str(error)}
    for model in made:
        for part, expect in parts(model, None):
            models.append(measure(part, expect))
        if expect == "triangle":  # a decoder, as it is; now told to be none
            text_config(model).is_causal = False
            ways = audit(model, "square", skip=("a batch", "dropout"))
            models[-1]["told is_causal=False"] = count(ways)
            if ways[0].shape != "square":
                models[-1]["still closed"] = [list(way.setting) for way in ways if way.shape != "square"]
    return {"models": models}


def rows() -> Iterator[Row]:
    data = (f"transformers {version('transformers')}", TINY)
    for kind in dict.fromkeys(f"{DECODERS} {ENCODERS} {PAIRS}".split()):
        yield Row(kind, partial(run, kind), data, seconds=4)


ABOUT = {
    "command": "python benchmarks/leaks.py",
    "data": {"transformers": version("transformers"), "weights": "random, seed 0"},
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
