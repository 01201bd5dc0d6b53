"""The German pages: every message of theirs has its German, and the German keeps code, links, roles and numbers."""

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
from sphinx_exercise.nodes import exercise_enumerable_node

ROOT = translate.ROOT
GERMAN = ROOT / "locales" / "de" / "LC_MESSAGES"
PAGES = sorted(path.relative_to(GERMAN).with_suffix("").as_posix() for path in GERMAN.rglob("*.po"))


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    """The messages of the translated pages, taken from their sources by Sphinx."""
    out = tmp_path_factory.mktemp("gettext") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        translate.extract(out, strict=False, include_patterns=[f"{page}.*" for page in PAGES])
    return {page: translate.read(out / f"{page}.pot") for page in PAGES}


def test_the_first_two_pages_are_translated():
    assert {"chapters/index", "chapters/00_two_readers"} <= set(PAGES)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_message_of_a_page_is_in_its_catalogue_and_no_other(templates, page):
    asked = {message.id for message in templates[page] if message.id}
    given = {message.id for message in translate.read(GERMAN / f"{page}.po") if message.id}
    assert len(asked) > 50
    assert (asked - given, given - asked) == (set(), set()), "make translation brings the catalogues up to date"


@pytest.mark.parametrize("page", PAGES)
def test_every_message_has_its_german_and_keeps_its_markup(page):
    wrong = {message.id: found for message in translate.read(GERMAN / f"{page}.po", "de") if message.id
             for found in [[*translate.faults(message, "de")]] if found}
    assert wrong == {}


GOOD = [
    ("Ask `gpt` *twice*, {term}`loss` and [more](01_tokens.ipynb).",
     "Frag `gpt` *zweimal*, {term}`Loss <loss>` und [mehr](01_tokens.ipynb)."),
    ("8,192 scores, 0.29 of $15 \\times 8{,}192 = 122{,}880$", "8192 Scores, 0,29 von $15 \\times 8192 = 122\\,880$"),
    ("122,880 scores in section 3.1", "122\u202f880 Scores in Abschnitt 3.1"), ("BERT", "BERT")]
BAD = [
    ("A word", "", "not translated"), ("Ask `gpt`", "Frag gpt", "markup"), ("Ask `gpt`", "Frag `bert`", "markup"),
    ("*no*", "*nein", "markup"), ("**no**", "*nein*", "markup"), ("$p$ is", "p ist", "markup"),
    ("[more](notation.md)", "[mehr](glossary.md)", "markup"), ("[more](a.md)", "[mehr] (a.md)", "markup"),
    ("{term}`loss`", "{term}`Verlust`", "markup"), ("{cite:t}`devlin2019bert`", "{cite:p}`devlin2019bert`", "markup"),
    ("{cite:t}`devlin2019bert`", "{cite:t}`delvin2019bert`", "markup"), ("x <!-- placeholder -->", "x", "markup"),
    ("gives 0.29", "gibt 0,28", "numbers"), ("8,192 scores", "8,192 Scores", "numbers"),
    ("12 blanks", "Lücken", "numbers")]


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


def test_the_command_begins_a_page_names_what_is_missing_and_builds_the_book(tmp_path, monkeypatch, capsys):
    def extract(out):
        (out / "chapters").mkdir(parents=True)
        template(out / "chapters", "A model never says a word.")

    built = {}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_toc.yml").write_text("root: chapters/page\n", encoding="utf-8")
    monkeypatch.setattr(translate, "ROOT", tmp_path)
    monkeypatch.setattr(translate, "extract", extract)
    monkeypatch.setattr(translate, "sphinx", lambda builder, out, **settings: built.update(settings, out=out))
    monkeypatch.setattr("sys.argv", ["translate.py", "de", "chapters/page.ipynb"])
    translate.main()
    assert (tmp_path / "locales/de/LC_MESSAGES/chapters/page.po").exists()
    assert "page.po: not translated: A model never says a word." in capsys.readouterr().err
    assert (built["out"], built["language"]) == (tmp_path / "_build" / "de", "de")


def test_a_mistyped_page_is_refused_before_anything_is_made(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(translate, "extract", None)
    monkeypatch.setattr("sys.argv", ["translate.py", "de", "chapters/01_token.ipynb"])
    with pytest.raises(SystemExit, match=r"chapters/01_token\.ipynb is no page of the book"):
        translate.main()


def test_a_catalogue_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    def full(file, *_, **__):
        raise OSError("no space left")

    path = tmp_path / "page.po"
    translate.update(template(tmp_path, "A model never says a word."), path, "de")
    before, messages = path.read_bytes(), template(tmp_path, "Both are small.")
    monkeypatch.setattr(translate, "write_po", full)
    with pytest.raises(OSError, match="no space left"):
        translate.update(messages, path, "de")
    assert path.read_bytes() == before


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
                           env=SimpleNamespace(docname="chapters/index", sphinx_exercise_registry={"first": {}},
                                               found_docs={"chapters/index", "chapters/glossary"}))


def test_the_contents_have_german_captions_and_the_pages_own_titles(tmp_path):
    contents = toctree("", caption="Foundations", rawcaption="Foundations",
                       entries=[("00 Two readers", "chapters/00_two_readers")])
    app, page = german_book(tmp_path), nodes.section("", contents)
    book_translation.translate_rest(SimpleNamespace(config=SimpleNamespace(language="en")), page)
    assert (contents["caption"], contents["entries"][0][0]) == ("Foundations", "00 Two readers")
    book_translation.translate_rest(app, page)
    assert (contents["caption"], contents["entries"]) == ("Grundlagen", [(None, "chapters/00_two_readers")])


def test_a_solution_is_named_after_the_translated_exercise(tmp_path):
    app, box = german_book(tmp_path), exercise_enumerable_node("", nodes.title("", "Drei Wörter"), label="first")
    book_translation.translate_rest(app, nodes.section("", box))
    assert app.env.sphinx_exercise_registry["first"]["node"][0].astext() == "Drei Wörter"


@pytest.mark.parametrize("page, language", [("chapters/index", "de"), ("chapters/glossary", "en"), ("search", "de")])
def test_a_page_without_a_catalogue_says_that_it_is_english(tmp_path, page, language):
    context = {"language": "de"}
    book_translation.name_language(german_book(tmp_path), page, "page.html", context, None)
    assert context == {"language": language}
