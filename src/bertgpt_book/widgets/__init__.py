# ruff: noqa: F401
"""Widgets that work in a notebook and, without a kernel, in the rendered page."""

from .any_order import AnyOrder
from .cloze_game import ClozeGame
from .cost_calculator import CostCalculator
from .course_test import CourseTest
from .flash_cards import FlashCards
from .head_switcher import HeadSwitcher
from .hybrid import Hybrid
from .leak_meter import LeakMeter
from .left_side import LeftSide
from .mask_explorer import LiveMaskExplorer
from .mask_rate import MaskRate
from .minimal_pair import MinimalPair
from .pair import Pair
from .pair_picker import PairPicker
from .predict import Predict
from .prompt_desk import PromptDesk
from .query_explorer import QueryExplorer
from .quiz import Quiz
from .real_model import RealModel
from .sampling_playground import SamplingPlayground
from .seven_hacks import SevenHacks
from .token_strips import TokenStrips
from .train_your_own import TrainYourOwn
from .two_searches import TwoSearches
