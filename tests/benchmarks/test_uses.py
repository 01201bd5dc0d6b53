"""One command records everything: each script plans rows under names of their own and says what they cost."""

import uses


def test_every_script_of_the_list_can_be_recorded_by_one_command():
    names = [script.NAME for script in uses.SCRIPTS]
    assert len(set(names)) == len(names)
    for script in uses.SCRIPTS:
        planned = script.rows()
        assert len({row.name for row in planned}) == len(planned)
        assert all(row.code and row.data and row.seconds > 0 for row in planned)
        assert {"command", "data"} <= set(script.ABOUT) and f"benchmarks/{script.NAME}.py" in script.ABOUT["command"]
