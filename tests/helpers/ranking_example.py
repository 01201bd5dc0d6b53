"""Pairs of a small ranking task, and the sizes of encoders for it, for the tests of rankers and of their experiment."""

SIZES = {"vocab_size": 8192, "max_len": 32, "d_model": 12, "n_layers": 1, "n_heads": 3, "d_ff": 16, "dropout": 0.0}
WORDS = """cat garden, dog street, horse field, bird tree, king castle, ship sea, lady library, clerk office,
    cook kitchen, child school, ghost cellar"""
PAIRS = [
    (f"{animal} {place}", f"the {animal} that we saw was in the {place} and stayed")
    for animal, place in map(str.split, WORDS.split(","))
]
