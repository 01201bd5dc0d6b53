"""Names found by a model: one tag a word, read off one token of the word.

BERT's word is read at its first piece (Devlin et al. 2019, section 5.3), which sees the rest. GPT's first piece
does not. Which of its pieces tells more is for the exam to say: `piece` chooses.

T tokens of a row, n words of a text.
"""

import random
import time
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from ..metrics import span_f1_interval, span_scores
from ..model.heads import TaggingHead
from ..pretrained import load_tokenizer
from ..results import fingerprint
from ..text.batching import IGNORED, pad
from ..text.corpora import TUNED_SPLITS
from ..text.tokenizer import Tokenizer, word_to_token
from ..training.finetuning import HeadedModel, frame, label_objective, predict
from ..training.loop import TrainingSettings, train
from .classification import ENCODERS
from .entities import (
    TAGS,
    Sentence,
    disguise,
    find_capitals,
    find_names,
    find_titled,
    named_entities,
    show_brackets,
    spans_of,
    tags_of,
    without_title,
)


@dataclass(frozen=True)
class Recipe:
    """Say how a tagger is trained."""

    encoder: str                      # one of ENCODERS
    frozen: bool                      # the head learns alone
    steps: int
    learning_rate: float
    disguised: float = 0.5            # share of the training sentences whose names are invented anew
    piece: str = "first"              # of a word, that tells its tag: "first" or "last"
    batch_size: int = 32
    seed: int = 0


class FrozenModel(HeadedModel):
    """Let the head learn alone: the encoder keeps its weights and drops nothing out."""

    def __init__(self, encoder, head):
        super().__init__(encoder.requires_grad_(False), head)

    def train(self, mode: bool = True):
        super().train(mode)
        self.encoder.eval()
        return self


def encode_text(encoder, tokenizer: Tokenizer, text: str) -> list[int]:
    """Frame a text behind a space, so that its first word is spelled like any other: -> T ids."""
    return frame(encoder, tokenizer, " " + text)[0]


def encode_labels(tokenizer: Tokenizer, sentence: Sentence, n_tokens: int, piece: str = "first") -> list[int]:
    """Put a sentence's tags on the tokens they are read off: -> T labels, IGNORED everywhere else."""
    labels = [IGNORED] * n_tokens
    for place, tag in zip(word_to_token(tokenizer, sentence.text, piece), tags_of(sentence), strict=True):
        labels[place] = TAGS.index(tag)
    return labels


class TaggedBatches:
    """Draw labelled sentences and disguise the names of some, anew each time.

    `sample(step)` -> input_ids, attention_mask, labels (B, T)
    """

    def __init__(self, labelled, encoder, tokenizer: Tokenizer, recipe: Recipe):
        self.labelled, self.encoder, self.tokenizer, self.recipe = labelled, encoder, tokenizer, recipe

    def sample(self, step: int) -> dict[str, Tensor]:
        dice = random.Random(self.recipe.seed * 1_000_003 + step)
        rows, labels = [], []
        for sentence in dice.choices(self.labelled, k=self.recipe.batch_size):
            if dice.random() < self.recipe.disguised:
                sentence = disguise(sentence, dice)
            rows.append(encode_text(self.encoder, self.tokenizer, sentence.text))
            labels.append(encode_labels(self.tokenizer, sentence, len(rows[-1]), self.recipe.piece))
        ids, mask = pad(rows, self.tokenizer.pad_id)                                       # (B, T)
        return {"input_ids": ids, "attention_mask": mask, "labels": pad(labels, IGNORED)[0]}


class Tagger:
    """A model with a head for five tags, and the vocabulary it reads with."""

    def __init__(self, recipe: Recipe):
        load, source = ENCODERS[recipe.encoder]
        encoder = load(source)
        torch.manual_seed(recipe.seed)
        head = TaggingHead(encoder.config, len(TAGS))
        self.recipe, self.tokenizer = recipe, load_tokenizer(source)
        self.model = (FrozenModel if recipe.frozen else HeadedModel)(encoder, head).eval()

    def learn(self, labelled, report=None) -> list[dict]:
        """Train on labelled sentences; -> the history of training.train."""
        batches = TaggedBatches(labelled, self.model.encoder, self.tokenizer, self.recipe)
        settings = TrainingSettings(steps=self.recipe.steps, learning_rate=self.recipe.learning_rate, warmup=50,
                                    weight_decay=0.01, seed=self.recipe.seed, bfloat16=True)
        return train(self.model, label_objective, batches, settings, report=report)

    def find(self, texts: list[str]) -> list[tuple]:
        """Find the names in texts: -> spans (start, end, label) for each."""
        rows = [encode_text(self.model.encoder, self.tokenizer, text) for text in texts]
        found = []
        for text, scores in zip(texts, predict(self.model, rows)):                         # (T, C)
            best = scores.argmax(dim=-1).tolist()
            places = word_to_token(self.tokenizer, text, self.recipe.piece)
            found.append(spans_of(text, [TAGS[best[place]] for place in places]))
        return found


def known_names(labelled) -> set[tuple[str, str]]:
    """Give the names that stand in labelled sentences, without their titles: -> (name, label) each."""
    return {(without_title(text[a:b]), label) for text, spans in labelled for a, b, label in spans}


def name_scores(labelled, found, known: set) -> dict:
    """Compare spans found with the labels, all together, label by label, and names met in training or not.

    found: spans for each sentence; known: what `known_names` gives -> precision, recall, f1 and f1_interval, the
    last over draws of sentences; PERSON_... and PLACE_...; seen_recall and unseen_recall (there is no precision:
    a wrong span is neither)
    """
    true, found = [set(spans) for _, spans in labelled], [set(spans) for spans in found]
    scores = span_scores(true, found) | {"f1_interval": list(span_f1_interval(true, found))}
    for label in ("PERSON", "PLACE"):
        of_label = [[{span for span in spans if span[2] == label} for spans in side] for side in (true, found)]
        scores |= {f"{label}_{name}": value for name, value in span_scores(*of_label).items()}
    for group, wanted in (("seen", True), ("unseen", False)):
        kept = [{(a, b, label) for a, b, label in spans
                 if ((without_title(text[a:b]), label) in known) == wanted} for text, spans in labelled]
        scores[f"{group}_recall"] = span_scores(kept, found)["recall"]
    return scores


def exam(split: str) -> tuple[Sentence, ...]:
    """Give what a tagger is scored on: all of the test sentences, every eighth of the validation sentences."""
    return named_entities(split)[:: 8 if split == "validation" else 1]


def run_tagger(recipe: Recipe, report=None) -> dict:
    """Train one tagger and score it: -> a row of JSON values, what `name_scores` gives under each split's name."""
    tagger, known = Tagger(recipe), known_names(named_entities("train"))
    began = time.process_time()
    history = tagger.learn(named_entities("train"), report)
    last = [step["loss"] for step in history[-20:]]
    row = {"tagger": recipe.encoder, **asdict(recipe), "loss": sum(last) / len(last),
           "seconds": history[-1]["seconds"], "cpu_seconds": round(time.process_time() - began, 1)}
    for split in ("validation", "test"):
        found = tagger.find([sentence.text for sentence in exam(split)])
        row[split] = name_scores(exam(split), found, known)
    return row


BASELINES = {"list of the training names": find_names, "list, and what follows a title": find_titled,
             "every capital a person": find_capitals}


def run_baseline(name: str) -> dict:
    """Score a rule of BASELINES on the test sentences, in a row like `run_tagger`'s.

    The validation sentences are labelled by the first rule, so none of them is scored there.
    """
    found = [BASELINES[name](sentence.text) for sentence in exam("test")]
    return {"tagger": name, "test": name_scores(exam("test"), found, known_names(named_entities("train")))}


def data_hashes() -> dict[str, str]:
    """Give the fingerprint of each split, labels included, to tell whether recorded rows are still about it."""
    return {split: fingerprint(*map(show_brackets, named_entities(split))) for split in TUNED_SPLITS}
