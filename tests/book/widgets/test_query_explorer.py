"""The query explorer without a browser: the page's attention against torch's."""

import torch
import torch.nn.functional as F


def vectors(seed, *shape):
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_page_reads_a_query_as_torch_does(in_node):
    """With sqrt(K) or without it, and with a masked key as if that key were not there."""
    sizes = [(1, 2, 2), (3, 2, 2), (4, 5, 3), (7, 2, 2)]
    cases = [(vectors(n, k), vectors(n + 10, n, k), vectors(n + 20, n, d)) for n, k, d in sizes]
    cases.append((torch.tensor([400.0, 0.0]).double(), vectors(1, 3, 2), vectors(2, 3, 2)))  # exp overflows
    rules = [(scaled, masked) for scaled in (True, False) for masked in (-1, 2)]
    found = in_node(
        "query_explorer.js",
        """return given.cases.map((each) =>
          given.rules.map((rule) => Object.values(page.readQuery(...each, ...rule))));""",
        {"cases": [[part.tolist() for part in case] for case in cases], "rules": rules},
    )
    for answers, (query, keys, values) in zip(found, cases, strict=True):
        for (_, weights, output), (scaled, masked) in zip(answers, rules, strict=True):
            mask, scale = torch.arange(len(keys)) != masked, None if scaled else 1.0
            for mine, read in ((weights, torch.eye(len(keys)).double()), (output, values)):
                expected = F.scaled_dot_product_attention(query[None], keys, read, mask[None], scale=scale)[0]
                torch.testing.assert_close(torch.tensor(mine, dtype=torch.float64), expected)
