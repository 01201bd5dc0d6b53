"""A page holds each part of its widgets' styles once, and its scripts are files."""

from types import SimpleNamespace

import book_widgets
from bs4 import BeautifulSoup

WIDGET = """<div data-bertgpt="{kind}"></div>
<style>
/* All */
p {{ margin: 0 }}
/* Its own: {kind} */
p {{ top: 0 }}
</style>
<script type="module">
export const kind = `[data-bertgpt="{kind}"]`;
export function render() {{}}
export default {{ render }};
render();
</script>
"""


def test_styles_and_scripts_are_there_once(tmp_path):
    body = "".join(WIDGET.format(kind=kind) for kind in ("Quiz", "Plot", "Quiz"))
    context = {"body": body, "pathto": lambda path, is_file: f"../{path}"}
    book_widgets.share(SimpleNamespace(outdir=tmp_path), "page", "", context, None)
    page = BeautifulSoup(context["body"], "html.parser")
    assert len(page.select("[data-bertgpt]")) == 3
    assert [each.text.count("/*") for each in page.select("style")] == [2, 1]
    assert "".join(each.text for each in page.select("style")).count("margin") == 1
    assert [each["src"].split("?")[0] for each in page.select("script[defer]")] == [
        f"../_static/widgets/{kind}.js" for kind in ("Quiz", "Plot")
    ] and len(page.select("script")) == 2
    script = (tmp_path / "_static" / "widgets" / "Plot.js").read_text(encoding="utf-8")
    assert "export" not in script and "function render() {}\nrender();\n" in script
