"""Widgets that work in a notebook and, without a kernel, in the rendered page."""

from bertgpt.widgets.cheat_switch import CheatSwitch
from bertgpt.widgets.cloze_game import ClozeGame
from bertgpt.widgets.head_switcher import HeadSwitcher
from bertgpt.widgets.leak_meter import LeakMeter
from bertgpt.widgets.loss_explorer import LossExplorer
from bertgpt.widgets.mask_explorer import MaskExplorer
from bertgpt.widgets.mask_rate import MaskRate
from bertgpt.widgets.needs_kernel import NeedsKernel
from bertgpt.widgets.pair_picker import PairPicker
from bertgpt.widgets.parity_meter import ParityMeter
from bertgpt.widgets.prompt_desk import PromptDesk
from bertgpt.widgets.query_explorer import QueryExplorer
from bertgpt.widgets.quiz import Quiz
from bertgpt.widgets.sampling_playground import SamplingPlayground
from bertgpt.widgets.six_hacks import SixHacks
from bertgpt.widgets.token_strips import TokenStrips

__all__ = [
    "CheatSwitch", "ClozeGame", "HeadSwitcher", "LeakMeter", "LossExplorer", "MaskExplorer", "MaskRate",
    "NeedsKernel", "PairPicker", "ParityMeter", "PromptDesk", "QueryExplorer", "Quiz", "SamplingPlayground",
    "SixHacks", "TokenStrips",
]
