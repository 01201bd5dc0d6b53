"""A BERT or a GPT in one file, with nothing but Python's standard library.

    python micro.py           GPT learns from the words in micro.txt, writes new ones
    python micro.py --bert    BERT learns from the same, fills blanks in others
    python micro.py FILE      the same, with the words of any text

Both are one transformer block: attention under a mask, then a feed-forward layer.
The lines that make them differ end in `# <- GPT` or `# <- BERT`; `# <- both` chooses.
"""

import math, random, sys
from collections import Counter
from contextlib import suppress
from operator import add, mul
from statistics import fmean

WIDTH, HEADS, HIDDEN = 16, 4, 32    # numbers per character, heads, hidden numbers
EDGE, BLANK = ".", "?"              # "cat" is written ".cat.", with a blank ".c?t."
tape = []                           # every operation leaves its way back here

# 1. Matrices. Each operation returns a new one, and says how gradients go back.
def dot(a, b):
    return sum(map(mul, a, b))

def softmax(scores):
    powers = [math.exp(score) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]

class Matrix:
    """Rows of numbers, and for each its gradient: how fast the loss grows with it."""
    def __init__(self, rows, back=None):
        self.rows = [list(row) for row in rows]
        self.grads = [[0.0] * len(row) for row in self.rows]
        if back:                    # passes gradients on to what this was made of
            tape.append(lambda: back(self.grads))
    def receive(self, grads):
        self.grads = [list(map(add, *pair)) for pair in zip(self.grads, grads)]
    def __add__(self, other):
        rows = [map(add, *pair) for pair in zip(self.rows, other.rows)]
        return Matrix(rows, lambda grads: (self.receive(grads), other.receive(grads)))
    def __matmul__(self, other):
        def back(grads):
            self.receive([[dot(g, row) for row in other.rows] for g in grads])
            other.receive([[dot(x, g) for g in zip(*grads)] for x in zip(*self.rows)])
        columns = [*zip(*other.rows)]
        return Matrix([[dot(row, c) for c in columns] for row in self.rows], back)
    def transposed(self):
        return Matrix(zip(*self.rows), lambda grads: self.receive(zip(*grads)))
    def pick(self, numbers):        # rows by their numbers; the same row may come twice
        def back(grads):
            for i, grad in zip(numbers, grads):
                self.grads[i] = list(map(add, self.grads[i], grad))
        return Matrix([self.rows[i] for i in numbers], back)
    def each(self, forward, back):
        """Turn each row x into y = forward(x); back makes of y's gradient, dy, x's."""
        ys = [forward(row) for row in self.rows]
        return Matrix(ys, lambda grads: self.receive(map(back, self.rows, ys, grads)))
    def __truediv__(self, by):
        return self.each(lambda x: [n / by for n in x],
                         lambda x, y, dy: [g / by for g in dy])
    def relu(self):
        return self.each(lambda x: [max(n, 0.0) for n in x],
                         lambda x, y, dy: [g * (n > 0) for n, g in zip(x, dy)])
    def norm(self):
        """Scale each row so that its squares have a mean of 1."""
        def scaled(row, x):
            scale = math.sqrt(len(x) / (dot(x, x) + 1e-5))
            return [scale * n for n in row]
        def back(x, y, dy):         # nothing goes back along y: its length is fixed
            along = dot(y, dy) / len(y)
            return scaled([g - along * n for n, g in zip(y, dy)], x)
        return self.each(lambda x: scaled(x, x), back)
    def softmax(self):
        """Turn each row of scores into weights that add up to 1."""
        def back(x, y, dy):         # all scores raised alike change nothing: take the
            mean = dot(y, dy)       # mean of dy out, weighted by y
            return [n * (g - mean) for n, g in zip(y, dy)]
        return self.each(softmax, back)

class Weights(Matrix):
    """A matrix that is learned: n rows of m random numbers, moved by a plain Adam."""
    def __init__(self, n, m, rng):
        super().__init__([rng.gauss(0, 0.25) for _ in range(m)] for _ in range(n))
        self.m, self.v = ([[0.0] * m for _ in range(n)] for _ in range(2))
    def step(self, rate):
        for row, grads, m, v in zip(self.rows, self.grads, self.m, self.v):
            for i, g in enumerate(grads):
                m[i] += 0.1 * (g - m[i])            # a running mean of the gradients
                v[i] += 0.05 * (g * g - v[i])       # and of their squares
                row[i] -= rate * m[i] / (math.sqrt(v[i]) + 1e-8)
                grads[i] = 0.0

# 2. The model: one block. It reads T characters, and returns T rows of scores.
def wave(t):
    """Return WIDTH numbers that tell position t: waves from fast to slow."""
    angles = [t / 100 ** (2 * i / WIDTH) for i in range(WIDTH // 2)]
    return [f(angle) for angle in angles for f in (math.sin, math.cos)]

class Model:
    def __init__(self, alphabet, triangle, rng):
        self.alphabet, self.triangle = alphabet, triangle
        shapes = 3 * [(WIDTH, WIDTH // HEADS)] + [(WIDTH // HEADS, WIDTH)]
        self.embedding = Weights(len(alphabet), WIDTH, rng)
        self.heads = [[Weights(*shape, rng) for shape in shapes] for _ in range(HEADS)]
        self.up, self.down = Weights(WIDTH, HIDDEN, rng), Weights(HIDDEN, WIDTH, rng)
        self.weights = [self.embedding, *sum(self.heads, []), self.up, self.down]
    def __call__(self, text):
        tape.clear()
        T = range(len(text))
        may_attend = [[s <= t or not self.triangle for s in T] for t in T]  # <- both
        mask = Matrix([0.0 if may else -math.inf for may in row] for row in may_attend)
        x = self.embedding.pick([self.alphabet.index(c) for c in text])
        x = x + Matrix(map(wave, T))  # one row per position
        z = x.norm()
        for query, key, value, out in self.heads:  # what one asks for, what another has
            scores = (z @ query) @ (z @ key).transposed() / math.sqrt(WIDTH / HEADS)
            x = x + (scores + mask).softmax() @ (z @ value) @ out  # a weighted mean
        x = x + (x.norm() @ self.up).relu() @ self.down
        return x.norm() @ self.embedding.transposed()  # scores for each letter
    def ask(self, read, labels, learn=False):
        """Return -ln p of each label. Its score has the gradient p - 1, others p."""
        scores, losses = self(read), []
        for row, grads, label in zip(scores.rows, scores.grads, labels):
            if label:
                grads[:], right = softmax(row), self.alphabet.index(label)
                losses.append(-math.log(grads[right]))
                grads[right] -= 1
        while learn and tape:       # back through every operation, the last one first
            tape.pop()()
        return losses

# 3. What a model is asked: in training, and by us.
def pose(word, n_hidden, bert, rng):
    """Return what is read, and for each position its label: a character, or None."""
    text = EDGE + word + EDGE
    if not bert:                                                            # <- both
        return text[:-1], text[1:]                                          # <- GPT
    hidden = rng.sample(range(1, len(word) + 1), n_hidden)                  # <- BERT
    read = [BLANK if i in hidden else c for i, c in enumerate(text)]        # <- BERT
    return read, [c if i in hidden else None for i, c in enumerate(text)]   # <- BERT

def write(model, rng):
    text = EDGE
    while len(text) < 2 or (len(text) < 15 and text[-1] != EDGE):
        shares = softmax(model(text).rows[-1])                              # <- GPT
        text += rng.choices(model.alphabet, shares)[0]
    return text.strip(EDGE)

def fill(model, read):
    shares = softmax(model(read).rows[read.index(BLANK)])                   # <- BERT
    best = sorted(zip(shares, model.alphabet), reverse=True)[:3]
    return f"{''.join(read[1:-1]):12}" + "   ".join(f"{c} {p:.2f}" for p, c in best)

def count(seen, new, look):
    """Return the mean -ln p by counts of what stands so many steps from each label."""
    def asked(posed):
        return [("".join(read[i + step] for step in look), label) for read, labels in posed
                for i, label in enumerate(labels) if label]
    pairs, first = Counter(asked(seen)), Counter(c for c, _ in asked(seen))
    return fmean(-math.log((pairs[c, y] + 1) / (first[c] + 27)) for c, y in asked(new))

# 4. Training, and a test with words that were held out.
def show(nats):
    return ", ".join(f"{name} {number:.2f}" for name, number in nats.items())

def main(text, bert, seed=1, steps=4000):
    words = sorted({w for w in text.lower().split() if w.isalpha() and 2 < len(w) < 11})
    alphabet, rng = sorted({EDGE, BLANK, *"".join(words)}), random.Random(seed)
    rng.shuffle(words)
    held_out, words = words[: len(words) // 10], words[len(words) // 10 :]
    masks = {"BERT": 0, "BERT under the triangle": 1} if bert else {"GPT": 1}  # <- both
    models = {name: Model(alphabet, triangle, random.Random(seed))
              for name, triangle in masks.items()}
    nats = dict.fromkeys(models, math.log(len(alphabet)))
    with suppress(KeyboardInterrupt):
        for step in range(steps):
            batch = [pose(w, len(w) // 2, bert, rng) for w in rng.choices(words, k=4)]
            for name, model in models.items():
                losses = [n for each in batch for n in model.ask(*each, learn=True)]
                nats[name] += 0.01 * (fmean(losses) - nats[name])
                for weights in model.weights:
                    weights.step(0.008 * (1 - step / steps))
            print(f"\rstep {step + 1} of {steps}: {show(nats)}", end=" ", flush=True)
    print()
    test, model = [pose(w, 1, bert, rng) for w in held_out], [*models.values()][0]
    for read, _ in test[:8]:
        print(fill(model, read) if bert else write(model, rng))             # <- both
    for name, model in models.items():
        nats[name] = fmean(n for each in test for n in model.ask(*each))
    seen = [(EDGE + w + EDGE, [None, *w, None])
            if bert else pose(w, 0, bert, rng) for w in words]              # <- both
    near = ("both neighbours", (-1, 1)) if bert else ("bigram", (0,))       # <- both
    nats |= {name: count(seen, test, look) for name, look in (near, ("unigram", ()))}
    print("mean -ln p, held-out words:", show(nats))
    return nats

if __name__ == "__main__":
    files = [arg for arg in sys.argv[1:] if arg != "--bert"] or [__file__[:-2] + "txt"]
    main(open(files[0], encoding="utf-8").read(), "--bert" in sys.argv)
