"""Find names with a model: one tag per word, predicted at one token of the word.

BERT's words are tagged at their first token (Devlin et al. 2019, section 5.3), which attends to the others. GPT's
cannot: `piece` chooses.

B batch, T tokens of a row, D d_model, C tags, n words of a text.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from experiments import BFLOAT16
from gazetteer import TITLE, gazetteer
from torch import Tensor, nn

from bertgpt.model.config import TransformerConfig
from bertgpt.text.batching import IGNORED, generator_for, pad, step_seed
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import token_loss
from bertgpt.training.settings import TrainingSettings
from bertgpt.weights.hub import MINILM
from bertgpt.weights.pretrained import load_bert, load_gpt, load_tokenizer
from bertgpt_book.tasks.entities import LABELS, TAGS, Sentence, spans_of, tags_of
from bertgpt_book.tasks.finetuning import HeadedModel, build_inputs, predict
from bertgpt_book.widgets.head_switcher import word_to_token

# The encoders that get heads: name -> loader, source.
ENCODERS = {"TinyBERT": (load_bert, "tinybert"), "TinyGPT": (load_gpt, "tinygpt"), "MiniLM": (load_bert, MINILM)}
UNTRAINED = ("TinyBERT", "TinyGPT")  # those that begin with random weights as well, as a control

# Words for a kind of place: no more part of a name than a title is.
PLACE_WORDS = set(
    "Abbey Buildings Castle Common Court Grove Hall Hill House Lane Lodge Park Parsonage Place Road Square Street Wood "
    "of".split()
)


def load_encoder(name: str, seed: int = 0, pretrained: bool = True):
    """Load an encoder of ENCODERS with its tokenizer, and seed what is drawn next, a new head for example.

    pretrained: False for random weights in the same configuration, drawn from the seed
    """
    load, source = ENCODERS[name]
    encoder, tokenizer = load(source), load_tokenizer(source)
    torch.manual_seed(seed)
    kind: Callable = type(encoder)
    return (encoder if pretrained else kind(encoder.config).eval()), tokenizer


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


def label_objective(model: HeadedModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict the label of each text, or of each token that has one.

    batch: what HeadedModel reads, and labels (B,), or (B, T) with IGNORED where there is none
    -> loss, accuracy
    """
    logits = model(batch)  # (B, C) or (B, T, C)
    labels = batch["labels"]
    labelled = labels != IGNORED
    return {"loss": token_loss(logits, labels), "accuracy": (logits.argmax(dim=-1) == labels)[labelled].float().mean()}


@dataclass(frozen=True, kw_only=True)
class TaggerTuning:
    """Settings of training a tagger."""

    encoder: str  # one of ENCODERS
    steps: int
    learning_rate: float
    batch_size: int = 32
    seed: int = 0
    pretrained: bool = True  # or begin with random weights
    frozen: bool  # train only the head
    piece: str = "first"  # the token of a word that predicts its tag: "first" or "last"
    bfloat16: bool = BFLOAT16  # False: float32 on every processor


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


def epoch_indices(n: int, batch_size: int, seed: int, step: int) -> list[int]:
    """Choose the examples of one step so that every pass over n examples sees each of them once.

    Each pass has an order of its own; the batch that ends one pass begins the next: -> batch_size of n
    """
    chosen: list[int] = []
    while len(chosen) < batch_size:
        epoch, at = divmod(step * batch_size + len(chosen), n)
        order = torch.randperm(n, generator=generator_for(seed, epoch))
        chosen += order[at : at + batch_size - len(chosen)].tolist()
    return chosen


def bucketed_indices(lengths: Sequence[int], batch_size: int, seed: int, step: int) -> list[int]:
    """Choose as `epoch_indices` does, but batch texts of similar length, so that little is padding.

    lengths: of all n examples, in any unit -> batch_size of n
    Sixteen batches (fewer of a small set) are drawn at a time, sorted, cut and shuffled.
    """
    drawn = min(16, max(len(lengths) // batch_size, 1))
    group, at = divmod(step, drawn)
    examples = epoch_indices(len(lengths), drawn * batch_size, seed, group)
    chosen = sorted(examples, key=lambda i: lengths[i])
    order = torch.randperm(drawn, generator=generator_for(seed, group, "order"))
    start = batch_size * int(order[at])
    return chosen[start : start + batch_size]


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
        how = dict(warmup=50, weight_decay=0.01, bfloat16=tuning.bfloat16)
        settings = TrainingSettings(tuning.steps, learning_rate=tuning.learning_rate, seed=tuning.seed, **how)
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
