"""Pictures on a page: they keep their place while they load, load when near, and fit a phone.

A figure of bertgpt_book.figures is one SVG file with two drawings in it; here they become two
files, and a browser on a phone takes the narrow one.
"""

import re
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


def svg_size(svg: str) -> tuple[int, int]:
    """Read an SVG's size, given in points: -> CSS pixels, 96 to the inch."""
    return tuple(round(float(points) * 96 / 72) for points in SIZE.search(svg).groups())


def write_sizes(app, pagename, templatename, context, doctree):
    """Give each drawing of the page its size and its narrow one, and load it lazily."""
    paths = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}

    def picture(found: re.Match) -> str:
        before, uri, name, after = found.groups()
        wide, narrow = split(paths[name].read_text(encoding="utf-8"))
        width, height = svg_size(wide)
        placed = f'width="{width}" height="{height}" loading="lazy"'
        return in_both_widths(f'<img {before}src="{uri}" {placed} {after.strip()}/>', uri, narrow)

    context["body"] = IMAGE.sub(picture, context.get("body", ""))


def in_both_widths(image: str, uri: str, narrow: str | None) -> str:
    """Let the browser choose between a picture and its narrow drawing, if there is one."""
    if not narrow:
        return image
    width, height = svg_size(narrow)
    return (
        f'<picture><source media="{PHONE}" srcset="{uri[:-4]}.phone.svg" '
        f'width="{width}" height="{height}"/>{image}</picture>'
    )


def split_files(app, error):
    """Make two files of each SVG with two drawings."""
    if error:
        return
    for path in (Path(app.outdir) / "_images").glob("*.svg"):
        wide, narrow = split(path.read_text(encoding="utf-8"))
        if narrow:
            path.write_text(wide, encoding="utf-8")
            path.with_suffix(".phone.svg").write_text(narrow, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", write_sizes, priority=910)
    app.connect("build-finished", split_files)
