"""The glossary: every term a page uses is there, in order, once, and its definition can stand alone."""

import re
from pathlib import Path

import nbformat
import pytest
import torch
import torch.nn.functional as F

from bertgpt import TINY, TransformerConfig

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
PAGES = sorted([*CHAPTERS.glob("*.md"), *CHAPTERS.glob("*.ipynb")])
USED = re.compile(r"\{term\}`(?:[^`<]*<([^`>]+)>|([^`]+))`")      # {term}`token` or {term}`tokens <token>`


def read_glossary(text: str) -> list[tuple[list[str], str]]:
    """Return the entries of a glossary directive, each its terms and its definition without markup."""
    body = re.search(r"^```\{glossary\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]
    entries = []
    for block in body.strip("\n").split("\n\n"):
        lines = block.splitlines()
        terms = [line.strip() for line in lines if not line.startswith(" ")]
        definition = " ".join(line.strip() for line in lines if line.startswith(" "))
        shown = re.sub(r"\{term\}`([^`<]+?)(?:\s*<[^`>]+>)?`", r"\1", definition)
        entries.append((terms, shown.replace("`", "")))
    return entries


ENTRIES = read_glossary((CHAPTERS / "glossary.md").read_text(encoding="utf-8"))
TERMS = [term for terms, _ in ENTRIES for term in terms]
DEFINITIONS = {terms[0]: definition for terms, definition in ENTRIES}


def markdown(path: Path) -> str:
    """Return what a page says, its code left out."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def used_terms(text: str) -> set[str]:
    return {(target or plain).strip() for target, plain in USED.findall(text)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_term_in_use_is_defined(path):
    known = {term.casefold() for term in TERMS}
    assert {term for term in used_terms(markdown(path)) if term.casefold() not in known} == set()


def test_terms_in_use_are_found_in_both_spellings():
    assert used_terms("a {term}`token`, two {term}`tokens <token>` and {term}`[MASK]`") == {"token", "[MASK]"}


def test_terms_are_sorted_by_their_letters():
    """The order is that of the first name of an entry, brackets and case aside."""
    def letters(term: str) -> str:
        return re.sub(r"[^\w/ ]", "", term.replace("-", " ")).casefold()

    firsts = [terms[0] for terms, _ in ENTRIES]
    assert firsts == sorted(firsts, key=letters)


def test_no_term_is_defined_twice():
    assert sorted(TERMS) == sorted(set(TERMS))
    assert len(ENTRIES) >= 60


@pytest.mark.parametrize("term", DEFINITIONS)
def test_a_definition_stands_alone(term):
    definition = DEFINITIONS[term]
    assert len(definition.split()) >= 12
    assert definition.endswith(".") and len(re.findall(r"[.:;] ", definition)) >= 1
    assert not re.match(r"(see|cf\.?)\b", definition, re.IGNORECASE)


def test_the_four_masks_are_told_apart():
    masks = ["[MASK]", "attention mask", "causal mask", "padding mask"]
    for term in masks:
        assert term in DEFINITIONS
        assert term in DEFINITIONS["mask"]


def test_both_models_are_spoken_of():
    """An entry says what BERT or GPT has to do with it, but for a few that concern neither."""
    spoken_of = re.compile(r"\b(BERT|GPT|[Bb]oth models|[Ee]ither model|two models)\b")
    silent = {term for term, definition in DEFINITIONS.items() if not spoken_of.search(definition)}
    assert silent <= {"baseline", "checkpoint", "held-out", "safetensors", "seed"}


def test_the_numbers_in_definitions_are_true():
    sizes = [TINY["vocab_size"], TransformerConfig.bert().vocab_size, TransformerConfig.gpt().vocab_size]
    for size in sizes:
        assert f"{size:,}" in DEFINITIONS["vocabulary"]
    x = torch.linspace(-10, 10, 2001)
    assert 0 < (F.gelu(x) - F.gelu(x, approximate="tanh")).abs().max() < 0.001      # "less than a thousandth"
