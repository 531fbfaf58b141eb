"""One base of every window, read so that the gradient comes back fast.

All of a window must be read, for the recurrent level carries what lies far away, but of what stands
above that level only what the base sees. Below it the activations lie step by step, which makes the
convolutions and their way back a third faster.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from splicenet.model.network import SpliceNetwork
from splicenet.model.stepwise import StepwiseNetwork

__all__ = ["centre_logits"]


def centre_logits(network: SpliceNetwork, bases: Tensor, centre: int) -> Tensor:
    """Logits of one base.

    Parameters
    ----------
    network
        :meth:`~splicenet.model.network.SpliceNetwork.fused`.
    bases
        (B, L, 4), of the network's floating-point dtype; need not be one-hot.
    centre
        Its index.

    Returns
    -------
    Tensor
        (B, K), of the K rows of the head.
    """
    config = network.config
    if config.architecture == "lstm":
        return network.read(bases)[..., centre]
    below, stride = StepwiseNetwork(network), config.stride
    bases = F.pad(bases, (0, 0, 0, -bases.shape[1] % config.phase))
    x = below.stem(bases, pad=True).relu_()
    for block in below.trunk:
        _, x = block(x)  # (B, L, C)
    y = below.coarse(x, below.opened(bases))
    for block in below.blocks:
        _, y = block(y)  # (B, T, C')
    level, slow = network.coarse, y.transpose(1, 2)
    if level.recurrent is not None:
        slow = level.recurrent(slow)
    seen = 2 * (config.kernel // 2)
    first, last = max(0, centre - seen) // stride, -(-min(x.shape[1], centre + seen + 1) // stride)
    fine = x[:, first * stride : last * stride].transpose(1, 2)
    logits = network.head(network.last(level.join(fine, slow[..., first:last])))
    return logits[..., centre - first * stride]
