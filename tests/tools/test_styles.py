"""The one style sheet: what no page can use is gone, what a page or a script names is there, in its order."""

from types import SimpleNamespace

import book_styles
import pytest

PAGE = """<link href="{root}_static/styles/theme.css?v=1" rel="stylesheet" />
<link rel="stylesheet" href="{root}_static/book.css">
<body class="night" id="top"><p class="note">shadow</p></body>"""
FIRST = """@import "../basic.css";
.note, .gone { color: red }
.shadow { color: blue }
.opened, #top > .note:not(.gone) { color: green }
:is(.gone, .note) p { color: tan }
[data-x=".gone"] { color: tan }
@media print { .gone { top: 0 } .note { top: 1px } }
@media screen { .gone { top: 0 } }
@font-face { font-family: "A, b" }"""


@pytest.fixture
def folder(tmp_path):
    static = tmp_path / "_static"
    for path, text in {
        static / "styles" / "theme.css": FIRST,
        static / "basic.css": "p{margin:0}",
        static / "book.css": "/* ours */ .note{color:black}",
        static / "page.js": "html.classList.add('opened')",
        tmp_path / "search.html": PAGE.format(root=""),
        tmp_path / "chapters" / "a.html": PAGE.format(root="../"),
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    book_styles.merge(SimpleNamespace(outdir=tmp_path), None)
    return tmp_path


def test_only_what_a_page_or_a_script_names_is_kept(folder):
    css = (folder / "_static" / "all.css").read_text(encoding="utf-8").splitlines()
    assert css == [
        "p{margin:0}",
        ".note{color: red}",
        ".opened,#top > .note:not(.gone){color: green}",
        ":is(.gone, .note) p{color: tan}",
        '[data-x=".gone"]{color: tan}',
        "@media print {.note{top: 1px}}",
        '@font-face {font-family: "A, b"}',
        ".note{color:black}",
    ]


def test_each_page_names_the_one_sheet_and_no_other(folder):
    for path, root in ((folder / "search.html", ""), (folder / "chapters" / "a.html", "../")):
        page = path.read_text(encoding="utf-8")
        assert page.count("stylesheet") == 1 and f'href="{root}_static/all.css?v=' in page and "<p class" in page
