"""Beginnings to continue: the reader's own, and sentences of the held-out novel cut off in the middle."""

from bertgpt.text.corpora import novels, sentences

OURS = " Today, I went to"


def beginnings(tokenizer, k: int) -> tuple[list[list[int]], list[list[int]]]:
    """Cut 59 sentences of *Persuasion* off after four to eight words.

    -> 60 beginnings, ours first, as ids; and for each of the 59 the k ids that follow in the novel
    """
    whole = [" " + " ".join(s.split()) for s in sentences(novels("test")["Persuasion"])]
    whole = [sentence for sentence in whole if '"' not in sentence and len(sentence.split()) > 18]
    given, real = [tokenizer.encode(OURS)], []
    for n, sentence in enumerate(whole[:: len(whole) // 59][:59]):
        ids = tokenizer.encode(sentence)
        size = len(tokenizer.encode(" ".join(sentence.split(" ")[: 5 + n % 5])))
        given.append(ids[:size])
        real.append(ids[size : size + k])
    return given, real
