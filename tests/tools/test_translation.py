"""The German pages: what is translated keeps its code, links, roles and numbers."""

from pathlib import Path
from types import SimpleNamespace

import book_translation
import pytest
import translate
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po
from docutils import nodes
from sphinx.addnodes import toctree

GERMAN = translate.ROOT / "locales" / "de" / "LC_MESSAGES"
PAGES = sorted(path.relative_to(GERMAN).with_suffix("").as_posix() for path in GERMAN.rglob("*.po"))


@pytest.mark.parametrize("page", PAGES)
def test_every_translated_message_keeps_its_markup_and_numbers(page):
    """A message without German, or whose English has changed, is shown in English; `make translation` lists it."""
    translated = [message for message in translate.read(GERMAN / f"{page}.po", "de")
                  if message.id and message.string and not message.fuzzy]
    assert translated and {message.id: found for message in translated
                           if (found := [*translate.faults(message, "de")])} == {}


GOOD = [
    ("Ask `gpt` *twice*, {term}`loss` and [more](01_tokens.ipynb).",
     "Frag `gpt` *zweimal*, {term}`Loss <loss>` und [mehr](01_tokens.ipynb)."),
    ("8,192 scores, 0.29 of $15 \\times 8{,}192 = 122{,}880$", "8192 Scores, 0,29 von $15 \\times 8192 = 122\\,880$"),
    ("122,880 scores in section 3.1", "122\u202f880 Scores in Abschnitt 3.1")]
BAD = [
    ("A word", "", "not translated"), ("Ask `gpt`", "Frag `bert`", "markup"), ("**no**", "*nein*", "markup"),
    ("$p$ is", "p ist", "markup"), ("[more](notation.md)", "[mehr](glossary.md)", "markup"),
    ("{term}`loss`", "{term}`Verlust`", "markup"),
    ("{cite:t}`devlin2019bert`", "{cite:t}`delvin2019bert`", "markup"), ("gives 0.29", "gibt 0,28", "numbers")]


@pytest.mark.parametrize("english, german", GOOD)
def test_a_translation_that_keeps_all_is_right(english, german):
    assert [*translate.faults(Message(english, german), "de")] == []


@pytest.mark.parametrize("english, german, kind", BAD)
def test_a_translation_that_loses_something_is_found(english, german, kind):
    (fault,) = translate.faults(Message(english, german), "de")
    assert fault.startswith(kind)


def template(folder: Path, *messages: str) -> Path:
    made = Catalog()
    for message in messages:
        made.add(message)
    with (path := folder / "page.pot").open("wb") as file:
        write_po(file, made)
    return path


def test_a_catalogue_follows_its_page(tmp_path):
    path = tmp_path / "de" / "page.po"
    translate.update(template(tmp_path, "A model never says a word.", "gone", "Both are small."), path, "de")
    assert {message.string for message in translate.read(path) if message.id} == {""}
    text = path.read_text(encoding="utf-8")
    for english, german in (("A model never says a word.", "Ein Modell sagt nie ein Wort."), ("gone", "weg"),
                            ("Both are small.", "Beide sind klein.")):
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{german}"')
    path.write_text(text, encoding="utf-8")

    translate.update(template(tmp_path, "A model never says a thing.", "Both are small.", "new"), path, "de")
    found = {message.id: [message.string, *translate.faults(message, "de")]
             for message in translate.read(path) if message.id}
    assert found == {
        "A model never says a thing.": ["Ein Modell sagt nie ein Wort.", "fuzzy: the English has changed"],
        "Both are small.": ["Beide sind klein."], "new": ["", "not translated"]}
    again = path.read_bytes()
    translate.update(template(tmp_path, "A model never says a thing.", "Both are small.", "new"), path, "de")
    assert path.read_bytes() == again                   # no dates, no order of its own


def german_book(root: Path) -> SimpleNamespace:
    """A book whose index has one word of German, and no other page any."""
    folder = root / "locales" / "de" / "LC_MESSAGES" / "chapters"
    folder.mkdir(parents=True)
    words = Catalog("de")
    words.add("Foundations", "Grundlagen")
    for suffix, write in ((".po", write_po), (".mo", write_mo)):
        with (folder / "index").with_suffix(suffix).open("wb") as file:
            write(file, words)
    return SimpleNamespace(srcdir=root, config=SimpleNamespace(language="de"),
                           env=SimpleNamespace(docname="chapters/index",
                                               found_docs={"chapters/index", "chapters/glossary"}))


def test_the_contents_have_german_captions_and_the_pages_own_titles(tmp_path):
    contents = toctree("", caption="Foundations", rawcaption="Foundations",
                       entries=[("00 Two readers", "chapters/00_two_readers")])
    app, page = german_book(tmp_path), nodes.section("", contents)
    book_translation.translate_rest(SimpleNamespace(config=SimpleNamespace(language="en")), page)
    assert (contents["caption"], contents["entries"][0][0]) == ("Foundations", "00 Two readers")
    book_translation.translate_rest(app, page)
    assert (contents["caption"], contents["entries"]) == ("Grundlagen", [(None, "chapters/00_two_readers")])


@pytest.mark.parametrize("page, language", [("chapters/index", "de"), ("chapters/glossary", "en"), ("search", "de")])
def test_a_page_without_a_catalogue_says_that_it_is_english(tmp_path, page, language):
    context = {"language": "de"}
    book_translation.name_language(german_book(tmp_path), page, "page.html", context, None)
    assert context == {"language": language}
