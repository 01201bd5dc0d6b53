"""What the book needs from Sphinx beyond the stock theme: its extensions, settings, and the heads of its pages.

It holds no style: that is static/book.css. Repairs of the theme are in book_theme.py.
"""

import re
import sys
from pathlib import Path

from docutils import nodes

HERE = Path(__file__).parent
MINUTES_END = "<!-- minutes --></p>"  # where reading.py has told a chapter's minutes
sys.path.append(str(HERE.parent))

from set_address import PLACEHOLDER  # noqa: E402
from stale import notebook_cache  # noqa: E402

# The models' names where they head a part of the page; not "GPT-2", and nothing inside a tag.
HEADING = re.compile(r"<h([1-4])>.*?</h\1>", re.DOTALL)
MODEL = re.compile(r"(?<![\w-])(BERT|GPT)(?![\w-]|[^<]*>)")

# Beside a button that leads nowhere until somebody hosts the book (set_address.py); the repository's is not there.
NOWHERE = "No public address yet: Colab cannot find it."


def configure(app, config):
    """Point Sphinx at our files and at local copies of everything."""
    # New lists: Sphinx's own defaults are shared by all books that one process builds.
    config.templates_path = [str(HERE / "templates"), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(HERE / "static")]
    config.html_context["default_mode"] = "auto"
    config.html_favicon = str(HERE / "static" / "favicon.svg")
    config.html_logo = str(HERE / "static" / "logo.svg")
    config.html_theme_options["logo"] = {"text": config.html_title, "alt_text": ""}
    config.html_theme_options["navbar_persistent"] = []  # the sidebar has the search field
    config.html_theme_options["pygments_light_style"] = "a11y-high-contrast-light"
    config.html_theme_options["pygments_dark_style"] = "github-dark"
    config.html_math_renderer = "mathml"  # book_math.py
    config.nb_execution_cache_path = str(notebook_cache(Path(app.srcdir), Path(app.outdir).parent))


def mark_models(app, doctree):
    """Mark the column heads BERT and GPT, which get the two models' colours and shapes."""
    for entry in doctree.findall(nodes.entry):
        name = entry.astext().strip().lower()
        if isinstance(entry.parent.parent, nodes.thead) and name in ("bert", "gpt"):
            entry["classes"].append(f"{name}-head")


def describe_pictures(app, doctree):
    """Use the text/plain output of a cell's figure as its alt text."""
    containers = list(doctree.findall(nodes.container))
    for bundle in (each for each in containers if each.get("nb_element") == "mime_bundle"):
        words = "".join(part.astext() for part in bundle.children if part.get("mime_type") == "text/plain")
        for image in bundle.findall(nodes.image):
            image.setdefault("alt", " ".join(words.split()).strip("'"))


def describe(doctree) -> str:
    """Return a page's first paragraph, cut to what a search engine shows."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + "…"
    return ""


def colour(name: re.Match) -> str:
    return f'<span class="{name[1].lower()}">{name[1]}</span>'


def repository(app) -> str:
    """Return the repository as OWNER/NAME."""
    return app.config.html_theme_options["repository_url"].removeprefix("https://github.com/")


def colab_button(app, pagename: str) -> str:
    """Return a link that opens the page's notebook in Colab; "" for a page that is no notebook.

    It is a button where it leads somewhere, and else a plain link with a sentence.
    """
    source = app.env.doc2path(pagename, base=False) if pagename in app.env.found_docs else ""
    if not source.endswith(".ipynb"):
        return ""
    options = app.config.html_theme_options
    notebook = f"{repository(app)}/blob/{options['repository_branch']}/{source}"
    address = f"{options['launch_buttons']['colab_url']}/github/{notebook}"
    dead = repository(app) == PLACEHOLDER
    button = "" if dead else ' class="sd-btn sd-btn-outline-primary"'
    note = f' <span class="nowhere">{NOWHERE}</span>' if dead else ""
    return f'<span class="run-in-colab"><a{button} href="{address}">Run in Colab</a></span>{note}'


def add_head(app, pagename, templatename, context, doctree):
    """Give the page its description, its share card and its button, and the models' names in headings their colours."""
    body = HEADING.sub(lambda heading: MODEL.sub(colour, heading[0]), context.get("body", ""))
    context["body"] = body.replace(MINUTES_END, colab_button(app, pagename) + MINUTES_END, 1)
    context["description"] = (describe(doctree) if doctree else "") or app.config.html_title
    context["root_title"] = app.config.html_title
    dead = ["source-repository-button"] if repository(app) == PLACEHOLDER else []
    context["dead_buttons"] = ["launch-buttons", *dead]  # a link under the question does the rocket's work
    if pagename == app.config.root_doc:  # one column: the course's name stands where the sidebar's button would
        context["theme_article_header_start"] = ["navbar-logo.html"]
    base = app.config.html_baseurl
    context["share_card"] = f"{base}_static/card.png" if base else ""


def setup(app):
    for path in sorted(HERE.glob("book_*.py")):
        app.setup_extension(path.stem)
    app.connect("config-inited", configure, priority=1)
    app.connect("doctree-read", mark_models)
    app.connect("doctree-read", describe_pictures)
    app.connect("html-page-context", add_head, priority=900)
    app.add_css_file("book.css", priority=901)
