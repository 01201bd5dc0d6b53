"""Tables of what benchmarks have recorded; where there is no record yet, the page says so.

    ```{benchmark} training_speed         of benchmarks/training_speed.py, ours beside its peers
    ```{recipe} recipe                    of benchmarks/recipe.py, each change beside the plain recipe
"""

from pathlib import Path
from statistics import fmean

from docutils import nodes
from docutils.parsers.rst import Directive

from bertgpt.book.records import RESULTS, load_results

HEAD = ("What", "Beside", "Ours", "Theirs", "Ours is", "Aim")
PLATEAU = 0.3        # nats
CHANGED = ("Model", "Change", "Held-out loss (nats)", "Seconds a step", "Seeds")


def amounts(unit: str, *values: float) -> list[str]:
    """Write values of one row, those after the first with the unit's first word: seconds in ms where one is below 1.

    >>> amounts("s a step", 0.0539, 1.0486), amounts("nats", 1.5)
    (['53.9\xa0ms a step', '1,049\xa0ms'], ['1.5 nats'])
    """
    small = unit.split()[0] == "s" and min(values) < 1
    words, space = ("m" if small else "") + unit, "\N{NO-BREAK SPACE}" if unit.split()[0] == "s" else " "
    return [f"{value * (1000 if small else 1):,.4g}{space}{said}"
            for value, said in zip(values, (words, *[words.split()[0]] * len(values)))]


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
    return [row["setting"], row["peer"], *(said + held.get(side, "") for side, said in both), *outcome(row)]


def provenance(about: dict) -> str:
    """Say on what a record was made: processor, threads, versions, turns, command."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    machine = about["machine"]
    return (f"{about['cpu'] or 'unnamed processor'}, {machine['cores']} cores, {machine['threads']} thread(s), "
            f"{versions}; {about['turns']} turns: {about['command']}")


def table(head: tuple, rows: list[list[str]]) -> nodes.table:
    """Draw a table of texts."""
    row_of = lambda texts: nodes.row("", *(nodes.entry("", nodes.paragraph(text=text)) for text in texts))  # noqa: E731
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += [nodes.thead("", row_of(head)), nodes.tbody("", *map(row_of, rows))]
    return nodes.table("", group)


def held_out(row: dict) -> float:
    """Take the loss that a run ends with, in nats; that of the averaged weights where the average is what was tried."""
    losses = row["average"] or row["curve"][-1]
    return losses.get("loss_at_mask", losses.get("lm_loss"))


def departures(runs: list[dict], line: float) -> str:
    """Say from which look on each run is below a line, in steps of its training."""
    below = ([look["step"] for look in row["curve"] if look["loss_at_mask"] < line] for row in runs)
    first = sorted(steps[0] for steps in below if steps)
    if not first:
        return ", on the plateau"
    stay = f", {len(runs) - len(first)} of {len(runs)} on the plateau" if len(first) < len(runs) else ""
    return f", off the plateau at step {' and '.join(f'{step:,}' for step in first)}{stay}"


def effects(rows: list[dict], kind: str, seconds: dict, frequencies: float | None = None) -> list[list[str]]:
    """Set each change of one model beside its plain recipe, seed by seed, as the texts of a row.

    A mean difference that is no larger than what another seed does to the plain recipe, or to the difference itself,
    is none. seconds: of a step, by name, where they were timed; frequencies: the loss of a reader who knows nothing
    else; a run that ends less than PLATEAU below it cannot say what its change is worth
    """
    runs: dict[str, dict[int, dict]] = {}
    for row in rows:
        if row["name"].startswith(kind):
            runs.setdefault(row["name"].removeprefix(kind).strip(), {})[row["seed"]] = row
    if not (plain := runs.get("plain", {})):
        return []
    losses = [held_out(row) for row in plain.values()]
    spread = max(losses) - min(losses)
    found = []
    for change, seeds in sorted(runs.items(), key=lambda run: run[0] != "plain"):
        apart = [held_out(row) - held_out(plain[seed]) for seed, row in seeds.items() if seed in plain]
        where = "" if frequencies is None else departures(list(seeds.values()), frequencies - PLATEAU)
        if change == "plain":
            said = f"{fmean(losses):.3f}{f' ± {spread / 2:.3f}' * (len(losses) > 1)}{where}"
        elif where == ", on the plateau":
            said = "on the plateau"
        elif len(apart) < 2:
            said = "one seed decides nothing"
        elif abs(fmean(apart)) <= max(spread, max(apart) - min(apart)):
            said = "none" + where
        else:
            said = f"{fmean(apart):+.3f}".replace("-", "−") + where
        step = seconds.get(f"{kind} {change}")
        found.append([kind, change, said, "–" if step is None else f"{step:.2f}", str(len(apart))])
    return found


class Record(Directive):
    """Draw what a script has recorded, or say that there is nothing yet."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        env, name = self.state.document.settings.env, self.arguments[0]
        if not (Path(env.srcdir) / "benchmarks" / f"{name}.py").exists():
            raise self.error(f"there is no benchmarks/{name}.py whose record could stand here")
        env.note_dependency(str(RESULTS / f"{name}.json"))
        if not (RESULTS / f"{name}.json").exists():
            missing = nodes.paragraph("", "", nodes.strong(text="Not recorded yet."), nodes.Text(
                " No number stands here until somebody has run it on a quiet machine: "),
                nodes.literal(text=f"python benchmarks/{name}.py"))
            return [missing]
        return self.draw(load_results(name))


class Benchmark(Record):
    """Ours beside its peers, with what it was made on."""

    @staticmethod
    def draw(found: dict) -> list[nodes.Node]:
        drawn = table(HEAD, [cells(row) for row in found["rows"]])
        drawn["classes"].append("long-rows")                                     # book_wide.py
        return [drawn, nodes.paragraph(text=provenance(found["about"]))]


class Recipe(Record):
    """Each change of the recipe beside the plain one."""

    @staticmethod
    def draw(found: dict) -> list[nodes.Node]:
        about, looks = found["about"], {"GPT": (), "BERT": (found["about"]["frequencies"],)}
        seconds = about.get("seconds_a_step", {})
        rows = [row for kind, beside in looks.items() for row in effects(found["rows"], kind, seconds, *beside)]
        steps = " and ".join(f"{about['steps'][kind]:,} steps of {kind}" for kind in looks)
        made = (f"{steps}, each of {about['rows']} rows of {about['length']} tokens. A reader who knows only how "
                f"frequent each token is has {about['frequencies']:.2f} nats at [MASK]. Seconds are those of a step "
                f"without looks at the held-out text, all changes timed turn about. {about['command']}")
        return [table(CHANGED, rows), nodes.paragraph(text=made)]


def setup(app):
    app.add_directive("benchmark", Benchmark)
    app.add_directive("recipe", Recipe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
