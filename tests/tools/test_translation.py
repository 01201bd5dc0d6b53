"""The German pages: what is translated keeps its code, links, roles and numbers."""

from pathlib import Path
from types import SimpleNamespace

import book_translation
import pytest
import translate
from babel.messages import Catalog, Message
from babel.messages.pofile import write_po

GERMAN = translate.ROOT / "locales" / "de" / "LC_MESSAGES"
PAGES = sorted(path.relative_to(GERMAN).with_suffix("").as_posix() for path in GERMAN.rglob("*.po"))


@pytest.mark.parametrize("page", PAGES)
def test_every_translated_message_keeps_its_markup_and_numbers(page):
    """A message without German, or whose English has changed, stays English: `make translation` lists it."""
    messages = translate.read(GERMAN / f"{page}.po", "de")
    translated = [message for message in messages if message.id and message.string and not message.fuzzy]
    assert translated and not [(each.id, fault) for each in translated for fault in translate.faults(each, "de")]


GOOD = [
    (
        "Ask `gpt` *twice*, {term}`loss` and [more](01_tokens.ipynb).",
        "Frag `gpt` *zweimal*, {term}`Loss <loss>` und [mehr](01_tokens.ipynb).",
    ),
    ("8,192 scores, 0.29 of $15 \\times 8{,}192 = 122{,}880$", "8192 Scores, 0,29 von $15 \\times 8192 = 122\\,880$"),
    ("122,880 scores in section 3.1", "122\u202f880 Scores in Abschnitt 3.1"),
]
BAD = [
    ("A word", "", "not translated"),
    ("Ask `gpt`", "Frag `bert`", "markup"),
    ("**no**", "*nein*", "markup"),
    ("$p$ is", "p ist", "markup"),
    ("[more](notation.md)", "[mehr](glossary.md)", "markup"),
    ("{term}`loss`", "{term}`Verlust`", "markup"),
    ("{cite:t}`devlin2019bert`", "{cite:t}`delvin2019bert`", "markup"),
    ("gives 0.29", "gibt 0,28", "numbers"),
]


@pytest.mark.parametrize("english, german", GOOD)
def test_a_translation_that_keeps_all_is_right(english, german):
    assert [*translate.faults(Message(english, german), "de")] == []


@pytest.mark.parametrize("english, german, kind", BAD)
def test_a_translation_that_loses_something_is_found(english, german, kind):
    (fault,) = translate.faults(Message(english, german), "de")
    assert fault.startswith(kind)


def template(folder: Path, *messages: str) -> Path:
    catalogue = Catalog()
    for message in messages:
        catalogue.add(message)
    with (path := folder / "page.pot").open("wb") as file:
        write_po(file, catalogue)
    return path


def test_a_catalogue_follows_its_page(tmp_path):
    path = tmp_path / "de" / "page.po"
    translate.update(template(tmp_path, "A model never says a word.", "gone"), path, "de")
    text = path.read_text(encoding="utf-8")
    for english, german in (("A model never says a word.", "Ein Modell sagt nie ein Wort."), ("gone", "weg")):
        text = text.replace(f'"{english}"\nmsgstr ""', f'"{english}"\nmsgstr "{german}"')
    path.write_text(text, encoding="utf-8")

    changed = template(tmp_path, "A model never says a thing.", "new")
    translate.update(changed, path, "de")
    messages = [message for message in translate.read(path) if message.id]
    found = {message.id: [message.string, *translate.faults(message, "de")] for message in messages}
    assert found == {
        "A model never says a thing.": ["Ein Modell sagt nie ein Wort.", "fuzzy: the English has changed"],
        "new": ["", "not translated"],
    }
    again = path.read_bytes()
    translate.update(changed, path, "de")
    assert path.read_bytes() == again  # no dates, no order of its own


@pytest.mark.parametrize("page, language", [("chapters/index", "de"), ("chapters/glossary", "en"), ("search", "de")])
def test_a_page_without_a_catalogue_is_marked_as_english(tmp_path, page, language):
    catalogue = tmp_path / "locales" / "de" / "LC_MESSAGES" / "chapters" / "index.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.touch()
    app = SimpleNamespace(
        srcdir=tmp_path,
        config=SimpleNamespace(language="de"),
        env=SimpleNamespace(found_docs={"chapters/index", "chapters/glossary"}),
    )
    context = {"language": "de"}
    book_translation.name_language(app, page, "page.html", context, None)
    assert context == {"language": language}
