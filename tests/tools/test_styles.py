"""The style sheets: what no page can use is gone, what a page or a script names is there, in its order."""

from types import SimpleNamespace

import book_styles

PAGE = """<body class="night" id="top"><p class="note">shadow</p></body>"""
FIRST = """@import "../basic.css";
.note, .gone { color: red }
.shadow { color: blue }
.opened, #top > .note:not(.gone) { color: green }
:is(.gone, .note) p { color: tan }
[data-x=".gone"] { color: tan }
@media print { .gone { top: 0 } .note { top: 1px } }
@media screen { .gone { top: 0 } }
@font-face { font-family: "A, b" }"""


def test_only_what_a_page_or_a_script_names_is_kept(tmp_path):
    sheet = tmp_path / "_static" / "styles" / "theme.css"
    for path, text in {
        sheet: FIRST,
        tmp_path / "_static" / "page.js": "html.classList.add('opened')",
        tmp_path / "chapters" / "a.html": PAGE,
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    book_styles.prune(SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html")), None)
    assert sheet.read_text(encoding="utf-8").splitlines() == [
        '@import "../basic.css";',
        ".note{color: red}",
        ".opened,#top > .note:not(.gone){color: green}",
        ":is(.gone, .note) p{color: tan}",
        '[data-x=".gone"]{color: tan}',
        "@media print {.note{top: 1px}}",
        '@font-face {font-family: "A, b"}',
    ]
