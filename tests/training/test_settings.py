"""Settings of a training: fields are checked; the schedules by hand are in the example of `learning_rate_at`."""

import pytest
from cases import values

from bertgpt.training.settings import SCHEDULES, TrainingSettings, learning_rate_at

WRONG = """steps=0 steps=2.5 steps=True steps='6' warmup=-1 seed=-1 seed=2**32 learning_rate=0.0 learning_rate=nan
    learning_rate=inf betas=0.9 betas=('a',2) bfloat16=1 schedule='square' optimiser=None"""


@pytest.mark.parametrize("changes, field", values(WRONG))
def test_a_value_out_of_range_is_named(changes, field):
    with pytest.raises(ValueError, match=f"^{field} must be .*, not "):
        TrainingSettings(**{"steps": 1} | changes)


def test_the_ends_of_a_range_are_in_it():
    settings = TrainingSettings(steps=1, warmup=0, seed=0, weight_decay=0, betas=[0, 0.999])
    assert settings.betas == (0, 0.999)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_short_trainings_have_a_schedule_too(steps, schedule):
    settings = TrainingSettings(steps=steps, learning_rate=1.0, warmup=100, schedule=schedule)
    rates = [learning_rate_at(step, settings) for step in range(steps)]
    assert all(0 < rate <= 1 for rate in rates) and max(rates) == 1.0
    assert rates.index(1.0) <= steps // 2  # the warm-up takes at most half of all steps
