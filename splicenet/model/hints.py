"""A first guess at the next base from the words before it, for the language model to correct.

In the comments ``B`` is the batch, ``2`` the side that is read from, ``L`` the length in bases,
``K`` the lengths of words that are asked, ``C`` the channels of the network and ``F`` the numbers
of a guess.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.words import WordModel

__all__ = ["Hints"]

_SEEN = 10.0
"""Scale of the logarithm of how often a word was seen."""


class Hints(nn.Module):
    """What words say, and how far the network trusts them.

    At first it believes the longest words and nothing else; what it reads moves its trust from
    base to base. The counts are no weights: they are not in the state.

    Parameters
    ----------
    words
        Their model.
    width
        Channels of the network.
    """

    def __init__(self, words: WordModel, width: int) -> None:
        super().__init__()
        self.words = words
        orders = words.order
        self.take = nn.Linear(5 * orders, width)
        self.trust = nn.Conv1d(2 * width, 2 * orders, 1, groups=2)
        nn.init.zeros_(self.take.weight)
        nn.init.zeros_(self.take.bias)
        nn.init.zeros_(self.trust.weight)
        with torch.no_grad():
            first = F.one_hot(torch.tensor(orders - 1), orders).float()
            cast(Tensor, self.trust.bias).copy_(first.repeat(2))

    def guess(self, codes: Tensor) -> Tensor:
        """What words say of the base after each, (B, 2, L) to (B, 2, L, K, 5).

        Of every length log probabilities of A, C, G, T, and the logarithm of how often the word
        was seen. Both sides run from their own beginning. In train mode the sequence is one that
        was counted.
        """
        left, right = codes.cpu().numpy().astype(np.uint8).swapaxes(0, 1)
        ahead = self.words.tell(left, counted=self.training)
        behind = self.words.tell(reverse_complement(right[:, ::-1]), counted=self.training)
        # A side that is turned around reads complements where the other strand reads bases.
        chances = np.stack([ahead.probabilities, behind.probabilities[..., ::-1]], axis=1)
        seen = np.stack([ahead.seen, behind.seen], axis=1)
        said = np.concatenate([np.log(chances), np.log1p(seen)[..., None] / _SEEN], axis=-1)
        guess = torch.from_numpy(said[:, :, 1:, 1:]).to(self.take.weight)  # of the base after
        return F.pad(guess, (0, 0, 0, 0, 0, 1))

    def hint(self, guess: Tensor) -> Tensor:
        """What the network reads of a guess, (B, 2, C, L)."""
        return self.take(guess.flatten(3)).transpose(2, 3)

    def weighed(self, x: Tensor, guess: Tensor) -> Tensor:
        """Log probabilities that are trusted by what was read, (B, 2, C, L): (B, 2, 4, L)."""
        trust = self.trust(x.flatten(1, 2)).unflatten(1, (2, -1))  # (B, 2, K, L)
        return torch.einsum("bskl,bslkc->bscl", trust, guess[..., :4]).float()
