"""What a head must beat: words counted, words weighed."""

from collections import Counter, defaultdict

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def word_classifier():
    """Make the classifier that a head must beat: words and pairs of words, weighed by TF-IDF, under a linear layer."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=10, max_iter=1000))


class BM25:
    """Score documents by the words that they share with a question, rare ones above all.

    A word counts the less, the more documents have it; its tenth occurrence adds less than its second (k1); and a
    long document gets less for each (b). The 1 inside the logarithm keeps words of most documents from counting
    against the documents that have them.

    documents: words each; scores(question: words) -> (documents,), 0 where no word is shared
    Robertson and Zaragoza 2009, equations 3.3 and 3.15.
    """

    def __init__(self, documents: list[list[str]], k1: float = 1.2, b: float = 0.75):
        lengths = np.array([len(document) for document in documents])                      # (documents,)
        norm = k1 * (1 - b + b * lengths / lengths.mean())                                 # (documents,)
        holders = defaultdict(list)
        for i, document in enumerate(documents):
            for word, count in Counter(document).items():
                holders[word].append((i, count / (count + norm[i])))
        self.n_documents = len(documents)
        self.weights = {}                        # of each word: who has it, and what it is worth there
        for word, held in holders.items():
            where, saturated = zip(*held)
            idf = np.log(1 + (len(documents) - len(held) + 0.5) / (len(held) + 0.5))
            self.weights[word] = np.array(where), idf * np.array(saturated)

    def scores(self, question: list[str]) -> np.ndarray:
        total = np.zeros(self.n_documents)
        for word in question:
            if word in self.weights:
                where, weight = self.weights[word]
                total[where] += weight
        return total                                                                       # (documents,)
