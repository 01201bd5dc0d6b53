"""The cost of each chapter: drawn as a table, and set beside its aim."""

import re
from types import SimpleNamespace

import chapter_costs
from docutils import nodes


def test_the_costs_have_a_row_and_a_bar_a_chapter_below_what_all_took():
    rows = {"02": (52.6, None), "01": (12.2, 1234)}
    env = SimpleNamespace(
        found_docs={"index", *rows},
        metadata={name: {"language_info": {"peak_mb": peak}} for name, (_, peak) in rows.items()},
        titles={name: nodes.title(text=f"{name} title") for name in rows},
        nb_metadata={"index": {}, **{name: {"exec_data": {"runtime": time}} for name, (time, _) in rows.items()}},
    )
    page = nodes.section("", chapter_costs.chapter_costs())
    chapter_costs.draw_costs(SimpleNamespace(env=env), page, "status")
    assert page[0].astext() == "Here the 2 chapters took 65 seconds in all (aim: 360, reached), 1 of them over 45."
    table = [[entry[0].astext() for entry in row.findall(nodes.entry)] for row in page.findall(nodes.row)]
    assert table[1:] == [["01 title", "12", "1,234"], ["02 title", "53, missed", "not measured"]]
    assert re.findall(r"--share: ([\d.]+)", page.astext()) == ["0.23", "1.00"]


def test_missed_aims_are_said(tmp_path, monkeypatch):
    assert "405 seconds in all (aim: 360, missed), none of them" in chapter_costs.in_short([("", 45.0, 1)] * 9)
    for name, text in {"a.py": "1\n\n2\n", "deep/b.py": "3\n", "d.js": "5\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(chapter_costs, "ROOT", tmp_path)
    monkeypatch.setattr(chapter_costs, "SIZES", {"Python": (["**/*.py"], 3), "JavaScript": (["*.js"], 1)})
    (table,) = chapter_costs.Sizes.run(None)
    rows = [[entry.astext() for entry in row.findall(nodes.entry)] for row in table.findall(nodes.row)]
    assert rows[1:] == [["Python", "4", "3, missed"], ["JavaScript", "1", "1, reached"]]
