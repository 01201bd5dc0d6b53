"""Keep the book's translations: extract its messages, merge them into the catalogues, build the book.

    python tools/translate.py de                               what `make translation` runs
    python tools/translate.py de chapters/01_tokens.ipynb      begins one more page

A message is a paragraph, a heading, an item of a list or a cell of a table. The page chapters/PAGE has
its German in locales/de/LC_MESSAGES/chapters/PAGE.po; a page without such a catalogue stays English.
"""

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po
from jupyter_book.sphinx import build_sphinx
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from bertgpt.assets import write_atomically

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"de": {"numfig_format": {"figure": "Abbildung %s"}}}  # and the book's own settings
MARKDOWN = create_md_parser(MdParserConfig(enable_extensions={"dollarmath"}), RendererHTML)
HEADER = """msgid ""
msgstr ""
"Language: {}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def sphinx(builder: str, out: Path, strict: bool = True, **settings) -> None:
    """Run a Sphinx builder with the book's settings, updated by these; strict: a warning is an error."""
    settings |= {
        "external_toc_path": str(ROOT / "_toc.yml"),
        "latex_individualpages": False,
        "nitpicky": strict,
        "gettext_compact": False,
    }
    failed = build_sphinx(
        ROOT,
        out,
        path_config=ROOT / "_config.yml",
        noconfig=True,
        confoverrides=settings,
        doctreedir=out.with_name(f".doctrees-{out.name}"),
        builder=builder,
        quiet=True,
        force_all=True,
        warningiserror=strict,
        keep_going=True,
    )
    if failed:
        raise SystemExit(f"Sphinx's {builder} builder failed")


def extract(out: Path, **settings) -> None:
    """Write the messages of every page as out/chapters/PAGE.pot; no notebook is run."""
    sphinx("gettext", out, nb_execution_mode="off", gettext_location=False, **settings)


def read(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(template: Path, path: Path, language: str) -> Catalog:
    """Merge a page's messages into its catalogue: what is new has no words, what has changed is fuzzy."""
    catalogue = read(path, language) if path.exists() else Catalog(language)
    catalogue.update(read(template))

    file = BytesIO()
    file.write(HEADER.format(language).encode())
    # a message a line: that is how the notebooks hold their paragraphs
    write_po(file, catalogue, width=0, omit_header=True, ignore_obsolete=True)
    write_atomically(path.parent, {path.name: file.getvalue()})
    return catalogue


def markup(text: str) -> Counter:
    """Count what a translation must keep: code, links, roles with what they name, comments, emphasis."""
    found = Counter()
    for token in [part for block in MARKDOWN.parse(text) for part in block.children or ()]:
        if token.type in ("code_inline", "html_inline"):
            found[token.content] += 1
        elif token.type == "link_open":
            found[token.attrs["href"]] += 1
        elif token.type == "myst_role":
            target = re.search(r"<([^<>]+)>$", token.content)
            found[f"{{{token.meta['name']}}}`{target[1] if target else token.content}`"] += 1
        elif token.type in ("em_open", "strong_open", "math_inline"):
            found[token.type.partition("_")[0]] += 1
    return found


def numbers(text: str, language: str) -> Counter:
    """Count the numbers of a text, whichever way its language writes them.

    English 8,192 and 0.29 are German 8192 and 0,29; 122,880 is 122 880 with a narrow space.

    >>> numbers("8,192 and $122{,}880$, 0.29", "en") == numbers("8192 und $122\\\\,880$, $0{,}29$", "de")
    True
    """
    if language == "en":
        text = re.sub(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))", "", text)
    else:
        text = re.sub(r"(?<=\d)(?:\u202f|\\,)(?=\d)", "", text).replace("{,}", ",")
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    return Counter(re.findall(r"\d+(?:\.\d+)*", text))


def faults(message, language: str) -> Iterator[str]:
    """Name what is wrong with one translation: missing, outdated, or other code, links, roles or numbers."""
    if not message.string:
        yield "not translated"
    elif message.fuzzy:
        yield "fuzzy: the English has changed"
    else:
        for name, here, there in (
            ("markup", markup(message.id), markup(message.string)),
            ("numbers", numbers(message.id, "en"), numbers(message.string, language)),
        ):
            if here != there:
                yield f"{name}: lost {[*(here - there).elements()]}, added {[*(there - here).elements()]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("language", choices=LANGUAGES)
    parser.add_argument("pages", nargs="*", type=Path, help="pages to begin, as chapters/01_tokens.ipynb")
    arguments = parser.parse_args()
    os.chdir(ROOT)  # the book's settings hold paths relative to it
    book = re.findall(r"chapters/[\w-]+", Path("_toc.yml").read_text(encoding="utf-8"))
    for page in arguments.pages:
        if page.with_suffix("").as_posix() not in book:
            sys.exit(f"{page} is no page of the book")
    folder, build = Path("locales", arguments.language, "LC_MESSAGES"), ROOT / "_build"
    extract(build / "gettext")
    begun = {path.relative_to(folder) for path in folder.rglob("*.po")}
    for page in sorted(begun | {page.with_suffix(".po") for page in arguments.pages}):
        catalogue = update((build / "gettext" / page).with_suffix(".pot"), folder / page, arguments.language)
        for message in catalogue:
            for fault in faults(message, arguments.language) if message.id else ():
                print(f"{folder / page}: {fault}: {message.id[:70]}", file=sys.stderr)
    sphinx("html", build / arguments.language, language=arguments.language, **LANGUAGES[arguments.language])
    print(f"Open _build/{arguments.language}/chapters/index.html")


if __name__ == "__main__":
    main()
