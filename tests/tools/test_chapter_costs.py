"""The cost of each chapter: measured once, kept in the cache, drawn as a table."""

import re
from copy import deepcopy
from types import SimpleNamespace

import chapter_costs
import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn


def test_a_notebook_that_is_executed_keeps_its_peak_memory_and_is_found_in_the_cache(monkeypatch, tmp_path):
    cells = [nbformat.v4.new_markdown_cell("a"), nbformat.v4.new_code_cell("1")]
    written = nbformat.v4.new_notebook(cells=cells)
    ran = deepcopy(written)
    ran.metadata["language_info"] = {"name": "python"}  # from the kernel
    ran.cells[1].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1"})]
    kernel = SimpleNamespace(provisioner=SimpleNamespace(process=SimpleNamespace(pid=7)))
    client = SimpleNamespace(nb=ran, km=kernel)
    monkeypatch.setattr(chapter_costs, "peak_memory", {7: 321}.get)
    seen = []
    chapter_costs.measure(seen.append)(client)
    cache = get_cache(tmp_path)
    cache.cache_notebook_bundle(CacheBundleIn(ran, "a.ipynb"), check_validity=False)
    _, found = cache.merge_match_into_notebook(written)
    assert seen == [client] and found.cells[1].outputs and found.metadata["language_info"]["peak_mb"] == 321


def test_the_peak_is_read_where_the_system_tells(tmp_path, monkeypatch):
    monkeypatch.setattr(chapter_costs, "Path", lambda name: tmp_path / name.strip("/").replace("/", "-"))
    (tmp_path / "proc-7-status").write_text("Name: python\nVmHWM:\t  512345 kB\n")
    assert (chapter_costs.peak_memory(7), chapter_costs.peak_memory(8)) == (525, None)


def drawn(*rows):
    """Draw the table of some chapters: -> its rows, as texts."""
    env = SimpleNamespace(
        found_docs={name for name, _, _ in rows} | {"index"},
        metadata={name: {"language_info": {"peak_mb": peak}} for name, _, peak in rows},
        titles={name: nodes.title(text=f"{name} title") for name, _, _ in rows},
        nb_metadata={"index": {}, **{name: {"exec_data": {"runtime": time}} for name, time, _ in rows}},
    )
    page = nodes.section("", chapter_costs.chapter_costs())
    chapter_costs.draw_costs(SimpleNamespace(env=env), page, "status")
    return [[entry[0].astext() for entry in row.findall(nodes.entry)] for row in page.findall(nodes.row)]


def test_the_costs_have_a_bar_a_chapter():
    table = chapter_costs.table(["Chapter", "Seconds"], [["01", "20"], ["02", "40"], ["03", "not measured"]])
    chapter_costs.draw_bars(table, [20.0, 40.0, None])
    assert re.findall(r"--share: ([\d.]+)", table.astext()) == ["0.50", "1.00", "0.00"]


def test_the_costs_have_a_row_a_chapter():
    assert drawn(("02", 31.6, 800), ("01", 12.2, 1234)) == [
        ["Chapter", "Seconds", "Peak memory, MB"],
        ["01 title", "12", "1,234"],
        ["02 title", "32", "800"],
    ]
    assert [row[1] for row in drawn(*((f"{n:02}", 44 + n, 800) for n in range(3)))[1:]] == ["44", "45", "46, missed"]
    assert drawn(("01", 12.2, None))[1:] == [["01 title", "12", "not measured"]]
    assert drawn(("01", None, None))[1:] == [["01 title", "not measured", "not measured"]]


def test_the_costs_begin_with_what_all_took_where_all_were_measured():
    found = [("01", "Tokens", 12.2, 1234), ("02", "Attention", 52.6, 800)]
    said = chapter_costs.in_short(found)
    assert all(part in said for part in ("2 chapters", "65 seconds", "360, reached", "1 of them", "1,234 MB"))
    assert "Attention" not in said
    assert "405 seconds in all (aim: 360, missed), none of them" in chapter_costs.in_short([("", "", 45.0, 1)] * 9)
    assert "MB" not in chapter_costs.in_short([*found, ("03", "The mask", 3.0, None)])
    assert chapter_costs.in_short([]) == chapter_costs.in_short([*found, ("03", "The mask", None, 1)]) == ""


def test_lines_are_counted_and_missed_aims_are_said(tmp_path, monkeypatch):
    for name, text in {"a.py": "1\n\n2\n", "deep/b.py": "3\n", "d.js": "5\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert chapter_costs.lines(["**/*.py"], tmp_path) == 4
    monkeypatch.setattr(chapter_costs, "lines", {"*.py": 4, "*.js": 1}.get)
    monkeypatch.setattr(chapter_costs, "SIZES", {"Python": ("*.py", 3), "JavaScript": ("*.js", 1)})
    (table,) = chapter_costs.Sizes.run(None)
    rows = [[entry.astext() for entry in row.findall(nodes.entry)] for row in table.findall(nodes.row)]
    assert rows[1:] == [["Python", "4", "3, missed"], ["JavaScript", "1", "1, reached"]]
