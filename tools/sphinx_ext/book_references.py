"""References: the list names a work as the text does, "Vaswani et al., 2017", with its title as it was published."""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.alpha import Style as Alphabetical
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.template import field, sentence


class Names(BaseLabelStyle):
    """Label a work with its authors and its year."""

    def format_labels(self, sorted_entries):
        for entry in sorted_entries:
            authors = [" ".join([*person.prelast_names, *person.last_names]) for person in entry.persons["author"]]
            few = len(authors) < 3 and "others" not in authors
            who = " and ".join(authors) if few else f"{authors[0]} et al."
            yield f"{who}, {entry.fields['year']}"


class Style(Alphabetical):
    default_label_style = Names

    def format_title(self, e, which_field, as_sentence=True):
        title = field(which_field)
        return sentence[title] if as_sentence else title


def setup(app):
    register_plugin("pybtex.style.formatting", "names_and_years", Style)
