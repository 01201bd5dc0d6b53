"""Your own minimal pair without a browser: what each pair on offer shows, and the page's arithmetic."""

import json

import pytest
import torch
import torch.nn.functional as F

from bertgpt import load_bert, load_gpt
from bertgpt_book.widgets.minimal_pair import PAIRS, MinimalPair, cut_pair, surprisals


def leads(versions):
    word, rival = versions
    return {"GPT": sum(rival["GPT"]) - sum(word["GPT"]), "BERT": rival["BERT"] - word["BERT"]}


def test_each_pair_on_offer_shows_what_its_label_says(tokenizer):
    """By half a nat or more, so that the page's 8-bit weights say the same."""
    bert, gpt = load_bert("littlebert"), load_gpt("littlegpt")
    labels = {text: label for label, texts in PAIRS.items() for text in texts}
    widget = MinimalPair(bert, gpt, tokenizer, list(labels))
    assert [pair["text"] for pair in widget.pairs] == list(labels)
    for pair in widget.pairs:
        found, label = leads(pair["versions"]), labels[pair["text"]]
        for name, lead in found.items():
            assert (lead > 0) == (name in label or label == "Both are right"), (pair["text"], found)
        assert min(map(abs, found.values())) > 0.5, (pair["text"], found)


@torch.inference_mode()
def test_page_and_python_compute_torchs_surprisals_and_the_page_puts_them_side_by_side(in_node, tokenizer, word_models):
    """The page's logits come from the engine; here PyTorch gives those of every row that is requested."""
    bert, gpt, _ = word_models
    before, *words, after = cut_pair("She saw the trombonist/man.")
    bare = before.lstrip()  # no space between <eos> and GPT's first word
    ids = {part: tokenizer.encode(part) for part in (before, bare, *words, after)}
    left, right, runs, expected = ids[before], ids[after], {}, []
    for own in (ids[word] for word in words):
        row, start = [tokenizer.eos_id, *ids[bare], *own, *right], len(ids[bare])
        logits = gpt(torch.tensor([row]))[0]  # (T, V)
        runs[json.dumps(row, separators=(",", ":"))] = logits.tolist()
        by_gpt = F.cross_entropy(logits[:-1], torch.tensor(row[1:]), reduction="none").tolist()
        by_bert = 0.0
        for t in range(len(own)):  # what is left of it is in view, the rest of the word is hidden
            blanks = own[:t] + [tokenizer.mask_id] * (len(own) - t)
            row = [tokenizer.cls_id, *left, *blanks, *right, tokenizer.sep_id]
            logits = bert(torch.tensor([row]))[0][0, 1 + len(left) + t]  # (V,)
            runs[json.dumps(row, separators=(",", ":"))] = {1 + len(left) + t: logits.tolist()}
            by_bert += F.cross_entropy(logits, torch.tensor(own[t])).item()
        expected.append({"start": start, "stop": start + len(own), "GPT": by_gpt, "BERT": by_bert})
    special = {name: getattr(tokenizer, f"{name}_id") for name in ("cls", "sep", "mask", "eos")}
    versions, rows, lead = in_node(
        "minimal_pair.js",
        """const [ids, runs, special, before, words, after] = given;
        const engine = { special, encode: async (text) => ({ ids: ids[text] }), decode: async ([id]) => ` ${id}`,
          run: async (_, row, { rows }) => ({ logits: rows.map((t) => runs[JSON.stringify(row)][t]) }) };
        const versions = [];
        for (const word of words) versions.push(await page.surprisals(engine, before, word, after));
        return [versions, page.aligned(versions), page.leads(versions)];""",
        [ids, runs, special, before, words, after],
    )
    in_python = [surprisals(bert, gpt, tokenizer, before, word, after) for word in words]
    for found in (versions, in_python):
        for version, reference in zip(found, expected, strict=True):
            assert {name: version[name] for name in reference} == {
                name: pytest.approx(number, abs=2e-3) for name, number in reference.items()
            }
    assert lead == pytest.approx(leads(expected), abs=0.01)
    start, stop = expected[0]["start"], expected[0]["stop"]
    assert expected[1]["stop"] == start + 1 < stop  # one token against several
    assert [len(row["GPT"]) for row in rows] == start * [1] + (len(rows) - start) * [2]
    assert rows[start + 1]["GPT"][1] is None
    for column, version in enumerate(versions):
        shown = [row["GPT"][min(column, len(row["GPT"]) - 1)] for row in rows]
        assert [nats for nats in shown if nats is not None] == pytest.approx(version["GPT"], abs=1e-4)
    assert [row["BERT"] for row in rows if row["BERT"]] == [[version["BERT"] for version in versions]]
