"""Pictures on a page: they keep their place while they load, load when near, and fit a phone.

A figure of bertgpt_book.figures is one SVG file with two drawings in it; here they become two
files, and a browser on a phone takes the narrow one. Every picture gets its width and height, so
that nothing moves when it arrives.
"""

import re
import struct
from pathlib import Path

NARROW = re.compile(r'<svg id="phone" display="none" (.*</svg>)(?=\s*</svg>\s*$)', re.DOTALL)
STYLE = re.compile(r"<style>text.*?</style>", re.DOTALL)
SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')
IMAGE = re.compile(r'<img ([^>]*?)src="([^"]*_images/([^"/]+))"([^>]*?)\s*/?>')
PHONE = "(max-width: 575px)"  # as in book.css


def split(svg: str) -> tuple[str, str | None]:
    """Return the drawing for wide screens and, if there is one, the drawing for phones."""
    found = NARROW.search(svg)
    if not found:
        return svg, None
    style = STYLE.search(svg)[0]
    narrow = f"<svg {found[1]}".replace("<metadata>", style + "<metadata>", 1)
    return svg[: found.start()] + svg[found.end() :], narrow


def size_of(path: Path) -> tuple[int, int] | None:
    """Return the width and height of a PNG or SVG file in CSS pixels, None for other files."""
    if path.suffix == ".png":
        return struct.unpack(">II", path.read_bytes()[16:24])
    return svg_size(path.read_text(encoding="utf-8")) if path.suffix == ".svg" else None


def svg_size(svg: str) -> tuple[int, int] | None:
    """Read an SVG's size, given in points: -> CSS pixels, 96 to the inch."""
    found = SIZE.search(svg[:500])
    return found and tuple(round(float(points) * 96 / 72) for points in found.groups())


def write_sizes(app, pagename, templatename, context, doctree):
    """Give each picture of the page its size and its narrow drawing, and load it lazily."""
    paths = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}

    def picture(found: re.Match) -> str:
        before, uri, name, after = found.groups()
        path = paths.get(name)
        if path is None or not (size := size_of(path)):
            return found[0]
        image = f'<img {before}src="{uri}" width="{size[0]}" height="{size[1]}" loading="lazy" {after.strip()}/>'
        is_svg = path.suffix == ".svg"
        narrow = split(path.read_text(encoding="utf-8"))[1] if is_svg else None
        if not narrow:
            return image
        width, height = svg_size(narrow)
        return (
            f'<picture><source media="{PHONE}" srcset="{uri[:-4]}.phone.svg" '
            f'width="{width}" height="{height}"/>{image}</picture>'
        )

    context["body"] = IMAGE.sub(picture, context.get("body", ""))


def split_files(app, error):
    """Make two files of each SVG with two drawings."""
    if error or app.builder.format != "html":
        return
    for path in (Path(app.outdir) / "_images").glob("*.svg"):
        wide, narrow = split(path.read_text(encoding="utf-8"))
        if narrow:
            path.write_text(wide, encoding="utf-8")
            path.with_suffix(".phone.svg").write_text(narrow, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", write_sizes, priority=910)
    app.connect("build-finished", split_files)
