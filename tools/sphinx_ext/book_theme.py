"""Repairs of what the stock theme writes, by patterns that fit the versions of requirements.txt.

Everything is served from the page's own folder, and nothing is copied into the book that no page loads.
"""

import re
import shutil
from pathlib import Path

# Copied by the themes, loaded by no page once the icons are ours.
UNUSED = ["scripts/fontawesome.js*", "scripts/*.map", "styles/*.map", "vendor", "locales"]

# The stylesheet's share of Font Awesome: fonts, and one rule an icon.
ICON_FONT = re.compile(
    r"@font-face\{[^}]*Font Awesome[^}]*\}"
    r"|(?<=\})(?:\.fa-[\w-]+:before,?)+\{content:\"[^\"]*\"\}"
)

# Tags of the stock layout that a page can do without: scripts, preloads that would come before the styles, and a
# viewport that the page has already.
SPARE = "fontawesome|searchtools|language_data|searchindex"
SPARE_TAG = re.compile(
    rf"""(?:<script[^>]*(?:{SPARE})\.js[^>]*></script>|<link rel="preload"[^>]*>|"""
    r"""<meta (?=[^>]*name="viewport")[^>]*>)\s*"""
)

# Light or dark before anything is drawn: the theme decides at the end only, and a first visitor's page
# would be styled and laid out twice.
COLOURS = """{ const { dataset } = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
if ((dataset.mode ?? "auto") === "auto") dataset.theme = system; }"""

# What the theme writes for such a page: it has no rule for "auto", so without scripts there would be no
# colours.
UNDECIDED = re.compile('(<html[^>]* data-theme=)"auto"')

# What a page has that needs a script.
WANTED = {"design-tabs": "sd-tab-set", "togglebutton": "dropdown"}

# Markup that confuses a screen reader: a retired role, an empty column head.
MENDED = {'role="doc-biblioentry"': 'role="listitem"', '<th class="head"><p></p></th>': '<td class="head"></td>'}

# The fold of a page that has pages below it in the contents: it needs a name.
UNNAMED = '<summary><span class="toctree-toggle"'

# The page at the root only leads on to the first one. It has no head, so a browser would ask the host for an icon.
LEADS_ON = '<meta http-equiv="Refresh"'
ICON = '<link rel="icon" href="_static/favicon.svg">'

# The link of a solution's title begins with the space before its words.
SPACE_INSIDE = re.compile('(?<=Solution to)(<a class="reference internal" href="[^"]*">) ')

# The theme's handling of what is wider than the page. It lays out every closed fold while the page loads, and
# again after each change that a widget makes; reading.js handles what is visible.
THEME_REACH = re.compile(r',"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')

# Measured for the button "Back to top" before the page is drawn, which lays the whole page out at once.
MEASURED = re.compile(r'\w+\.getElementsByClassName\("bd-header"\)\[0\]\.getBoundingClientRect\(\)')


# The parts of the contents that are for looking things up.
BACK = re.compile(
    r'(<p [^>]*class="caption"[^>]*><span class="caption-text">(?:Back matter|The package)</span></p>)\s*(?=<ul)'
)


def fold_back_matter(html: str) -> str:
    """Fold the parts of the contents after the chapters, on all pages but their own."""
    for caption in reversed([*BACK.finditer(html)]):
        depth, end = 0, caption.end()
        for tag in re.compile(r"<(/?)ul\b").finditer(html, caption.end()):
            depth += -1 if tag[1] else 1
            if not depth:
                end = html.index(">", tag.end()) + 1
                break
        pages = html[caption.end() : end]
        state = " open" if "current" in pages else ""
        folded = f'<details class="part"{state}><summary>{caption[1]}</summary>{pages}</details>'
        html = html[: caption.start()] + folded + html[end:]
    return html


def mend_page(app, pagename, templatename, context, doctree):
    """Defer scripts, drop what the page does not need, and mend what a screen reader stumbles over."""
    for script in context["script_files"]:
        # No page has to wait for a script, except for the one that inline scripts build on; but
        # the search page's own scripts do not wait either, and need the others before them.
        if getattr(script, "filename", None) and "documentation_options" not in str(script.filename):
            script.attributes["defer"] = None if pagename == "search" else "defer"
    body = context.get("body", "")
    # Drop the kernel's widget state, 100 kB that no script reads, and scripts for what does not stand here.
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "widget-state" not in script.attributes.get("type", "")
        and all(what in body for name, what in WANTED.items() if name in str(script.filename))
    ]
    for old, new in MENDED.items():
        body = body.replace(old, new)
    context["body"] = SPACE_INSIDE.sub(r" \1", body)
    context["metatags"] = SPARE_TAG.sub("", context.get("metatags", ""))
    context["without_spare_tags"] = lambda html: SPARE_TAG.sub("", html)


def finish(app, error):
    """Take out what no page loads, and give a page its colours where no script does."""
    if error:
        return
    static = Path(app.outdir) / "_static"
    for pattern in UNUSED:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    style, script = static / "styles" / "pydata-sphinx-theme.css", static / "scripts" / "pydata-sphinx-theme.js"
    for path, pattern, new in (
        (style, ICON_FONT, ""),
        (script, THEME_REACH, ""),
        (static / "scripts" / "bootstrap.js", MEASURED, "{bottom:0}"),
    ):
        path.write_text(pattern.sub(new, path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in (script, static / "togglebutton.js"):
        path.write_text(path.read_text(encoding="utf-8").replace("console.log(", "void("), encoding="utf-8")
    for page in Path(app.outdir).glob("**/*.html"):
        html = page.read_text(encoding="utf-8")
        html = html.replace(UNNAMED, f'<summary aria-label="Its pages">{UNNAMED.removeprefix("<summary>")}')
        html = fold_back_matter(html.replace(LEADS_ON, ICON + LEADS_ON))
        page.write_text(UNDECIDED.sub(r'\1"light"', html, count=1), encoding="utf-8")


def without_thebe(app):
    """Let sphinx-thebe do nothing: it puts a kernel's settings, and one script twice, on every page."""
    app.registry.css_files = [each for each in app.registry.css_files if "thebe" not in each[0]]
    for event, listeners in app.events.listeners.items():
        kept = [each for each in listeners if each.handler.__module__ != "sphinx_thebe"]
        app.events.listeners[event] = kept


def setup(app):
    without_thebe(app)
    app.connect("html-page-context", mend_page, priority=900)
    app.connect("build-finished", finish, priority=900)
    app.add_js_file(None, body=COLOURS, priority=100)
    app.add_css_file("icons.css", priority=900)
