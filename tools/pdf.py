"""Print the built book, or some of its pages, as one PDF, with the Chromium that the browser tests use.

All pages but those of the package's rooms become one page beside them, which is printed and removed: folded code is
left out, other folds are open, and the answers and solutions stand together at the end.

    python tools/pdf.py                 what `make pdf` runs: _build/html becomes _build/the-mask-is-the-model.pdf
    python tools/pdf.py 03_masks        one chapter, "03" will do: _build/03_masks.pdf
    python tools/pdf.py 03 --folds      with its folded code
    python tools/pdf.py 03 --exercises  a sheet for a class, without hints and solutions: _build/03_masks-exercises.pdf
"""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "html"
ADDRESS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]
ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', re.DOTALL)
HEAD = re.compile(r"<head>.*?</head>", re.DOTALL)
LINK = re.compile(r"(?:(?:\.\./chapters/)?([\w/]+)\.html)?(?:#(.*))?")  # within the book
NAMING = ("id", "for", "aria-controls", "aria-describedby", "aria-labelledby")
FOOT = '<div style="width: 100%; font-size: 8px; text-align: center"><span class="pageNumber"></span></div>'
PAPER = {
    "format": "A4",
    "print_background": True,
    "tagged": True,
    "outline": True,
    "scale": 0.8,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": FOOT,
    "margin": {"top": "14mm", "bottom": "16mm", "left": "15mm", "right": "15mm"},
}

EXERCISES = """() => {
  for (const article of document.querySelectorAll(".bd-article")) {
    const exercises = [...article.querySelectorAll(".exercise")];
    for (const hint of article.querySelectorAll(".exercise .dropdown")) hint.remove();
    article.replaceChildren(article.querySelector("h1"), ...exercises);
  }
}"""

ARRANGE = """(folds) => {
  const element = (tag, text, more = {}) =>
    Object.assign(document.createElement(tag), { textContent: text, ...more });
  if (!folds) for (const code of document.querySelectorAll("details.fold")) code.remove();
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const questions = "[data-bertgpt=Quiz], [data-bertgpt=Predict], [data-bertgpt=CourseTest]";
  for (const figure of document.querySelectorAll(`[data-bertgpt]:not(${questions}) figure`)) {
    const label = figure.getAttribute("aria-label");
    figure.append(element("figcaption", `${label}: as it begins. On its page it moves.`));
  }
  const last = element("article", "", { className: "bd-article", id: "solutions" });
  for (const article of document.querySelectorAll(".bd-article")) {
    const solutions = [...article.querySelectorAll(".solution")];
    const answers = [...article.querySelectorAll("[data-bertgpt=Predict] .printed")];
    if (!solutions.length && !answers.length) continue;
    const title = article.querySelector("h1").cloneNode(true);
    for (const link of title.querySelectorAll("a")) link.remove();
    last.append(element("h2", title.textContent));
    answers.forEach((answer, i) => {
      answer.closest("form").querySelector("legend b").append(` ${i + 1}`);
      answer.prepend(`Prediction ${i + 1}. `);
      answer.className = "";
      last.append(answer);
    });
    for (const solution of solutions) {
      const note = element("p", "");
      note.append(element("a", "Its solution stands at the end of the book.", { href: `#${solution.id}` }));
      solution.replaceWith(note);
      last.append(solution);
    }
  }
  if (!last.childElementCount) return;
  last.prepend(element("h1", "Answers and solutions"));
  document.body.append(last);
}"""


def names() -> list[str]:
    """Return the pages of the book, in order."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = [contents["root"], *(page["file"] for part in contents["parts"] for page in part["chapters"])]
    return [Path(page).name for page in pages]


def owned(name: str, html: str, pages: Iterable[str]) -> str:
    """Put a page's name before each id of its own, and let its links find those of all pages."""

    def value(kind: str, text: str) -> str:
        if kind in NAMING:
            return " ".join(f"{name}-{identity}" for identity in text.split())
        found = LINK.fullmatch(text) if kind in ("href", "xlink:href") else None
        if found and (page := found[1] or name) in pages:
            return f"#{page}-{found[2]}" if found[2] else f"#page-{page}"
        if found:  # a page that is not printed
            return f"{ADDRESS}chapters/{text.removeprefix('../chapters/')}"
        return text.replace("url(#", f"url(#{name}-")

    article = BeautifulSoup(html, "html.parser", multi_valued_attributes=None)
    for tag in article.find_all(True):
        tag.attrs = {kind: value(kind, text) for kind, text in tag.attrs.items()}
    return str(article)


def together(pages: dict[str, str]) -> str:
    """Put pages into one: their articles one after the other, links between them within it."""
    articles = "".join(
        f'<article class="bd-article" id="page-{name}">{owned(name, ARTICLE.search(html)[1], pages)}</article>'
        for name, html in pages.items()
    )
    articles = articles.replace('loading="lazy"', 'loading="eager"')  # a printer does not scroll
    head = HEAD.search(next(iter(pages.values())))[0]
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light">{head}'
        f'<body class="printed">{articles}</body></html>'
    )


def whole_name(page: str) -> str:
    """Complete a chapter's number: "03" is 03_masks."""
    return next((name for name in names() if name.startswith(f"{page}_")), page)


def built(chosen: list[str]) -> dict[str, str]:
    """Read pages of the book, all of them where none is chosen; exit where one is not built."""
    pages = {}
    for name in chosen or names():
        if not (page := BOOK / "chapters" / f"{name}.html").exists():
            sys.exit(f"_build/html lacks chapters/{name}.html: run `make book`")
        pages[name] = page.read_text(encoding="utf-8")
    return pages


def print_book(chosen: list[str], *, folds: bool = False, exercises: bool = False) -> Path:
    """Write the PDF, with all folded code or of the exercises alone: -> its path."""
    chosen = [whole_name(page) for page in chosen]
    html = together(built(chosen))
    from playwright.sync_api import sync_playwright

    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from conftest import FLAGS, find_browser

    whole = BOOK / "chapters" / "whole-book.html"
    whole.write_text(html, encoding="utf-8")
    name = "-".join(chosen) or "the-mask-is-the-model"
    target = BOOK.parent / f"{name}{'-exercises' * exercises}.pdf"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            page = browser.new_page()
            page.set_default_timeout(0)
            page.goto(whole.as_uri())
            page.wait_for_load_state("networkidle")
            page.evaluate(EXERCISES if exercises else ARRANGE, folds)
            page.pdf(path=target, **PAPER)
            browser.close()
    finally:
        whole.unlink()
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="such as 03_masks; without any, the whole book")
    parser.add_argument("--folds", action="store_true", help="print folded code, too")
    parser.add_argument("--exercises", action="store_true", help="print a sheet of the exercises alone")
    given = parser.parse_args()
    path = print_book(given.pages, folds=given.folds, exercises=given.exercises)
    print(f"Open {path.relative_to(ROOT)}")
