"""The class behind every widget: an anywidget that works with a kernel, and in a page without one."""

import hashlib
import html
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets
from torch import Tensor

from bertgpt.text.tokenizer import Tokenizer

from .bundle import bundle

_FOLDER = Path(__file__).parent


def source(name: str) -> str:
    """Read a script or a style sheet of this folder, comments and all."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def module(name: str) -> str:
    """Write a widget's script, which exports `render`, and all that it imports as the module that anywidget takes."""
    return bundle(_FOLDER / name) + "\nexport default { render };\n"


def style(*names: str) -> str:
    """Put the sheets that all widgets share before those that only some of them need."""
    return "".join(map(source, ("common.css", "figures.css", *names)))


def escape_json(value: object) -> str:
    """Write JSON that no HTML parser can take for an end tag, a comment or a character reference."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def rounded(values: Tensor | Sequence[float] | float, *, decimals: int | None = None, significant: int = 3) -> Any:
    """Turn a tensor into nested lists of short numbers: `decimals` places, or `significant` digits.

    With significant digits a small number stays distinct from an exact zero. A scalar gives one number.
    Raises ValueError when a number is not finite: JSON cannot hold it, and the page would stay empty.
    """
    values = values.detach().cpu().double() if isinstance(values, Tensor) else torch.tensor(values, dtype=torch.float64)
    if values.ndim:
        return [rounded(part, decimals=decimals, significant=significant) for part in values]
    number = float(values)
    if not math.isfinite(number):
        raise ValueError(f"a widget shows finite numbers only, not {number}: check its arguments")
    number = round(number, decimals) if decimals is not None else float(f"{number:.{significant}g}")
    return int(number) if number == int(number) else number


SIGNS = str.maketrans({" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"})  # white space, made visible


def readable(token: str) -> str:
    """Write a token for a table: a word without its space, a piece from inside a word after an ellipsis.

    >>> [readable(token) for token in (" sea", "ing", ",", "\\t")]
    ['sea', '…ing', ',', '⇥']
    """
    word = token.strip() or token.translate(SIGNS)
    return f"…{word}" if token == word and word[:1].isalnum() else word


def most_probable(probs: Tensor, tokenizer: Tokenizer, k: int) -> list[list]:
    """List the k most probable tokens as the page shows them, the most probable first.

    probs: (V,) -> [[token, probability], ...]
    """
    p, ids = probs.topk(k)  # (k,) each
    return [[readable(token), share] for token, share in zip(tokenizer.tokens(ids), rounded(p, significant=4))]


_PAGE = """<div class="bertgpt" data-bertgpt="{kind}" data-state="{digest}">\
<script type="application/json">{state}</script>\
<noscript>{without}</noscript></div>
<style>
{style}</style>
<script type="module">
{module}
{start}</script>
"""

# Style and script are the same for all widgets of a class, so a page may keep one copy of each: the first script
# to run starts them all, each from its own state. What a reader changes survives a reload and a return to the page,
# in this tab only. The key holds the state's digest, so that a new edition of the page starts afresh.
_START = """document.querySelectorAll('[data-bertgpt="KIND"]').forEach((el, place) => {
  if ("started" in el.dataset) return;
  el.dataset.started = "";
  const json = el.querySelector("script").textContent;
  const key = `${location.pathname} KIND ${place} ${el.dataset.state}`;
  let changed = {};
  try { changed = JSON.parse(sessionStorage.getItem(key)) ?? {}; } catch { /* denied */ }
  const state = { ...JSON.parse(json), ...changed };
  const listeners = {};
  const model = {
    get: (name) => state[name],
    set(name, value) {
      state[name] = changed[name] = value;
      try { sessionStorage.setItem(key, JSON.stringify(changed)); } catch { /* denied, or full */ }
      for (const act of listeners[`change:${name}`] ?? []) act();
    },
    on: (event, act) => (listeners[event] ??= []).push(act),
    off() {},
    save_changes() {},
  };
  render({ model, el });
});
"""


class StaticWidget(anywidget.AnyWidget):
    """Show a widget that also works in a page with no kernel and no network.

    Its `text/html` is the same JavaScript module, the state as JSON, and a substitute for what a kernel would keep.
    A subclass sets `_esm = module("its.js")`, and `_css = style("its.css")` where it has a sheet of its own,
    tags what the page needs with `sync=True` and gives `label` a default.
    """

    _css = style()
    label = traitlets.Unicode(help="what a screen reader calls the figure").tag(sync=True)

    def _without_scripts(self) -> str:
        return f"{self.label}: this figure is drawn by a script, and scripts are off."

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"

    def page_state(self) -> dict:
        """Collect the traits that the page's script reads."""
        inherited = anywidget.AnyWidget.class_trait_names()
        names = [n for n in self.trait_names(sync=True) if n not in inherited and not n.startswith("_")]
        return {name: getattr(self, name) for name in names}

    def static_html(self) -> str:
        """Write the widget as HTML that needs nothing else; the same state gives the same text."""
        kind, state = type(self).__name__, escape_json(self.page_state())
        return _PAGE.format(
            kind=kind,
            digest=hashlib.sha256(state.encode("utf-8")).hexdigest()[:12],
            state=state,
            without=html.escape(self._without_scripts()),
            style=self._css,
            module=self._esm,
            start=_START.replace("KIND", kind),
        )

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        bundle = super()._repr_mimebundle_(**kwargs)
        assert bundle is not None  # only a widget without a view has none
        data, metadata = bundle
        return {**data, "text/plain": repr(self), "text/html": self.static_html()}, metadata
