"""What only experiments compute: an adapter that is cut."""

import pytest
import torch
from open_a_real_mask import cut


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_an_adapter_that_is_cut_stays_as_near_as_its_rank_allows(rank):
    A, B = torch.randn(5, 7), torch.randn(9, 5)  # (r, I), (O, r)
    few_A, few_B = cut(A, B, rank)
    assert few_A.shape == (rank, 7) and few_B.shape == (9, rank)
    sizes = torch.linalg.svdvals(B @ A)
    torch.testing.assert_close((B @ A - few_B @ few_A).norm(), sizes[rank:].norm(), rtol=1e-4, atol=1e-4)
