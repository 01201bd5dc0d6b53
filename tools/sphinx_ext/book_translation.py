"""What a translated book needs from Sphinx: all its messages, its contents, the language of each page.

Sphinx takes messages from the finished page, where a button and an exercise are no longer what they
were. It puts translations in before the first page has its table of contents, and a solution is named
after its exercise's English. A page without a catalogue stays English, also in a German book, and its
`lang` attribute says so.
"""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes, locale
from sphinx.transforms import SphinxTransform
from sphinx_exercise.nodes import exercise_subtitle, is_exercise_node


class KeepMessages(SphinxTransform):
    """Let the words of a button and the name of an exercise be messages."""

    default_priority = 19  # before Sphinx puts the translations in

    def apply(self):
        for node in [*self.document.findall(nodes.TextElement)]:
            if isinstance(node, exercise_subtitle) or node.get("translatable"):
                node.rawsource, node.source = node.astext(), node.source or self.document["source"]
                if self.app.builder.name == "gettext":
                    self.stand_in(node)

    def stand_in(self, node):
        """Put a paragraph of the same words before a node that resolving references will replace."""
        message = nodes.paragraph(node.rawsource, node.rawsource)
        message.source, message.line = node.source, node.line
        while not isinstance(node.parent, (nodes.section, nodes.document)):
            node = node.parent
        node.parent.insert(node.parent.index(node), message)


def translate_rest(app, doctree):
    """Translate the captions of the contents; take pages' and exercises' own titles for their links."""
    if app.config.language == "en":
        return
    for exercise in doctree.findall(is_exercise_node):
        app.env.sphinx_exercise_registry[exercise["label"]]["node"] = exercise.deepcopy()
    catalogue, _ = locale.init([str(Path(app.srcdir) / "locales")], app.config.language, app.env.docname)
    for contents in doctree.findall(addnodes.toctree):
        contents["entries"] = [(None, page) for _, page in contents["entries"]]
        for message in contents.extract_original_messages():
            contents.apply_translated_message(message, catalogue.gettext(message))


def name_language(app, pagename, templatename, context, doctree):
    """Call a page English that nobody has translated."""
    folder = Path(app.srcdir) / "locales" / app.config.language / "LC_MESSAGES"
    if pagename in app.env.found_docs and not (folder / f"{pagename}.po").exists():
        context["language"] = "en"


def setup(app):
    app.add_transform(KeepMessages)
    app.connect("doctree-read", translate_rest, priority=900)  # the contents are put in at 500
    app.connect("html-page-context", name_language)
