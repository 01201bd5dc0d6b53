"""Tables of what benchmarks have recorded, and one figure of all of them.

```{benchmark} training_speed         of benchmarks/training_speed.py, ours beside its peers
```{all-speeds} training_speed ...    how many times as fast, a mark for each row of these records
"""

from docutils import nodes
from docutils.parsers.rst import Directive
from drawing import drawn, table

from bertgpt_book.figures import plots
from bertgpt_book.figures.svg import Figure
from bertgpt_book.records import load_results

HEAD = ["What", "Beside", "Ours", "Theirs", "Ours is", "Aim"]
# Record and peer -> what was timed, in the words of the figure.
LABELS = {
    ("training_speed", "plain loop"): "a training step of GPT, beside a plain loop",
    ("training_speed", "transformers"): "a training step of GPT, beside transformers",
    ("mlm_step", "transformers"): "a training step of BERT, beside transformers",
    ("generate_speed", "transformers"): "writing with a cache, beside transformers",
    ("scoring_speed", "every pair whole"): "scoring answers, beside reading each pair whole",
    ("context_cost", "transformers"): "one text, short to long, beside transformers",
}


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


def ratios(names: list[str]) -> dict[str, list[tuple[str, float]]]:
    """Select from records how many times as fast ours is: label -> setting, ratio."""
    found: dict[str, list[tuple[str, float]]] = {}
    for name in names:
        for row in load_results(name)["rows"]:
            if "ratio" in row:
                found.setdefault(LABELS[name, row["peer"]], []).append((row["setting"], row["ratio"]))
    return found


def plot(groups: dict[str, list[tuple[str, float]]]) -> Figure:
    """Draw a row for each record and peer, a mark for each setting: filled where ours is the faster."""
    figure, (ax,) = plots.panels([""], width=4.2, height=0.46 * len(groups) + 0.9)
    for y, (label, rows) in enumerate(groups.items()):
        for _, ratio in rows:
            ax.plot(ratio, y, "o", color=plots.INK, markersize=6, markerfacecolor=plots.INK if ratio >= 1 else "white")
        ax.annotate(label, (0, y - 0.22), xycoords=("axes fraction", "data"), va="bottom", fontsize=9)
        ax.plot([1, 1], [y - 0.2, y + 0.2], color=plots.INK, linewidth=1)  # clear of the label above
    ax.set(xscale="log", yticks=[], ylim=(len(groups) - 0.5, -0.8), xlabel="times as fast")
    ticks = (0.5, 1, 2, 5, 10)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    return figure


def aims(names: list[str]) -> tuple[int, int]:
    """Count the aims of records: -> reached, missed."""
    said = " ".join(outcome(row)[1] for name in names for row in load_results(name)["rows"])
    return said.count("reached"), said.count("missed")


def caption(groups: dict[str, list[tuple[str, float]]], reached: int, missed: int) -> str:
    """Say what is drawn, how often ours is slower, where most, and how many aims were reached."""
    rows = [(ratio, f"{label} ({setting})") for label, found in groups.items() for setting, ratio in found]
    slower = [ratio for ratio, _ in rows if ratio < 1]
    least, where = min(rows)
    return (
        f"A mark for each row of the tables below. Left of the line, where a mark is empty, we are slower: "
        f"in {len(slower)} rows of {len(rows)}, most in {where}, {least:.2f} times as fast. "
        f"Of the {reached + missed} aims in these tables {reached} were reached and {missed} missed."
    )


class AllSpeeds(Directive):
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        names = self.arguments[0].split()
        groups = ratios(names)
        alt = "; ".join(f"{label}: {', '.join(f'{ratio:.2f}' for _, ratio in rows)}" for label, rows in groups.items())
        said = f"How many times as fast ours is. {alt}."
        return drawn(self, plot(groups), said, caption(groups, *aims(names)))


def setup(app):
    app.add_directive("benchmark", Benchmark)
    app.add_directive("all-speeds", AllSpeeds)
