"""Tables of what benchmarks have recorded.

    ```{benchmark} training_speed         of benchmarks/training_speed.py, ours beside its peers
"""

from docutils import nodes
from docutils.parsers.rst import Directive

from bertgpt.book.records import RESULTS, load_results

HEAD = ("What", "Beside", "Ours", "Theirs", "Ours is", "Aim")


def amounts(unit: str, *values: float) -> list[str]:
    """Write values of one row, those after the first with the unit's first word: seconds in ms where one is below 1.

    >>> amounts("s a step", 0.0539, 1.0486), amounts("nats", 1.5)
    (['53.9\xa0ms a step', '1,049\xa0ms'], ['1.5 nats'])
    """
    small = unit.split()[0] == "s" and min(values) < 1
    words, space = ("m" if small else "") + unit, "\N{NO-BREAK SPACE}" if unit.split()[0] == "s" else " "
    return [f"{value * (1000 if small else 1):,.4g}{space}{named}"
            for value, named in zip(values, (words, *[words.split()[0]] * len(values)))]


def outcome(row: dict) -> tuple[str, str]:
    """Say how ours stands to its peer, and to its aim where it has one: of the gain, or of what ours may take."""
    gain, verb = (row["lower"], "{:.3f} lower") if "lower" in row else (row["ratio"], "{:.2f}× as fast")
    verdict = {True: "reached", False: "missed"}
    aims = []
    if row["goal"] is not None:
        aims.append(f"{row['goal']:g}, {verdict[gain >= row['goal']]}")
    if "at_most" in row:
        aims.append(f"at most {amounts(row['unit'], row['at_most'])[0]}, {verdict[row['ours'] <= row['at_most']]}")
    return verb.format(gain), "; ".join(aims)


def cells(row: dict) -> list[str]:
    """Write one row of a record as the texts of one row of the table."""
    held = {side: f" · {megabytes:,.0f}\N{NO-BREAK SPACE}MB" for side, megabytes in row.get("mb", {}).items()}
    both = zip(("ours", "theirs"), amounts(row["unit"], row["ours"], row["theirs"]))
    return [row["setting"], row["peer"], *(amount + held.get(side, "") for side, amount in both), *outcome(row)]


def provenance(about: dict) -> str:
    """Say on what a record was made: processor, threads, versions, turns, command."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    machine = about["machine"]
    return (f"{about['cpu'] or 'unnamed processor'}, {machine['cores']} cores, {machine['threads']} thread(s), "
            f"{versions}; {about['turns']} turns: {about['command']}")


def table(head: tuple, rows: list[list[str]]) -> nodes.table:
    """Draw a table of texts."""
    def row_of(texts):
        return nodes.row("", *(nodes.entry("", nodes.paragraph(text=text)) for text in texts))

    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += [nodes.thead("", row_of(head)), nodes.tbody("", *map(row_of, rows))]
    return nodes.table("", group)


class Benchmark(Directive):
    """Draw ours beside its peers, with what it was made on; an unknown record is an error of the build."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        self.state.document.settings.env.note_dependency(str(RESULTS / f"{name}.json"))
        try:
            found = load_results(name)
        except ValueError as error:
            raise self.error(str(error)) from None
        drawn = table(HEAD, [cells(row) for row in found["rows"]])
        drawn["classes"].append("long-rows")                                     # book_wide.py
        return [drawn, nodes.paragraph(text=provenance(found["about"]))]


def setup(app):
    app.add_directive("benchmark", Benchmark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
