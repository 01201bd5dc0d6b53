"""Names found by a model: one tag a word, read off one token of the word.

BERT's word is read at its first piece (Devlin et al. 2019, section 5.3), which sees the rest. GPT's first piece
does not. Which of its pieces tells more is for the test to say: `piece` chooses.

T tokens of a row, n words of a text.
"""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from ..book.records import fingerprint
from ..evaluation.metrics import share_interval, span_counts, span_f1_interval, span_scores
from ..model.heads import TaggingHead
from ..text.batching import IGNORED, alike_indices, pad, step_seed
from ..text.corpora import TUNED_SPLITS
from ..text.tokenizer import Tokenizer, word_to_token
from ..training.finetuning import HeadedModel, build_inputs, label_objective, predict
from ..training.loop import TrainingSettings, train
from ..weights.pretrained import load_tokenizer
from .classification import ENCODERS, FineTuning
from .entities import (
    TAGS,
    Sentence,
    disguise,
    named_entities,
    show_brackets,
    spans_of,
    tags_of,
    without_title,
)


@dataclass(frozen=True, kw_only=True)
class TaggerTuning(FineTuning):
    """Say how a tagger is trained."""

    frozen: bool                      # the head learns alone
    disguised: float = 0.5            # share of the training sentences whose names are invented anew
    piece: str = "first"              # of a word, that tells its tag: "first" or "last"


class FrozenModel(HeadedModel):
    """Let the head learn alone: the encoder keeps its weights and drops nothing out."""

    def __init__(self, encoder, head):
        super().__init__(encoder.requires_grad_(False), head)

    def train(self, mode: bool = True):
        super().train(mode)
        self.encoder.eval()
        return self


def encode_labels(tokenizer: Tokenizer, sentence: Sentence, n_tokens: int, piece: str = "first") -> list[int]:
    """Put a sentence's tags on the tokens they are read off: -> T labels, IGNORED everywhere else."""
    labels = [IGNORED] * n_tokens
    for place, tag in zip(word_to_token(tokenizer, sentence.text, piece), tags_of(sentence), strict=True):
        labels[place] = TAGS.index(tag)
    return labels


class TaggedBatches:
    """Draw labelled sentences, those of like length together, and disguise the names of some, anew each time.

    `sample(step)` -> input_ids, attention_mask, labels (B, T)
    """

    def __init__(self, labelled, encoder, tokenizer: Tokenizer, tuning: TaggerTuning):
        self.labelled, self.encoder, self.tokenizer, self.tuning = labelled, encoder, tokenizer, tuning
        self.lengths = [len(sentence.text) for sentence in labelled]

    def sample(self, step: int) -> dict[str, Tensor]:
        dice = random.Random(step_seed(self.tuning.seed, step))
        rows, labels = [], []
        for i in alike_indices(self.lengths, self.tuning.batch_size, self.tuning.seed, step):
            sentence = self.labelled[i]
            if dice.random() < self.tuning.disguised:
                sentence = disguise(sentence, dice)
            rows.append(build_inputs(self.encoder, self.tokenizer, sentence.text)[0])
            labels.append(encode_labels(self.tokenizer, sentence, len(rows[-1]), self.tuning.piece))
        ids, mask = pad(rows, self.tokenizer.pad_id)                                       # (B, T)
        return {"input_ids": ids, "attention_mask": mask, "labels": pad(labels, IGNORED)[0]}


class Tagger:
    """A model with a head for five tags, and the vocabulary it reads with."""

    def __init__(self, tuning: TaggerTuning):
        load, source = ENCODERS[tuning.encoder]
        encoder = load(source)
        torch.manual_seed(tuning.seed)
        head = TaggingHead(encoder.config, len(TAGS))
        self.tuning, self.tokenizer = tuning, load_tokenizer(source)
        self.model = (FrozenModel if tuning.frozen else HeadedModel)(encoder, head).eval()

    def learn(self, labelled, report=None) -> list[dict]:
        """Train on labelled sentences; -> the history of training.train."""
        batches = TaggedBatches(labelled, self.model.encoder, self.tokenizer, self.tuning)
        settings = TrainingSettings(steps=self.tuning.steps, learning_rate=self.tuning.learning_rate, warmup=50,
                                    weight_decay=0.01, seed=self.tuning.seed, bfloat16=True)
        return train(self.model, label_objective, batches, settings, report=report)

    def find(self, texts: list[str]) -> list[tuple]:
        """Find the names in texts: -> spans (start, end, label) for each."""
        rows = [build_inputs(self.model.encoder, self.tokenizer, text)[0] for text in texts]
        found = []
        for text, scores in zip(texts, predict(self.model, rows)):                         # (T, C)
            best = scores.argmax(dim=-1).tolist()
            places = word_to_token(self.tokenizer, text, self.tuning.piece)
            found.append(spans_of(text, [TAGS[best[place]] for place in places]))
        return found


def known_names(labelled) -> set[tuple[str, str]]:
    """Give the names that stand in labelled sentences, without their titles: -> (name, label) each."""
    return {(without_title(text[a:b]), label) for text, spans in labelled for a, b, label in spans}


def name_scores(labelled, found, known: set) -> dict:
    """Compare spans found with the labels, all together, label by label, and names met in training or not.

    found: spans for each sentence; known: what `known_names` gives -> precision, recall, f1, f1_interval (over draws
    of sentences) and counts, (n, 3) of `metrics.span_counts`; PERSON_... and PLACE_...; seen_recall and unseen_recall
    (there is no precision: a wrong span is neither), the latter with its interval over draws of *names* and with
    unseen, name -> [found, mentions]: of one name's mentions many are alike
    """
    true, found = [set(spans) for _, spans in labelled], [set(spans) for spans in found]
    scores = span_scores(true, found) | {"f1_interval": list(span_f1_interval(true, found)),
                                         "counts": span_counts(true, found)}
    for label in ("PERSON", "PLACE"):
        of_label = [[{span for span in spans if span[2] == label} for spans in side] for side in (true, found)]
        scores |= {f"{label}_{name}": value for name, value in span_scores(*of_label).items()}
    mentions: dict[tuple[str, str], list[int]] = {}
    for (text, spans), hits in zip(labelled, found):
        for a, b, label in spans:
            counted = mentions.setdefault((without_title(text[a:b]), label), [0, 0])
            counted[0] += (a, b, label) in hits
            counted[1] += 1
    for group, wanted in (("seen", True), ("unseen", False)):
        kept = [counted for name, counted in mentions.items() if (name in known) == wanted]
        scores[f"{group}_recall"] = sum(right for right, _ in kept) / max(sum(n for _, n in kept), 1)
    unseen = {name: counted for (name, label), counted in sorted(mentions.items()) if (name, label) not in known}
    scores["unseen"] = unseen
    if len(unseen) > 1:
        scores["unseen_interval"] = list(share_interval(list(unseen.values())))
    return scores


def entity_hashes() -> dict[str, str]:
    """Give the fingerprint of each split, labels included, to tell whether recorded rows are still about it."""
    return {split: fingerprint(*map(show_brackets, named_entities(split))) for split in TUNED_SPLITS}
