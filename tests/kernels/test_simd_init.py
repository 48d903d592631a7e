import numpy as np
import pytest

import tinynet as tn
from tinynet.kernels.simd_init import initial_blocks
from tinynet.numerics.llvm import lane_count


@pytest.mark.parametrize("start", ["pytorch", "xavier", "he", "normal", "zeros"])
@pytest.mark.parametrize("sizes", [(4, 3, 2), (30, 25, 4)])
def test_initial_blocks_equal_those_of_single_networks(start, sizes):
    architecture = tn.Architecture(sizes, init=start)
    seeds = np.array([0, 1, 2**32 - 1, *range(1000, 1125)])  # whole blocks, of 64 at most
    found = initial_blocks(architecture, seeds)
    for k in (0, 1, 2, 63, 64, 127):
        drawn = found[k // lane_count(), :, k % lane_count()]
        assert (drawn == tn.Network.initial(architecture, seed=int(seeds[k])).parameters).all()
