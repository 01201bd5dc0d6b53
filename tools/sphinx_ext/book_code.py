"""Code blocks as they are written into a page: fewer elements, and lines that wrap under their own beginning.

Names, operators, punctuation and spaces have the colour of the block itself, and more than half of a chapter's
elements would be these. book.css wraps a line that a phone cannot hold.
"""

import html
import re

BLOCK = re.compile(r'(<div class="highlight"><pre>)<span></span>(.*?)(</pre>)', re.DOTALL)
PLAIN = re.compile(r'<span class="(?:n|o|p|w|nn|nx|pm)">([^<]*)</span>')
TAG = re.compile(r"<[^>]*>")
PHONE = 34  # characters that always fit
LONG = re.compile(r"<[^>]*>|(?:[^\s<>&]|&\w+;){16,}")  # a tag, or text without a space
JOINT = re.compile(r"(?<=[(\[._=,])(?=\w)")


def breakable(line: str) -> str:
    """Let the long words of a line of HTML break after a dot, a bracket or an underscore.

    >>> breakable("a = masks.causal_mask(n_keys)")
    'a = masks.<wbr>causal_<wbr>mask(<wbr>n_<wbr>keys)'
    """
    return LONG.sub(lambda found: found[0] if found[0][0] == "<" else JOINT.sub("<wbr>", found[0]), line)


def hang(line: str) -> str:
    """Make one element of a line, its end included, that may not fit."""
    text = html.unescape(TAG.sub("", line))
    indent = len(text) - len(text.lstrip(" "))
    return f'<span class="line" style="--indent: {indent}">{breakable(line)}</span>' if len(text) > PHONE else line


def write_block(found: re.Match) -> str:
    lines = PLAIN.sub(r"\1", found[2]).splitlines(keepends=True)
    return found[1] + "".join(map(hang, lines)) + found[3]


def write_blocks(app, pagename, templatename, context, doctree):
    context["body"] = BLOCK.sub(write_block, context.get("body", ""))


def setup(app):
    app.connect("html-page-context", write_blocks, priority=900)
