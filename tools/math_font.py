"""Cut the letters and signs that the book's formulas use out of a font with a MATH table, for the pages.

The font is DejaVu Math TeX Gyre 2.37 (Debian: fonts-dejavu-extra): its letters are Bitstream's, free to
use, change and sell in a larger work under another name, as here; its mathematics is in the public
domain.

    python tools/math_font.py DejaVuMathTeXGyre.ttf     writes tools/sphinx_ext/static/math.woff
"""

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parent / "sphinx_ext" / "static" / "math.woff"
SIGNS = "ℓℒ−×·⋅∣∥‖≤≥≠≈∝∞∂∑∏√⟨⟩⌊⌋⌈⌉←→∈⊤…⋯⏟±′" + "αβγδεθλμπρστφΔΣΦ"
ITALIC = [*range(0x1D434, 0x1D468), 0x210E, *(0x1D6FC + n for n in range(25)), 0x1D6E5, 0x1D6F4, 0x1D6F7]


def cut(source: str) -> None:
    """Write the subset, without hints, under the name of no other font."""
    font = TTFont(source)
    options = subset.Options(layout_features=["*"], hinting=False, name_IDs=[0, 14], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[*range(0x20, 0x7F), *map(ord, SIGNS), *ITALIC])
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(TARGET)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("font", help="DejaVuMathTeXGyre.ttf")
    cut(parser.parse_args().font)


if __name__ == "__main__":
    main()
