"""Settings of a training: fields are checked, and the learning rate follows its schedule by hand."""

import math

import pytest
import torch
from cases import values

from bertgpt.training.settings import SCHEDULES, TrainingSettings, learning_rate_at

WRONG = """steps=0 steps=2.5 steps=True steps='6' warmup=-1 seed=-1 seed=2**32 learning_rate=0.0 learning_rate=nan
    learning_rate=inf betas=0.9 bfloat16=1 schedule='square' optimiser=None"""


@pytest.mark.parametrize("changes, field", values(WRONG))
def test_a_value_out_of_range_is_named(changes, field):
    with pytest.raises(ValueError, match=f"^{field} must be .*, not "):
        TrainingSettings(**{"steps": 1} | changes)


def test_the_ends_of_a_range_are_in_it():
    settings = TrainingSettings(steps=1, warmup=0, seed=0, weight_decay=0, betas=[0, 0.999])
    assert settings.betas == (0, 0.999)


def test_the_schedule_rises_to_the_peak_and_falls_to_a_tenth():
    settings = TrainingSettings(steps=50, learning_rate=2.0, warmup=10)
    rates = [learning_rate_at(step, settings) for step in range(50)]
    torch.testing.assert_close(rates[:10], [0.2 * (step + 1) for step in range(10)])
    assert rates[10] == max(rates) == 2.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert math.isclose(rates[-1], 0.2)
    # Half way between peak and end a cosine has fallen half of its way.
    middle = learning_rate_at(10, TrainingSettings(steps=21, learning_rate=2.0, warmup=0))
    assert math.isclose(middle, (2.0 + 0.2) / 2)


def test_the_linear_schedule_by_hand():
    settings = TrainingSettings(steps=10, learning_rate=2.0, warmup=2, schedule="linear")
    torch.testing.assert_close(
        [learning_rate_at(step, settings) for step in range(10)], [1.0, 2.0, 2.0, 1.75, 1.5, 1.25, 1.0, 0.75, 0.5, 0.25]
    )


def test_the_trapezoid_falls_over_its_last_fifth():
    settings = TrainingSettings(steps=30, learning_rate=1.0, warmup=5, schedule="trapezoid")
    rates = [learning_rate_at(step, settings) for step in range(30)]
    torch.testing.assert_close(rates[24:], [1.0, 1.0, 0.8, 0.6, 0.4, 0.2])  # 25 steps after the warm-up
    assert rates[4:25] == [1.0] * 21


def test_a_constant_rate_does_not_know_how_long_the_run_is():
    short, long = (TrainingSettings(steps=n, learning_rate=1.0, warmup=4, schedule="constant") for n in (10, 300))
    rates = [learning_rate_at(step, short) for step in range(10)]
    assert rates == [learning_rate_at(step, long) for step in range(10)] == [0.25, 0.5, 0.75] + [1.0] * 7


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_short_trainings_have_a_schedule_too(steps, schedule):
    settings = TrainingSettings(steps=steps, learning_rate=1.0, warmup=100, schedule=schedule)
    rates = [learning_rate_at(step, settings) for step in range(steps)]
    assert all(0 < rate <= 1 for rate in rates) and max(rates) == 1.0
    assert rates.index(1.0) <= steps // 2  # the warm-up takes at most half of all steps
