"""Tables of what the benchmarks of speed have recorded; where there is no record yet, the page says so.

    ```{benchmark} training_speed         of benchmarks/training_speed.py, ours beside its peers
"""

from docutils import nodes
from docutils.parsers.rst import Directive

from bertgpt.results import RESULTS, load_results

HEAD = ("What", "Beside", "Ours", "Theirs", "Unit", "Ours is", "Aim")


def outcome(row: dict) -> tuple[str, str]:
    """Say how ours stands to its peer, and to its aim where it has one."""
    gain, verb = (row["lower"], "{:.3f} lower") if "lower" in row else (row["ratio"], "{:.2f} times as fast")
    if row["goal"] is None:
        return verb.format(gain), ""
    return verb.format(gain), f"{row['goal']:g}, {'reached' if gain >= row['goal'] else 'missed'}"


def cells(row: dict) -> list[str]:
    """Write one row of a record as the texts of one row of the table."""
    held = {side: f" · {megabytes:,.0f} MB" for side, megabytes in row.get("mb", {}).items()}
    ours, theirs = (f"{row[side]:,.4g}{held.get(side, '')}" for side in ("ours", "theirs"))
    return [row["setting"], row["peer"], ours, theirs, row["unit"], *outcome(row)]


def provenance(about: dict) -> str:
    """Say on what a record was made: processor, threads, versions, turns, command."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    machine = about["machine"]
    return (f"{about['cpu'] or 'unnamed processor'}, {machine['cores']} cores, {machine['threads']} thread(s), "
            f"{versions}; {about['turns']} turns: {about['command']}")


class Benchmark(Directive):
    """Draw the table of one record, or say that there is none."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if not (RESULTS / f"{name}.json").exists():
            missing = nodes.paragraph("", "", nodes.strong(text="Not recorded yet."), nodes.Text(
                " No number stands here until somebody has run it on a quiet machine: "),
                nodes.literal(text=f"python benchmarks/{name}.py"))
            return [missing]
        found = load_results(name)
        row_of = lambda texts: nodes.row("", *(nodes.entry("", nodes.paragraph(text=text)) for text in texts))  # noqa: E731
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in HEAD), cols=len(HEAD))
        group += [nodes.thead("", row_of(HEAD)), nodes.tbody("", *(row_of(cells(row)) for row in found["rows"]))]
        return [nodes.table("", group, classes=["benchmark"]),
                nodes.paragraph(text=provenance(found["about"]), classes=["provenance"])]


def setup(app):
    app.add_directive("benchmark", Benchmark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
