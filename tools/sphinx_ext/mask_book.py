"""What the book needs from Sphinx beyond the stock theme.

- everything is served from the page's own folder: fonts, icons, no Thebe, no CDN;
- the execution cache notices changes in src/;
- a description, a favicon and a share card on every page, alt text on every figure;
- one search box, and a search that works from file://;
- nothing is copied into the book that no page loads, and nothing is on a page twice.

It holds no style: that is static/book.css and static/icons.css.
"""

import hashlib
import re
import shutil
from pathlib import Path

from docutils import nodes

HERE = Path(__file__).parent

EXTENSIONS = ("diff", "epub", "math", "numbers", "pictures", "record", "search", "terms", "translation", "wide")

# Copied by the themes, loaded by no page once the icons are ours.
UNUSED = ["scripts/fontawesome.js*", "scripts/*.map", "styles/*.map", "vendor", "locales"]

# The stylesheet's share of Font Awesome: fonts, and one rule an icon.
ICON_FONT = re.compile(
    r"@font-face\{[^}]*Font Awesome[^}]*\}"
    r"|(?<=\})(?:\.fa-[\w-]+:before,?)+\{content:\"[^\"]*\"\}"
)

# A script or preload tag of the stock layout that a page can do without.
SPARE = "fontawesome|searchtools|language_data|searchindex"
SPARE_TAG = re.compile(rf"<script[^>]*(?:{SPARE})\.js[^>]*></script>\s*")


# Light or dark before anything is drawn: the theme decides at the end only, and a first visitor's page
# would be styled and laid out twice.
COLOURS = """{ const { dataset } = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
if ((dataset.mode ?? "auto") === "auto") dataset.theme = system; }"""

# What the theme writes for such a page: it has no rule for "auto", so without scripts there would be no
# colours.
UNDECIDED = re.compile('(<html[^>]* data-theme=)"auto"')


# Markup that confuses a screen reader: a label that differs from the visible text, a retired role, an empty
# column head.
MENDED = {' aria-label="Toggle hidden content"': "", 'role="doc-biblioentry"': 'role="listitem"',
          '<th class="head"><p></p></th>': '<td class="head"></td>'}


# The link of a solution's title begins with the space before its words.
SPACE_INSIDE = re.compile('(?<=Solution to)(<a class="reference internal" href="[^"]*">) ')


# The theme's handling of what is wider than the page. It lays out every closed fold while the page loads, and
# again after each change that a widget makes; reading.js handles what is visible.
THEME_REACH = re.compile(r',"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')


# What Python and a desktop leave in src/, and no chapter reads.
LEFT_BEHIND = re.compile(r"/__pycache__/|\.egg-info/|/\.")


# The style and the script of a widget: the same for all widgets of a class, so a page needs each once.
TWIN_PART = re.compile(r'<style>.*?</style>|<script type="module">.*?</script>', re.DOTALL)


def configure(app, config):
    """Point Sphinx at our files and at local copies of everything."""
    # New lists: Sphinx's own defaults are shared by all books that one process builds.
    config.templates_path = [str(HERE / "templates"), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(HERE / "static")]
    config.html_context["default_mode"] = "auto"
    config.html_favicon = str(HERE / "static" / "favicon.svg")
    config.html_logo = str(HERE / "static" / "logo.svg")
    config.html_theme_options["logo"] = {"text": config.html_title, "alt_text": ""}
    config.html_theme_options["navbar_persistent"] = []            # the sidebar has the search field
    config.html_theme_options["pygments_light_style"] = "a11y-high-contrast-light"
    config.html_theme_options["pygments_dark_style"] = "github-dark"
    config.html_math_renderer = "mathml"                           # book_math.py
    config.nb_execution_cache_path = str(cache_folder(Path(app.srcdir), Path(app.outdir).parent))


def cache_folder(root: Path, build: Path) -> Path:
    """Name the execution cache after the contents of src/; drop the caches of other contents.

    jupyter-cache compares the notebooks' cells only, so a change in the package would go unseen.
    """
    digest = hashlib.sha256()
    for path in sorted((root / "src").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not LEFT_BEHIND.search(name):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    folder = build / f".jupyter_cache-{digest.hexdigest()[:16]}"
    for old in build.glob(".jupyter_cache-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return folder


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


def colab_button(app, pagename: str) -> str:
    """Return a link that opens the page's notebook in Colab; "" for a page that is no notebook."""
    source = app.env.doc2path(pagename, base=False) if pagename in app.env.found_docs else ""
    if not source.endswith(".ipynb"):
        return ""
    options = app.config.html_theme_options
    repository = options["repository_url"].removeprefix("https://github.com/")
    notebook = f"{repository}/blob/{options['repository_branch']}/{source}"
    address = f"{options['launch_buttons']['colab_url']}/github/{notebook}"
    link = f'<a class="sd-btn sd-btn-outline-primary" href="{address}">Run in Colab</a>'
    return f'<p class="run-in-colab">{link}</p>'


def dress_page(app, pagename, templatename, context, doctree):
    """Give the page its description and share card, and drop what it does not need."""
    base = app.config.html_baseurl
    for script in context["script_files"]:
        # No page has to wait for a script, save for the one that inline scripts build on; but
        # the search page's own scripts do not wait either, and need the others before them.
        if getattr(script, "filename", None) and "documentation_options" not in str(script.filename):
            script.attributes["defer"] = None if pagename == "search" else "defer"
    # The kernel's widget state, 100 kB that no script of ours reads; and the script for tabs, where
    # there are none.
    tabs = "sd-tab-set" in context.get("body", "")
    context["script_files"] = [script for script in context["script_files"]
                               if "widget-state" not in script.attributes.get("type", "")
                               and (tabs or "design-tabs" not in str(script.filename))]
    seen = set()
    context["body"] = TWIN_PART.sub(lambda part: "" if part[0] in seen else seen.add(part[0]) or part[0],
                                    context.get("body", ""))
    for old, new in MENDED.items():
        context["body"] = context.get("body", "").replace(old, new)
    context["body"] = SPACE_INSIDE.sub(r" \1", context["body"])
    context["body"] = context["body"].replace("</h1>", "</h1>" + colab_button(app, pagename), 1)
    context["description"] = (describe(doctree) if doctree else "") or app.config.html_title
    context["share_card"] = f"{base}_static/card.png" if base else ""
    context["without_spare_tags"] = lambda html: SPARE_TAG.sub("", html)


def finish(app, error):
    """Take out what no page loads, and give a page its colours where no script does."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for pattern in UNUSED:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    style = static / "styles" / "pydata-sphinx-theme.css"
    style.write_text(ICON_FONT.sub("", style.read_text(encoding="utf-8")), encoding="utf-8")
    script = static / "scripts" / "pydata-sphinx-theme.js"
    script.write_text(THEME_REACH.sub("", script.read_text(encoding="utf-8")), encoding="utf-8")
    for page in Path(app.outdir).glob("**/*.html"):
        html = page.read_text(encoding="utf-8")
        page.write_text(UNDECIDED.sub(r'\1"light"', html, count=1), encoding="utf-8")


def without_thebe(app):
    """Let sphinx-thebe do nothing: it puts a kernel's settings, and one script twice, on every page."""
    app.registry.css_files = [each for each in app.registry.css_files if "thebe" not in each[0]]
    for event, listeners in app.events.listeners.items():
        kept = [each for each in listeners if each.handler.__module__ != "sphinx_thebe"]
        app.events.listeners[event] = kept


def setup(app):
    without_thebe(app)
    for name in EXTENSIONS:
        app.setup_extension(f"book_{name}")
    app.connect("config-inited", configure, priority=1)
    app.connect("doctree-read", mark_models)
    app.connect("doctree-read", describe_pictures)
    app.connect("html-page-context", dress_page, priority=900)
    app.connect("build-finished", finish, priority=900)
    app.add_js_file(None, body=COLOURS, priority=100)
    app.add_css_file("icons.css", priority=900)
    app.add_css_file("book.css", priority=901)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
