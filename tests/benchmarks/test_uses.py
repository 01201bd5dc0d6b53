"""One command records everything: each script plans rows under names of their own and says what they cost."""

import uses

ROWS = {script: script.rows() for parts in uses.PLAN.values() for script in parts}


def test_every_script_of_the_plan_can_be_recorded_by_one_command():
    assert len({script.NAME for script in ROWS}) == len(ROWS) == 7
    for script, planned in ROWS.items():
        assert len({row.name for row in planned}) == len(planned)
        assert all(row.code and row.data and row.seconds > 0 for row in planned)
        assert {"command", "data"} <= set(script.ABOUT) and f"benchmarks/{script.NAME}.py" in script.ABOUT["command"]


def of(*chapters):
    """Name the rows that chapters need, once each, with their seconds."""
    return {(script.NAME, row.name): row.seconds for chapter in chapters
            for script, wanted in uses.PLAN[chapter].items() for row in uses.needed(ROWS[script], wanted)}


def seconds(*chapters):
    """Add up what can be made with the weights that ship."""
    return sum(cost for (_, name), cost in of(*chapters).items() if "TinyBoth" not in name)


def test_all_of_it_takes_7000_seconds_and_a_chapter_is_recorded_alone():
    assert 1000 < seconds("14") < 2000 < seconds("13", "14") < 7500
    assert set(of("13", "14")) == {(script.NAME, row.name) for script, planned in ROWS.items() for row in planned}


def test_what_a_chapter_needs_of_a_script_is_told_by_words_of_its_name():
    rows = uses.needed(ROWS[uses.text_classification], ("sentiment", "Tiny"))
    assert [row.name for row in rows] == [f"sentiment Tiny{name} fine-tuned {seed}" for name in ("BERT", "GPT")
                                          for seed in range(3)]
