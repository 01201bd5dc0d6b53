"""Persons and places in novels that no model of this course has read, labelled by people: LitBank.

Its readers marked every mention of a person or a place, named or not ("Mr. Bennet", "his wife"). Our question is
about names, so those are taken out by a rule. Bamman, Popat and Shen 2019.
"""

import re
from functools import cache

from gazetteer import longest

from bertgpt.assets import read_asset
from bertgpt_book.tasks.entities import Sentence, llm_labelled, tags_of, word_spans

PERSUASION = "Persuasion"  # held out from all models; the other works were never among their texts
KINDS = {"PER": "PERSON", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE"}  # vehicles and organisations: no names
SMALL = frozenset("of de la le du des von van the".split())  # within a name: "the Isle of Wight"
BEFORE = re.compile(r"(?!(?:of|in|on|at|by|to|from|for|with|who|whom|whose|which|that|and|or)$)[a-z-]+")  # "poor old"
AFTER = frozenset(", ( ; : -- of in on at by from with who whom whose which that".split())
# What alone names nobody: "the Captain", "Mother", "the Hall".
COMMON = frozenset(
    "Mr Mrs Ms Miss Misses Messrs Master Mistress Madame Madam Mademoiselle Monsieur Dr Doctor Sir Lady Lord Lords "
    "Dame Captain Colonel General Admiral Major Lieutenant Sergeant Honourable Hon Rev Reverend Count Countess Baron "
    "Duke Duchess Prince Princess Queen King Emperor Squire Judge Governor President Bishop Father Mother Papa Mamma "
    "Mama Aunt Auntie Uncle Cousin Brother Sister Son Daughter Signor Signora Grandfather Grandmother Esq Jr St God "
    "Heaven Nature Providence Here There That Those Nobody Somebody Everybody Everyone None Another Others One All "
    "Many Most Abbey Castle Church Common Court Grove Hall Hill House Lane Lodge Park Parsonage Rectory Place Road "
    "Square Street Wood River Sea Lake".split()
)


def name_in(words: list[str]) -> tuple[int, int] | None:
    """Find the name in a mention: its run of capitals, after an article and adjectives, before what tells more.

    -> (start, stop) in words, or None where the mention names nobody
    """
    start = next(
        (i for i, word in enumerate(words) if word[0].isupper() and word not in ("The", "A", "An")), len(words)
    )
    stop = start
    for i in range(start, len(words)):
        if words[i][0].isupper():
            stop = i + 1
        elif words[i] not in SMALL:
            break
    leads = all(BEFORE.fullmatch(word.lower()) for word in words[:start])
    ends = stop == len(words) or words[stop] in AFTER
    common = {word.strip(".") for word in words[start:stop] if word[0].isupper()} <= COMMON
    return (start, stop) if leads and ends and not common else None


def names_of(words: list[str], mentions: str, elsewhere: set[str]) -> tuple:
    """Choose a sentence's names from its mentions, the longest of those that overlap: -> (start, stop, label) in words.

    elsewhere: words that the work prints in small letters, so that a capital at a sentence's beginning tells nothing
    """
    names = []
    for begin, end, kind in (each.split("-") for each in mentions.split()):
        span = name_in(words[int(begin) : int(end)]) if kind in KINDS else None
        if span and not (int(begin) + span[1] == 1 and words[0].lower() in elsewhere):
            names.append((int(begin) + span[0], int(begin) + span[1], KINDS[kind]))
    return longest(names)


OPENING, CLOSING = "([“‘", ")]”.,;:!?"


def print_words(words: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """Write words as a book prints them, with the quotation marks of our texts: -> text, (start, end) of each word."""
    text, places, n_marks = "", [], 0
    for number, word in enumerate(words, start=1):
        n_marks += word == '"'
        ends = word == '"' and (n_marks % 2 == 0 or number == len(words))
        closes = ends or word[0] in CLOSING or re.fullmatch(r"['’]\w+|n['’]t|['’]", word)
        opened = text[-1:] in ("", *OPENING) or text[-1:] == '"' and n_marks % 2 and word != '"'
        word = re.sub(r"^(Mr|Mrs|Dr|Messrs)\.$", r"\1", word)  # as *Persuasion* prints them
        text += "" if closes or opened else " "
        places.append((len(text), len(text) + len(word)))
        text += word
    return text.translate(str.maketrans("“”‘’", "\"\"''")), places


def sentence_of(words: list[str], mentions: str, elsewhere: set[str]) -> Sentence:
    """Make a sentence with the names that are in it, as spans of characters."""
    text, places = print_words(words)
    names = names_of(words, mentions, elsewhere)
    return Sentence(text, tuple((places[start][0], places[stop - 1][1], label) for start, stop, label in names))


@cache
def whole_works() -> dict[str, tuple[Sentence, ...]]:
    """Load all sentences: -> work -> sentences with their names."""
    works: dict[str, list[tuple[list[str], str]]] = {}
    for line in read_asset("labelled/litbank.tsv.xz").splitlines()[1:]:
        work, words, mentions = line.split("\t")
        works.setdefault(work, []).append((words.split(), mentions))
    elsewhere = {work: {word for words, _ in rows for word in words if word.islower()} for work, rows in works.items()}
    return {work: tuple(sentence_of(*row, elsewhere[work]) for row in rows) for work, rows in works.items()}


def human_labelled() -> dict[str, list[Sentence]]:
    """Choose the sentences of 8 to 45 words, without headings in capitals: -> work -> sentences with their names."""
    return {work: [each for each in whole if fits(each.text)] for work, whole in whole_works().items()}


def fits(text: str) -> bool:
    return 8 <= len(text.split()) <= 45 and not re.search(r"\b[A-Z]{4,}\b", text)


def labels_of(sentence: Sentence) -> list[tuple[str, str]]:
    """Label each word, punctuation left out: -> (word, label), the label PERSON, PLACE or O."""
    tagged = zip(word_spans(sentence.text), tags_of(sentence), strict=True)
    return [(sentence.text[a:b], tag.partition("-")[2] or tag) for (a, b), tag in tagged if sentence.text[a].isalnum()]


def labelled_twice() -> list[list[tuple[str, str, str]]]:
    """Find our sentences of *Persuasion* in LitBank's part: -> of each its words, as (word, our label, LitBank's)."""
    theirs = [pair for sentence in whole_works()[PERSUASION] for pair in labels_of(sentence)]
    running, found = [word.lower() for word, _ in theirs], []
    for sentence in llm_labelled():
        ours = labels_of(sentence)
        words, n = [word.lower() for word, _ in ours], len(ours)
        for i in range(len(running) - n + 1):
            if running[i : i + n] == words:
                found.append([(*own, other) for own, (_, other) in zip(ours, theirs[i : i + n])])
    return found
