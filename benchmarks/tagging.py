"""Find names with a model: one tag per word, predicted at one token of the word.

BERT's words are tagged at their first token (Devlin et al. 2019, section 5.3), which attends to the others. GPT's
cannot: `piece` chooses.

B batch, T tokens of a row, D d_model, C tags, n words of a text.
"""

import random
import re
from dataclasses import dataclass
from functools import cache

from encoders import FineTuning, bucketed_indices, label_objective, load_encoder, settings_for
from gazetteer import TITLE, gazetteer
from torch import Tensor, nn

from bertgpt.model.config import TransformerConfig
from bertgpt.text.batching import IGNORED, pad, step_seed
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.finetuning import HeadedModel, build_inputs, predict
from bertgpt.training.loop import train
from bertgpt_book.tasks.entities import LABELS, TAGS, Sentence, spans_of, tags_of
from bertgpt_book.widgets.head_switcher import word_to_token

# Words for a kind of place: no more part of a name than a title is.
PLACE_WORDS = set(
    "Abbey Buildings Castle Common Court Grove Hall Hill House Lane Lodge Park Parsonage Place Road Square Street Wood "
    "of".split()
)


def without_title(name: str) -> str:
    """Remove the titles from a name: "Mrs. John Dashwood" -> "John Dashwood"."""
    return re.sub(rf"^(?:{TITLE})+", "", name)


@cache
def name_halves() -> dict[str, tuple[list[str], list[str]]]:
    """Split the listed one-word names in two: label -> first halves, second halves."""
    single = {
        label: sorted(name for name in gazetteer()[label] if name.isalpha() and not name.endswith("s"))
        for label in LABELS
    }
    return {
        label: ([name[: (len(name) + 1) // 2] for name in names], [name[(len(name) + 1) // 2 :] for name in names])
        for label, names in single.items()
    }


def replace_names(sentence: Sentence, rng: random.Random) -> Sentence:
    """Replace names by invented ones, so that only titles and context tell what they are.

    A few hundred names would be learned by heart. The first half of one and the second half of another make a new one:
    "Weston" and "Bingley" give "Wesley". Titles and words such as "Street" stay.
    """
    new, text, spans, done = {}, "", [], 0
    for start, end, label in sentence.spans:
        name = sentence.text[start:end]
        bare = without_title(name)
        beginnings, endings = name_halves()[label]
        for word in re.findall(r"\w\w+", bare):
            if word not in PLACE_WORDS and word not in new:
                new[word] = rng.choice(beginnings) + rng.choice(endings) + "s" * word.endswith("s")
        name = name[: len(name) - len(bare)] + re.sub(r"\w\w+", lambda word: new.get(word[0], word[0]), bare)
        text += sentence.text[done:start]
        spans.append((len(text), len(text) + len(name), label))
        text, done = text + name, end
    return Sentence(text + sentence.text[done:], tuple(spans))


class TaggingHead(nn.Module):
    """Give every token one of C tags, read off at the token itself: (B, T, D) -> logits (B, T, C)."""

    def __init__(self, config: TransformerConfig, n_tags: int):
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.d_model, n_tags)

    def forward(self, hidden: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        return self.classifier(self.dropout(hidden))  # (B, T, C)


@dataclass(frozen=True, kw_only=True)
class TaggerTuning(FineTuning):
    """Settings of training a tagger."""

    frozen: bool  # train only the head
    piece: str = "first"  # the token of a word that predicts its tag: "first" or "last"


class FrozenModel(HeadedModel):
    """Train only the head: the encoder keeps its weights and applies no dropout."""

    def __init__(self, encoder, head):
        super().__init__(encoder.requires_grad_(False), head)

    def train(self, mode: bool = True):
        super().train(mode)
        self.encoder.eval()
        return self


def encode_labels(tokenizer: Tokenizer, sentence: Sentence, n_tokens: int, piece: str = "first") -> list[int]:
    """Put each word's tag on the token that predicts it: -> T labels, IGNORED everywhere else."""
    labels = [IGNORED] * n_tokens
    positions = word_to_token(tokenizer, sentence.text, piece)
    for position, tag in zip(positions, tags_of(sentence), strict=True):
        labels[position] = TAGS.index(tag)
    return labels


class TaggedBatches:
    """Draw labelled sentences of similar length, half of them with newly invented names.

    `sample(step)` -> input_ids, attention_mask, labels (B, T)
    """

    def __init__(self, labelled, encoder, tokenizer: Tokenizer, tuning: TaggerTuning):
        self.labelled, self.encoder, self.tokenizer, self.tuning = labelled, encoder, tokenizer, tuning
        self.lengths = [len(sentence.text) for sentence in labelled]

    def sample(self, step: int) -> dict[str, Tensor]:
        tuning, rows, labels = self.tuning, [], []
        rng = random.Random(step_seed(tuning.seed, step))
        for i in bucketed_indices(self.lengths, tuning.batch_size, tuning.seed, step):
            sentence = self.labelled[i]
            if rng.random() < 0.5:
                sentence = replace_names(sentence, rng)
            rows.append(build_inputs(self.encoder, self.tokenizer, sentence.text)[0])
            labels.append(encode_labels(self.tokenizer, sentence, len(rows[-1]), tuning.piece))
        ids, mask = pad(rows, self.tokenizer.pad_id)  # (B, T)
        return {"input_ids": ids, "attention_mask": mask, "labels": pad(labels, IGNORED)[0]}


class Tagger:
    """A pre-trained model with a head for five tags, and its tokenizer."""

    def __init__(self, tuning: TaggerTuning):
        encoder, self.tokenizer = load_encoder(tuning.encoder, tuning.seed, tuning.pretrained)
        head, self.tuning = TaggingHead(encoder.config, len(TAGS)), tuning
        self.model = (FrozenModel if tuning.frozen else HeadedModel)(encoder, head).eval()

    def learn(self, labelled) -> list[dict]:
        """Train on labelled sentences: -> the history of training.train."""
        batches, tuning = TaggedBatches(labelled, self.model.encoder, self.tokenizer, self.tuning), self.tuning
        settings = settings_for(tuning.steps, tuning.learning_rate, seed=tuning.seed, warmup=50)
        return train(self.model, label_objective, batches, settings)

    def find(self, texts: list[str]) -> list[tuple]:
        """Find the names in texts: -> spans (start, end, label) of each."""
        rows = [build_inputs(self.model.encoder, self.tokenizer, text)[0] for text in texts]
        spans = []
        for text, scores in zip(texts, predict(self.model, rows)):  # (T, C)
            tags = scores.argmax(dim=-1).tolist()
            positions = word_to_token(self.tokenizer, text, self.tuning.piece)
            spans.append(spans_of(text, [TAGS[tags[position]] for position in positions]))
        return spans
