"""What models did in somebody else's tests, pair by pair, from the record of benchmarks/exams.py.

n pairs of a paradigm.
"""

import numpy as np

from ..exams.exams import summarise
from ..records import recorded
from .fair_fight import to_scores


def recorded_marks(row: str, way: str = "left to right") -> dict[str, np.ndarray]:
    """Read a model's marks: -> paradigm -> (n,), 1 where it prefers the right sentence, 0 the wrong one, 1/2 for a tie.

    row: a model and a test, such as "littlegpt, zorro"; way: how the model was asked
    """
    marks = recorded("exams")[row]["ways"][way]["marks"]
    return {paradigm: to_scores(each) for paradigm, each in marks.items()}


def lead(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict:
    """Average one model's marks minus another's on the same pairs, in points, with the intervals of `summarise`."""
    return summarise({paradigm: 100 * (ours[paradigm] - theirs[paradigm]) for paradigm in ours})
