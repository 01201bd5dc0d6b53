"""The tools' command lines."""

import runpy
from pathlib import Path

import pytest

TOOLS = sorted((Path(__file__).resolve().parents[2] / "tools").glob("*.py"))


def test_an_address_and_a_version_of_another_form_are_refused(monkeypatch, capsys):
    for tool, word, complaint in (("set_address", "nobody", "OWNER/NAME"), ("set_version", "two", "such as 0.2.0")):
        monkeypatch.setattr("sys.argv", [tool, word])
        with pytest.raises(SystemExit, match="2"):
            runpy.run_path(str(TOOLS[0].parent / f"{tool}.py"), run_name="__main__")
        assert complaint in capsys.readouterr().err
