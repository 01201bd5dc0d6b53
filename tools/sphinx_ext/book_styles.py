"""One style sheet for the whole book: all that its pages name, without the rules that no page can use.

The theme brings Bootstrap, and most of that styles what this book does not have. A rule stays where one of its
selectors has no class and no id that is in no page and in no script.
"""

import hashlib
import re
from pathlib import Path

import tinycss2

SHEET = "all.css"
LINK = re.compile(r'\s*<link (?=[^>]*rel="stylesheet")[^>]*href="(?:\.\./)*_static/([^"?]+\.css)[^>]*>')
IMPORT = re.compile(r'@import "\.\./([^"]+)";')
NAMED = re.compile(r'(?:class|id)="([^"]*)"|<script[^>]*>(.*?)</script>', re.DOTALL)
WORD = re.compile(r"[\w-]+")
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
CONDITION = re.compile(r":(?:not|is|where|has)\(.*\)|\[.*?\]")  # may hold what need not be there
NESTED = ("media", "supports", "layer", "container")


def names_of(folder: Path, pages: list[str]) -> set[str]:
    """Return the classes and ids of all pages, and every word of a script, which may set one."""
    found = [text for page in pages for pair in NAMED.findall(page) for text in pair]
    found += [path.read_text(encoding="utf-8") for path in folder.glob("**/*.js")]
    return set(WORD.findall("\n".join(found)))


def selectors(prelude: list) -> list[str]:
    """Split a list of selectors at the commas that stand in no brackets."""
    parts = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def used(prelude: list, names: set[str]) -> str:
    """Return the selectors that may find something."""
    return ",".join(
        each
        for each in selectors(prelude)
        if {name.replace("\\", "") for name in NAME.findall(CONDITION.sub("", each))} <= names
    )


def kept(rules: list, names: set[str]) -> str:
    """Write the rules that may find something, those in media queries included."""
    css = []
    for rule in rules:
        body, head = tinycss2.serialize(rule.content or []).strip(), tinycss2.serialize(rule.prelude)
        if rule.type == "qualified-rule":
            head = used(rule.prelude, names)
        else:
            head = f"@{rule.at_keyword}{head}"
            if rule.lower_at_keyword in NESTED:
                body = kept(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), names)
        if head and body:
            css.append(f"{head}{{{body}}}")
    return "\n".join(css)


def merge(app, error):
    """Write the sheet, in the order in which the pages name its parts, and let each page name it alone."""
    if error:
        return
    static = Path(app.outdir) / "_static"
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).glob("**/*.html")}
    named = sorted(map(LINK.findall, pages.values()), key=len, reverse=True)
    parts = [static / part for part in dict.fromkeys(part for parts in named for part in parts) if part != SHEET]
    names, css = names_of(static, list(pages.values())), []
    for part in parts:
        text = IMPORT.sub(
            lambda found: (static / found[1]).read_text(encoding="utf-8"), part.read_text(encoding="utf-8")
        )
        css.append(kept(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), names))
        part.unlink()
    sheet = "\n".join(css)
    (static / SHEET).write_text(sheet, encoding="utf-8")
    version = hashlib.sha256(sheet.encode()).hexdigest()[:8]
    for path, page in pages.items():
        root = "../" * (len(path.relative_to(app.outdir).parts) - 1)
        link = f'\n<link rel="stylesheet" href="{root}_static/{SHEET}?v={version}"/>'
        first, *others = LINK.split(page, maxsplit=1)
        if others:
            path.write_text(first + link + LINK.sub("", others[1]), encoding="utf-8")


def setup(app):
    app.connect("build-finished", merge, priority=940)
