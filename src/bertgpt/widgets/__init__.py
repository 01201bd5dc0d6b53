"""Widgets that work in a notebook and, without a kernel, in the rendered page."""

from bertgpt.widgets.mask_explorer import MaskExplorer

__all__ = ["MaskExplorer"]
