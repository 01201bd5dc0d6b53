"""One set of sizes for every test: small, all different, mutually prime where they can be.

A transposed or mistaken axis then meets a number that does not fit.
"""

B, T, S = 2, 5, 7  # batch, queries, keys
H, K = 3, 4  # heads, numbers in a head
D, F, V = H * K, 10, 13  # hidden state, feed-forward, vocabulary
L = 2  # layers
SIZES = dict(vocab_size=V, max_len=S, d_model=D, n_layers=L, n_heads=H, d_ff=F, dropout=0.0)
