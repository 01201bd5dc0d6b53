"""The style sheets without the rules that no page can use.

The theme brings Bootstrap, and most of that styles what this book does not have. A rule stays where one of its
selectors has no class and no id that is in no page and in no script.
"""

import re
from pathlib import Path

import tinycss2

NAMED = re.compile(r'(?:class|id)="([^"]*)"|<script[^>]*>(.*?)</script>', re.DOTALL)
WORD = re.compile(r"[\w-]+")
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
CONDITION = re.compile(r":(?:not|is|where|has)\(.*\)|\[.*?\]")  # may hold what need not be there
NESTED = ("media", "supports", "layer", "container")


def names_of(book: Path) -> set[str]:
    """Return the classes and ids of all pages, and every word of a script, which may set one."""
    pages = (page.read_text(encoding="utf-8") for page in book.glob("**/*.html"))
    found = [text for page in pages for pair in NAMED.findall(page) for text in pair]
    found += [path.read_text(encoding="utf-8") for path in book.glob("_static/**/*.js")]
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
        elif rule.lower_at_keyword in NESTED:
            head = f"@{rule.at_keyword}{head}"
            body = kept(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), names)
        else:
            head = f"@{rule.at_keyword}{head}"
        if rule.content is None:  # @import
            css.append(f"{head};")
        elif head and body:
            css.append(f"{head}{{{body}}}")
    return "\n".join(css)


def prune(app, error):
    """Write each sheet again without what is not used."""
    if error or app.builder.format != "html":
        return
    names = names_of(Path(app.outdir))
    for sheet in Path(app.outdir, "_static").glob("**/*.css"):
        rules = tinycss2.parse_stylesheet(sheet.read_text(encoding="utf-8"), skip_comments=True, skip_whitespace=True)
        sheet.write_text(kept(rules, names), encoding="utf-8")


def setup(app):
    app.connect("build-finished", prune, priority=940)
