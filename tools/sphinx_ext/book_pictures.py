"""Pictures on a page: they keep their place while they load, load when near, and fit a phone.

A figure of bertgpt_book.figures is one SVG file with two drawings in it; here they become two
files, and a browser on a phone takes the narrow one.

A figure that waits for an answer (reading.py) has its frame beside it: its panels' names and axes, without what is
drawn in them.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

NARROW = re.compile(r'<svg id="phone" display="none" (.*</svg>)(?=\s*</svg>\s*$)', re.DOTALL)
STYLE = re.compile(r"<style>text.*?</style>", re.DOTALL)
SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')
IMAGE = re.compile(r'<img ([^>]*?)src="([^"]*_images/([^"/]+))"([^>]*?)\s*/?>')
PHONE = "(max-width: 575px)"  # as in book.css
WAITS = "waits-for-answer"  # reading.py's class of a picture behind a gate
SVG = "{http://www.w3.org/2000/svg}"
VEIL = "fill: #888888; fill-opacity: 0.12"
ASKED = "font: 600 32px system-ui; text-anchor: middle; dominant-baseline: central; fill: #6f6f6f"

ElementTree.register_namespace("", SVG.strip("{}"))
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


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


def frame(svg: str) -> str:
    """Keep the axes of matplotlib's drawing, and veil what they hold: -> an SVG of the same size."""
    root = ElementTree.fromstring(svg)
    for figure in root.findall(f"{SVG}g"):
        for part in list(figure):
            if not part.get("id", "").startswith(("axes_", "patch_")):
                figure.remove(part)
    panels = {each.get("id"): each[0].attrib for each in root.iter(f"{SVG}clipPath")}
    for axes in root.findall(f"{SVG}g/{SVG}g"):
        if axes.get("id").startswith("axes_"):
            veil(axes, panels)
    return ElementTree.tostring(root, encoding="unicode")


def veil(axes: ElementTree.Element, panels: dict[str, dict]) -> None:
    """Leave a panel its axes and its name over its middle; hide what is drawn in it, and ask there.

    panels: the rectangle of each clip path
    """
    clipped = next((part.get("clip-path") for part in axes.iter() if part.get("clip-path")), "")
    panel = panels.get(clipped.removeprefix("url(#").removesuffix(")"), {})
    x, y, width, height = (float(panel.get(each, 0)) for each in ("x", "y", "width", "height"))
    for part in list(axes):
        kind, words = part.get("id", "").partition("_")[0], part.find(f"{SVG}text")
        is_above = words is not None and float(words.get("y", y)) < y
        # A name stands over the middle; a mark over one place of the axis may be the answer.
        is_name = is_above and abs(float(words.get("x", 0)) - x - width / 2) < 1
        if kind != "matplotlib.axis" and not is_name:
            axes.remove(part)
    if panel:
        ElementTree.SubElement(axes, f"{SVG}rect", {**panel, "style": VEIL})
        middle = {"x": f"{x + width / 2:.1f}", "y": f"{y + height / 2:.1f}"}
        ElementTree.SubElement(axes, f"{SVG}text", middle, style=ASKED).text = "?"


def write_sizes(app, pagename, templatename, context, doctree):
    """Give each drawing of the page its size, its narrow one and its frame, and load it lazily."""
    paths = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}
    images = Path(app.outdir) / "_images"
    images.mkdir(exist_ok=True)

    def picture(found: re.Match) -> str:
        before, uri, name, after = found.groups()
        wide, narrow = split(paths[name].read_text(encoding="utf-8"))
        width, height = svg_size(wide)
        placed = f'width="{width}" height="{height}" loading="lazy"'
        written = in_both_widths(f'<img {before}src="{uri}" {placed} {after.strip()}/>', uri, narrow)
        if WAITS in before + after and 'id="axes_' in wide:
            for drawing, end in ((wide, ".frame.svg"), (narrow, ".frame.phone.svg")):
                if drawing:
                    (images / name).with_suffix(end).write_text(frame(drawing), encoding="utf-8")
            uri = f"{uri[:-4]}.frame.svg"
            image = f'<img src="{uri}" {placed} alt=""/>'
            written += f'<span class="frame">{in_both_widths(image, uri, narrow)}</span>'
        return written

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
