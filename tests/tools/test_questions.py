"""What the tools for chapter 13's questions take from docstrings and from pages."""

import json

import book_passages as book_tool
import docstring_pairs as docstring_tool


def test_a_docstring_is_cut_where_its_prose_ends():
    text = """frob(x, y) -> z

    Turn a thing upside down.

    It is put on its head, and whatever
    was in :class:`~its.Pockets` falls out of
    it onto the floor. Nothing breaks.

    Example::

        >>> frob(1, 2)
    Args:
        x: a thing that will be turned
    """
    assert docstring_tool.pair(text) == (
        "Turn a thing upside down.",
        "It is put on its head, and whatever was in Pockets falls out of it onto the floor. Nothing breaks.",
    )
    assert docstring_tool.pair("Turn a thing upside down.\n\nAnd back.") is None  # too short to rank by
    assert docstring_tool.pair("    x = frob(1, 2)\n\n" + 20 * "word ") is None


def test_calls_that_document_compiled_functions_are_read():
    source = 'def f():\n    "One."\nadd_docstr(torch.abs, r"""abs(x)\n\nTwo.""")'
    assert [text.split()[-1] for text in docstring_tool.docstrings(source) if text] == ["One.", "Two."]


def test_paragraphs_keep_their_headings_and_lose_what_is_no_prose():
    prose = "word " * 40
    cells = [
        f"# Masks\n\n{prose}",
        f"## Step 1 of 5: cover *it*\n\n| a | b |\n\n:::{{tip}}\n{prose}\n:::\n\n{prose}",
        f"{prose} {{cite:t}}`a`",
        f"## Exercises\n\n{prose}",
    ]
    notebook = {"cells": [{"cell_type": "markdown", "source": cell} for cell in cells]}
    assert [text[:17] for text in book_tool.paragraphs(json.loads(json.dumps(notebook)))] == [
        "Masks: word word ",
        "Masks, cover it: ",
    ]
