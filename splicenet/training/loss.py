"""How wrong a batch of logits is."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.genome.labels import UNKNOWN

__all__ = ["splice_loss"]


def splice_loss(
    logits: Tensor, labels: Tensor, *, site_weight: float = 1.0, focal: float = 0.0
) -> Tensor:
    """Cross-entropy in nats a kilobase of known bases.

    Parameters
    ----------
    logits
        (B, 3, L).
    labels
        (B, L), uint8; UNKNOWN bases count for nothing.
    site_weight
        Weight of donors and acceptors.
    focal
        Exponent by which bases that are already right weigh less (Lin et al. 2017).

    Returns
    -------
    Tensor
        A scalar; 0 if no base is known.
    """
    weights = logits.new_tensor([1.0, site_weight, site_weight])
    targets = labels.long()
    loss = F.cross_entropy(logits, targets, weights, ignore_index=UNKNOWN, reduction="none")
    if focal:
        known = targets.where(targets != UNKNOWN, 0)
        right = logits.softmax(1).gather(1, known[:, None])[:, 0]
        loss = loss * (1 - right) ** focal
    bases = torch.count_nonzero(targets != UNKNOWN).clamp(min=1)
    return 1000 * loss.sum() / bases
