"""Tables of what benchmarks have recorded.

```{benchmark} training_speed         of benchmarks/training_speed.py, ours beside its peers
"""

from docutils import nodes
from docutils.parsers.rst import Directive
from drawing import table

from bertgpt_book.records import load_results

HEAD = ["What", "Beside", "Ours", "Theirs", "Ours is", "Aim"]


def amounts(unit: str, *values: float) -> list[str]:
    """Write values with their unit, its first word only after the first; in ms where one is below a second.

    >>> amounts("s a step", 0.0539, 1.0486), amounts("nats", 1.5)
    (['53.9\xa0ms a step', '1,049\xa0ms'], ['1.5 nats'])
    """
    small = unit.split()[0] == "s" and min(values) < 1
    words, space = ("m" if small else "") + unit, "\N{NO-BREAK SPACE}" if unit.split()[0] == "s" else " "
    return [
        f"{value * (1000 if small else 1):,.4g}{space}{named}"
        for value, named in zip(values, (words, *[words.split()[0]] * len(values)))
    ]


def outcome(row: dict) -> tuple[str, str]:
    """Compare ours with its peer, and with its aim."""
    gain, verb = (row["lower"], "{:.3f} lower") if "lower" in row else (row["ratio"], "{:.2f}× as fast")
    aim = "" if row["goal"] is None else f"{row['goal']:g}, {'reached' if gain >= row['goal'] else 'missed'}"
    return verb.format(gain), aim


def cells(row: dict) -> list[str]:
    """Write one row of a record as the texts of one row of the table."""
    memory = {side: f" · {mb:,.0f}\N{NO-BREAK SPACE}MB" for side, mb in row.get("mb", {}).items()}
    both = zip(("ours", "theirs"), amounts(row["unit"], row["ours"], row["theirs"]))
    values = [amount + memory.get(side, "") for side, amount in both]
    return [row["setting"], row["peer"], *values, *outcome(row)]


def provenance(about: dict) -> str:
    """Say on what a record was made: processor, threads, versions, turns, command."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    machine = about["machine"]
    processor = about["cpu"] or "unnamed processor"
    return (
        f"{processor}, {machine['cores']} cores, {machine['threads']} thread(s), {versions}; "
        f"{about['turns']} turns: {about['command']}"
    )


class Benchmark(Directive):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        found = load_results(self.arguments[0])
        rows = table(HEAD, [cells(row) for row in found["rows"]], "long-rows")  # book_wide.py
        return [rows, nodes.paragraph(text=provenance(found["about"]))]


def setup(app):
    app.add_directive("benchmark", Benchmark)
