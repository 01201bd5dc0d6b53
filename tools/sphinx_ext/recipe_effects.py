"""What each change of the training recipe brings, as a table and as numbers for the prose.

    ```{recipe}                           of assets/results/recipe.json, each change beside the plain recipe
    {record}`recipe_effects/GPT/muon/gain:.2f`       see book_record.py
"""

from statistics import fmean

from docutils import nodes
from docutils.parsers.rst import Directive
from speeds import table

from bertgpt.book.records import RESULTS, load_results

PLATEAU = 0.3        # nats: less than this below the loss of the tokens' frequencies is still the plateau
HEAD = ("Model", "Change", "Held-out loss (nats)", "Seconds a step", "Seeds")


def final_loss(row: dict) -> float:
    """Return the loss that a run ends with, in nats; of the averaged weights where averaging is the change."""
    losses = row["average"] or row["curve"][-1]
    return losses.get("loss_at_mask", losses.get("lm_loss"))


def leaving_step(row: dict, line: float) -> int | None:
    """Return the first evaluated step at which a run is below a line; None where it never is."""
    return next((point["step"] for point in row["curve"] if point["loss_at_mask"] < line), None)


def recipe_effects(record: dict) -> dict:
    """Compare each change of one model with its plain recipe, seed by seed.

    -> model -> change -> the mean `loss`; `apart`, the range over seeds; their `differences` from the plain
    recipe and `gain`, minus the mean of these; `plain_spread`, the range of the plain recipe; `seconds` a step
    and how many % `slower`; for BERT `left`, the steps at which seeds leave the plateau
    """
    about, found = record["about"], {"GPT": {}, "BERT": {}, "plateau": PLATEAU}
    seconds = about.get("seconds_a_step", {})
    for kind in ("GPT", "BERT"):
        runs: dict[str, dict[int, dict]] = {}
        for row in record["rows"]:
            if row["name"].startswith(kind):
                runs.setdefault(row["name"].removeprefix(kind).strip(), {})[row["seed"]] = row
        plain = {seed: final_loss(row) for seed, row in runs["plain"].items()}
        for change, seeds in sorted(runs.items(), key=lambda run: run[0] != "plain"):
            losses = {seed: final_loss(row) for seed, row in seeds.items()}
            differences = [loss - plain[seed] for seed, loss in losses.items() if seed in plain]
            effect = found[kind][change] = {
                "loss": fmean(losses.values()),
                "apart": max(losses.values()) - min(losses.values()),
                "differences": differences,
                "gain": -fmean(differences),
                "plain_spread": max(plain.values()) - min(plain.values()),
            }
            if (step := seconds.get(f"{kind} {change}")) is not None:
                effect["seconds"] = step
                effect["slower"] = 100 * (step / seconds[f"{kind} plain"] - 1)
            if kind == "BERT":
                steps = [leaving_step(row, about["frequencies"] - PLATEAU) for row in seeds.values()]
                effect["left"] = sorted(step for step in steps if step is not None)
    return found


def verdict(change: str, effect: dict) -> str:
    """Say what a change does to the loss.

    A mean difference that is no larger than what another seed does to the plain recipe, or to the
    difference itself, is none. A run that ends on the plateau cannot say what its change is worth.
    """
    differences, left, where = effect["differences"], effect.get("left"), ""
    if left:
        stay = len(differences) - len(left)
        where = f", off the plateau at step {' and '.join(f'{step:,}' for step in left)}"
        where += f", {stay} of {len(differences)} on the plateau" if stay else ""
    elif left is not None:
        where = ", on the plateau"
    if change == "plain":
        return f"{effect['loss']:.3f} ± {effect['apart'] / 2:.3f}{where}"
    if left == []:
        return "on the plateau"
    if len(differences) < 2:
        return "one seed decides nothing"
    if abs(effect["gain"]) <= max(effect["plain_spread"], max(differences) - min(differences)):
        return f"none{where}"
    return f"{-effect['gain']:+.3f}".replace("-", "−") + where


class Recipe(Directive):
    """Draw each change of the recipe beside the plain one."""

    def run(self) -> list[nodes.Node]:
        self.state.document.settings.env.note_dependency(str(RESULTS / "recipe.json"))
        record = load_results("recipe")
        about, effects = record["about"], recipe_effects(record)
        rows = []
        for kind in ("GPT", "BERT"):
            for change, effect in effects[kind].items():
                seconds = f"{effect['seconds']:.2f}" if "seconds" in effect else "–"
                rows.append([kind, change, verdict(change, effect), seconds, str(len(effect["differences"]))])
        steps = " and ".join(f"{about['steps'][kind]:,} steps of {kind}" for kind in ("GPT", "BERT"))
        made = (
            f"{steps}, each of {about['rows']} rows of {about['length']} tokens. A reader who knows only how "
            f"frequent each token is has {about['frequencies']:.2f} nats at [MASK]. Seconds are those of a step "
            f"without evaluation, all changes timed in turn. {about['command']}")
        return [table(HEAD, rows), nodes.paragraph(text=made)]


def setup(app):
    app.add_directive("recipe", Recipe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
