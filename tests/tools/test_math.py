"""Formulas: every one becomes MathML, and the page's font has every sign of it."""

import html
import json
import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest
from book_math import LATEX
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "chapters").glob("*.ipynb"), *(ROOT / "chapters").glob("*.md")])
CHILDREN = dict.fromkeys(["mfrac", "mroot", "msub", "msup", "munder", "mover"], 2) | {"msubsup": 3, "munderover": 3}
BLOCK, INLINE = re.compile(r"\$\$(.+?)\$\$", re.DOTALL), re.compile(r"(?<![\\\w$])\$(?!\s)([^$\n]+?)(?<!\s)\$(?!\d)")


def formulas(path: Path) -> list[tuple[str, bool]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    inline = INLINE.findall(re.sub(r"`[^`]*`", "", BLOCK.sub("", text)))
    return [(each, True) for each in BLOCK.findall(text)] + [(each, False) for each in inline]


@pytest.fixture(scope="module")
def glyphs():
    font = TTFont(ROOT / "tools" / "sphinx_ext" / "static" / "math.woff")
    assert "MATH" in font, "without it roots, braces and exponents are misplaced"
    return set(font.getBestCmap())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_formula_is_written_and_every_sign_has_a_glyph(path, glyphs):
    for latex, block in formulas(path):
        mathml = LATEX.convert_with_local_state(latex, displaystyle=block)
        assert mathml.startswith("<math") and "merror" not in mathml
        tree = ElementTree.fromstring(html.unescape(re.sub("&(lt|amp);", "", mathml)))
        for element in tree.iter():
            name = element.tag.rpartition("}")[2]
            assert len(element) == CHILDREN.get(name, len(element)), f"a formula that is not whole: {latex}"
        signs = set(re.sub(r"<[^>]*>|&\w+;|\ufe00", "", mathml))  # U+FE00 only asks for a shape
        missing = {sign: unicodedata.name(sign, "") for sign in signs if ord(sign) not in glyphs and sign.isprintable()}
        assert missing == {}, f"cut math.woff with these, too (book.css says how), for {latex}"
