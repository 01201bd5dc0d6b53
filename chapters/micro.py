"""A BERT or a GPT in one file, with nothing but Python's standard library.

    python micro.py            a GPT reads words, and then writes words of its own
    python micro.py --bert     a BERT reads the same words, and then fills blanks in others
    python micro.py FILE       the same, with the words of any text

Both are one block of a transformer: attention under a mask, then a feed-forward layer.
Every line in which they differ ends in `# <- GPT`, `# <- BERT` or `# <- both`.
"""

import math
import random
import re
import sys
from collections import Counter
from operator import add, mul
from pathlib import Path
from statistics import fmean

WIDTH, HEADS, HIDDEN = 16, 4, 32    # numbers per character, heads of attention, numbers inside the feed-forward layer
EDGE, BLANK = ".?"                  # "cat" is read as ".cat.", and with a blank as ".c?t."
tape = []                           # every operation leaves its way back here; the last one will go first

# 1. Matrices. Each operation returns a new one, and says how a gradient goes back through it.

def products(a, b):
    return [[sum(map(mul, row, other)) for other in b] for row in a]

def softmax(scores):
    powers = [math.exp(score) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]

class Matrix:
    """Rows of numbers, and for each number its gradient: how fast the loss grows with it."""

    def __init__(self, rows, back=None):
        self.rows, self.grads = rows, [[0.0] * len(row) for row in rows]
        if back:                                        # passes these gradients on to what the rows were made of
            tape.append(lambda: back(self.grads))

    def receive(self, grads):
        self.grads = [list(map(add, *pair)) for pair in zip(self.grads, grads)]

    def pick(self, numbers):
        """Take the rows with these numbers."""
        def back(grads):
            for i, new in zip(numbers, grads):
                self.grads[i] = list(map(add, self.grads[i], new))
        return Matrix([self.rows[i] for i in numbers], back)

    def plus(self, other):
        rows = [list(map(add, *pair)) for pair in zip(self.rows, other.rows)]
        return Matrix(rows, lambda grads: (self.receive(grads), other.receive(grads)))

    def times(self, other):
        """Multiply each row by each row of the other, and add up. (In algebra: self times other transposed.)"""
        def back(grads):                                # zip(*rows) are the columns
            self.receive(products(grads, [*zip(*other.rows)]))
            other.receive(products([*zip(*grads)], [*zip(*self.rows)]))
        return Matrix(products(self.rows, other.rows), back)

    def relu(self):
        rows = [[max(x, 0.0) for x in row] for row in self.rows]
        return Matrix(rows, lambda grads: self.receive([[g * (y > 0) for y, g in zip(*p)] for p in zip(rows, grads)]))

    def norm(self):
        """Scale each row so that its squares have a mean of 1."""
        scales = [math.sqrt(len(row) / (sum(map(mul, row, row)) + 1e-5)) for row in self.rows]
        rows = [[x * scale for x in row] for row, scale in zip(self.rows, scales)]
        def back(grads):
            for old, y, dy, scale in zip(self.grads, rows, grads, scales):
                along = sum(map(mul, y, dy)) / len(y)
                old[:] = [d + scale * (g - each * along) for d, each, g in zip(old, y, dy)]
        return Matrix(rows, back)

    def softmax(self, mask, scale):
        """Make each row of scores into shares that add up to 1. What the mask closes gets 0."""
        rows = [softmax([x * scale if may else -math.inf for x, may in zip(*pair)]) for pair in zip(self.rows, mask)]
        def back(grads):
            along = [sum(map(mul, *pair)) for pair in zip(rows, grads)]
            self.receive([[scale * y * (g - a) for y, g in zip(ys, gs)] for a, ys, gs in zip(along, rows, grads)])
        return Matrix(rows, back)

class Weights(Matrix):
    """A matrix that is learned: drawn at random, then moved against its gradients by Adam."""

    def __init__(self, n_rows, width, rng):
        super().__init__([[rng.gauss(0, 0.25) for _ in range(width)] for _ in range(n_rows)])
        self.means, self.squares = ([[0.0] * width for _ in self.rows] for _ in range(2))

    def step(self, rate):
        for row, grads, means, squares in zip(self.rows, self.grads, self.means, self.squares):
            for i, g in enumerate(grads):
                means[i] += 0.1 * (g - means[i])
                squares[i] += 0.05 * (g * g - squares[i])
                row[i] -= rate * means[i] / (math.sqrt(squares[i]) + 1e-8)
                grads[i] = 0.0

# 2. The model: one block. It reads a text, and gives each position a row of scores, one per character.

class Model:
    def __init__(self, characters, triangle, rng):
        self.characters, self.triangle, size = characters, triangle, WIDTH // HEADS
        self.embedding = Weights(len(characters), WIDTH, rng)
        self.heads = [[Weights(size, WIDTH, rng) for _ in range(3)] + [Weights(WIDTH, size, rng)] for _ in range(HEADS)]
        self.up, self.down = Weights(HIDDEN, WIDTH, rng), Weights(WIDTH, HIDDEN, rng)
        self.weights = [self.embedding, self.up, self.down, *(weights for head in self.heads for weights in head)]

    def __call__(self, text):
        tape.clear()
        n = range(len(text))
        mask = [[s <= t or not self.triangle for s in n] for t in n]    # <- both: may position t attend to s?
        waves = [[f(t / 100 ** (2 * i / WIDTH)) for i in range(WIDTH // 2) for f in (math.sin, math.cos)] for t in n]
        x = self.embedding.pick([self.characters.index(c) for c in text]).plus(Matrix(waves))
        z = x.norm()
        for query, key, value, out in self.heads:
            shares = z.times(query).times(z.times(key)).softmax(mask, math.sqrt(HEADS / WIDTH))
            x = x.plus(shares.times(value.times(z)).times(out))         # value.times(z): the values, as columns
        x = x.plus(x.norm().times(self.up).relu().times(self.down))
        return x.norm().times(self.embedding)

    def ask(self, read, labels):
        """Return -ln p of each character asked for; its scores get their gradients, p, less 1 at the right one."""
        scores, nats = self(read), []
        for row, grads, label in zip(scores.rows, scores.grads, labels):
            if label:
                grads[:], right = softmax(row), self.characters.index(label)
                nats.append(-math.log(grads[right]))
                grads[right] -= 1
        return nats

    def learn(self, questions, rate):
        nats = []
        for read, labels in questions:
            nats += self.ask(read, labels)
            while tape:
                tape.pop()()
        for weights in self.weights:
            weights.step(rate)
        return fmean(nats)

def pose(word, hidden, bert):
    """Return what the model reads, and for each position the character that it must say, or None."""
    text = EDGE + word + EDGE
    if not bert:
        return text[:-1], text[1:]                                              # <- GPT: each says the next one
    read = "".join(BLANK if i in hidden else c for i, c in enumerate(text))     # <- BERT: some letters are hidden,
    return read, [c if i in hidden else None for i, c in enumerate(text)]       # <- BERT: and must be said

def write(model, rng):
    text = EDGE
    while len(text) < 2 or len(text) < 15 and text[-1] != EDGE:
        text += rng.choices(model.characters, softmax(model(text).rows[-1]))[0]  # <- GPT: what comes next?
    return text.strip(EDGE)

def fill(model, text):
    shares = softmax(model(text).rows[text.index(BLANK)])                       # <- BERT: what stands in the blank?
    best = sorted(zip(shares, model.characters), reverse=True)[:3]
    return f"{text.strip(EDGE):12}" + "   ".join(f"{c} {share:.2f}" for share, c in best)

# 3. Learning, and what came of it.

def counting(words, held_out, bert, context):
    """Return the nats of counting: how often was a character asked for, after this one (context 1) or at all (0)?"""
    def asked(words):
        posed = [pose(word, range(1, len(word) + 1), bert) for word in words]
        return [(read[t] * context, c) for read, labels in posed for t, c in enumerate(labels) if c]
    seen, after = Counter(asked(words)), Counter(before for before, _ in asked(words))
    kinds = len({c for _, c in seen})
    return -fmean(math.log((seen[pair] + 0.5) / (after[pair[0]] + 0.5 * kinds)) for pair in asked(held_out))

def main(path, bert, seed=1, steps=4000):
    rng, text = random.Random(seed), path.read_text("utf-8").lower()
    words = sorted({word for word in re.findall(r"[^\W\d_]+", text) if 3 <= len(word) <= 10})
    characters = "".join(sorted({EDGE, BLANK, *"".join(words)}))
    rng.shuffle(words)
    held_out, words = words[:200], words[200:]
    masks = ["square", "triangle"] if bert else ["triangle"]                    # <- both: BERT, and to compare with it
    models = {mask: Model(characters, mask == "triangle", random.Random(seed)) for mask in masks}
    nats = dict.fromkeys(masks, math.log(len(characters)))
    try:
        for step in range(steps):
            chosen = [(word, rng.sample(range(1, len(word) + 1), round(0.4 * len(word)))) for word in rng.choices(words, k=4)]
            questions = [pose(word, hidden, bert) for word, hidden in chosen]
            for mask, model in models.items():
                nats[mask] += 0.01 * (model.learn(questions, 0.008 * (1 - step / steps)) - nats[mask])
            print(f"\rstep {step + 1:,} of {steps:,}:", *(f"{m} {n:.2f}" for m, n in nats.items()), end=" ", flush=True)
    except KeyboardInterrupt:
        pass
    exam = [pose(word, [i], bert) for word in held_out for i in range(1, 1 + len(word) if bert else 2)]
    nats = {mask: fmean(n for each in exam for n in model.ask(*each)) for mask, model in models.items()}
    found = {"unigram": counting(words, held_out, bert, 0)}
    if bert:
        print("", *(fill(models["square"], read) for read, _ in exam[::150]), sep="\n")
        found |= {"BERT under the triangle": nats["triangle"], "BERT": nats["square"]}
    else:
        print("\n" + " ".join(write(models["triangle"], rng) for _ in range(12)))
        found |= {"bigram": counting(words, held_out, bert, 1), "GPT": nats["triangle"]}
    print("nats per character, held-out words:", ", ".join(f"{name} {n:.2f}" for name, n in found.items()))
    return found

if __name__ == "__main__":
    files = [Path(each) for each in sys.argv[1:] if each != "--bert"] or [Path(__file__).with_name("micro.txt")]
    if not files[0].is_file():
        sys.exit(f"micro.py: there is no file {files[0]}. Name any text: python micro.py FILE")
    main(files[0], "--bert" in sys.argv)
