"""Pictures on the page: sized before they come, fetched when they are near, wide or narrow as the screen is.

A figure of bertgpt.book.figures.drawing is one SVG file that holds a second one for phones; here they become two
files. A phone's browser takes the second. Every picture gets its width and height, so that nothing jumps when it
arrives.
"""

import re
import struct
from pathlib import Path

PHONE = re.compile(r'<svg id="phone" display="none" (.*</svg>)(?=\s*</svg>\s*$)', re.DOTALL)
STYLE = re.compile(r"<style>text.*?</style>", re.DOTALL)
SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')
IMAGE = re.compile(r'<img ([^>]*?)src="([^"]*_images/([^"/]+))"([^>]*?)\s*/?>')
NARROW = "(max-width: 575px)"          # as in book.css


def split(svg: str) -> tuple[str, str | None]:
    """Return the SVG for wide screens and, where it holds one, the SVG for phones."""
    found = PHONE.search(svg)
    if not found:
        return svg, None
    phone = f"<svg {found[1]}".replace("<metadata>", STYLE.search(svg)[0] + "<metadata>", 1)
    return svg[:found.start()] + svg[found.end():], phone


def size_of(path: Path) -> tuple[int, int] | None:
    """Return a picture's width and height in CSS pixels; None for a kind of file that the book does not draw."""
    if path.suffix == ".png":
        return struct.unpack(">II", path.read_bytes()[16:24])
    return svg_size(path.read_text(encoding="utf-8")) if path.suffix == ".svg" else None


def svg_size(svg: str) -> tuple[int, int] | None:
    """Read the size at the head of an SVG, given in points: -> CSS pixels, 96 to the inch."""
    found = SIZE.search(svg[:500])
    return found and tuple(round(float(points) * 96 / 72) for points in found.groups())


def place(app, pagename, templatename, context, doctree):
    """Write each picture of the page with its size, its narrow twin, and leave to come late."""
    paths = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}

    def picture(found: re.Match) -> str:
        before, uri, name, after = found.groups()
        path = paths.get(name)
        if path is None or not (size := size_of(path)):
            return found[0]
        image = f'<img {before}src="{uri}" width="{size[0]}" height="{size[1]}" loading="lazy" {after.strip()}/>'
        phone = split(path.read_text(encoding="utf-8"))[1] if path.suffix == ".svg" else None
        if not phone:
            return image
        width, height = svg_size(phone)
        return (f'<picture><source media="{NARROW}" srcset="{uri[:-4]}.phone.svg" width="{width}" height="{height}"/>'
                f'{image}</picture>')

    context["body"] = IMAGE.sub(picture, context.get("body", ""))


def part(app, error):
    """Make two files of each SVG that holds two drawings."""
    if error or app.builder.format != "html":
        return
    for path in (Path(app.outdir) / "_images").glob("*.svg"):
        wide, phone = split(path.read_text(encoding="utf-8"))
        if phone:
            path.write_text(wide, encoding="utf-8")
            path.with_suffix(".phone.svg").write_text(phone, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", place, priority=910)
    app.connect("build-finished", part)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
