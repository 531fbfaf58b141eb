"""Learning to learn: weights from which a new species is learned in few steps.

Reptile (Nichol et al. 2018): from the weights at hand some steps are taken on one species alone,
then the weights move a part of the way to where these led. What remains over many species is a
point from which each of them is near.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["part_of_the_way"]


@contextmanager
def part_of_the_way(module: nn.Module, share: float) -> Iterator[None]:
    """Of the way that weights go inside the block, go back all but a share.

    Running averages go with the weights. After an error nothing is moved.

    Parameters
    ----------
    module
        Whose weights move.
    share
        From 0, nothing was learned, to 1, plain training.
    """
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    yield
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.lerp(before[name], tensor, share))
