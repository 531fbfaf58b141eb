"""The network, from top to bottom.

Bases are read at three time scales, each slower than the one before: residual convolutions at
every base see the consensus; coarser residual convolutions see some hundred bases around it; a
bidirectional recurrent level walks over the whole stretch and carries what lies far away, an exon
ago or a gene ago. Every level is added back to the faster one it was read from, and the head names
each base *neither*, *donor* or *acceptor*. Sequences are read in the direction of transcription.

In the comments ``B`` is the batch, ``L`` the length in bases, ``T`` the steps of a slower level,
``S`` its stride, ``C`` the channels of a level and ``H`` the hidden units of one direction.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

__all__ = ["CLASSES", "Architecture", "NetworkConfig", "SpliceNetwork"]

Architecture = Literal["hybrid", "lstm", "conv"]
CLASSES = ("neither", "donor", "acceptor")
_UNKNOWN_BASE = 4


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that decides the shape of the network.

    ``hybrid`` is the default network; ``lstm`` is a plain bidirectional LSTM over single bases, the
    reference; ``conv`` is the hybrid without its recurrent level, the ablation.
    """

    architecture: Architecture = "hybrid"
    channels: int = 32
    kernel: int = 9
    dilations: tuple[int, ...] = (1,)
    """One residual block at every base for each."""
    stride: int = 4
    """Bases a step of the coarse level."""
    coarse_channels: int = 64
    coarse_kernel: int = 7
    coarse_dilations: tuple[int, ...] = (1, 2, 4, 8, 16)
    """One residual block of the coarse level for each, in coarse steps."""
    recurrent_stride: int = 2
    """Coarse steps a recurrent step."""
    hidden: int = 64
    layers: int = 1
    site_prior: float = 1e-3
    """Share of donors, and of acceptors, that the untrained head expects."""

    def __post_init__(self) -> None:
        if self.architecture not in get_args(Architecture):
            raise ValueError(f"architecture must be one of {', '.join(get_args(Architecture))}")
        if self.kernel % 2 == 0 or self.coarse_kernel % 2 == 0:
            raise ValueError("kernels must be odd, so that a window has a middle")
        for name, value in asdict(self).items():
            if isinstance(value, int) and value < 1:
                raise ValueError(f"{name} must be at least 1")

    @property
    def phase(self) -> int:
        """Windows that begin a multiple of this many bases apart are read alike."""
        return 1 if self.architecture == "lstm" else self.stride * self.recurrent_stride

    @property
    def margin(self) -> int:
        """Bases at either end of a window that the convolutions see only in part."""
        if self.architecture == "lstm":
            return 0
        fine = (self.kernel // 2) * (1 + 2 * sum(self.dilations) + 2)
        coarse = (self.coarse_kernel // 2) * 2 * sum(self.coarse_dilations)
        return fine + self.stride * coarse

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        """Undo :meth:`to_dict`.

        Raises
        ------
        TypeError, ValueError
            If a setting is unknown or makes no sense.
        """
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise TypeError(f"unknown network settings: {', '.join(sorted(unknown))}")
        lists = {name: tuple(v) for name, v in values.items() if isinstance(v, list | tuple)}
        return cls(**{**values, **lists})


class ResidualBlock(nn.Module):
    """Two dilated convolutions and a way around them (He et al. 2016), (B, C, L) to (B, C, L)."""

    def __init__(self, channels: int, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        padding = (kernel // 2) * dilation

        def convolution() -> nn.Conv1d:
            return nn.Conv1d(
                channels, channels, kernel, padding=padding, dilation=dilation, bias=False
            )

        self.first, self.second = convolution(), convolution()
        self.first_norm: nn.Module = nn.BatchNorm1d(channels)
        self.second_norm: nn.Module = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.first_norm(self.first(x)))  # (B, C, L)
        return F.relu(x + self.second_norm(self.second(y)))

    def fuse(self) -> None:
        """Fold the normalisations into the convolutions; for prediction only."""
        self.first = fuse_conv_bn_eval(self.first, cast(nn.BatchNorm1d, self.first_norm))
        self.second = fuse_conv_bn_eval(self.second, cast(nn.BatchNorm1d, self.second_norm))
        self.first_norm = self.second_norm = nn.Identity()


class CoarseLevel(nn.Module):
    """Residual convolutions at a slower time scale, and the recurrent level that hangs from them.

    (B, C, L) to (B, C, L), ``L`` a multiple of the phase; what is read is added back.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width, self.stride = config.coarse_channels, config.stride
        self.down = nn.Linear(config.channels * config.stride, width)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, config.coarse_kernel, d) for d in config.coarse_dilations)
        )
        self.recurrent = RecurrentLevel(config) if config.architecture == "hybrid" else None
        self.up = nn.Linear(width, config.channels * config.stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.features(x)  # (B, C', T)
        return self.join(x, y if self.recurrent is None else self.recurrent(y))

    def features(self, x: Tensor) -> Tensor:
        """What the convolutions see, before the recurrent level: (B, C, L) to (B, C', T)."""
        y = F.relu(self.down(_to_strides(x, self.stride)))  # (B, T, C')
        return self.blocks(y.transpose(1, 2))

    def join(self, x: Tensor, y: Tensor) -> Tensor:
        """Add the slow level (B, C', T) to the fast one (B, C, L)."""
        return x + _from_strides(self.up(y.transpose(1, 2)), self.stride)


class RecurrentLevel(nn.Module):
    """A bidirectional LSTM at the slowest time scale, added back to the level it was read from.

    (B, C, T) to (B, C, T). The way back starts at zero: the level joins in as far as it lowers the
    loss.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width, self.stride = config.coarse_channels, config.recurrent_stride
        both = 2 * config.hidden
        self.down = nn.Linear(width * self.stride, both)
        self.lstm = nn.LSTM(
            both, config.hidden, config.layers, batch_first=True, bidirectional=True
        )
        self.up = nn.Linear(both, width * self.stride)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(self.steps(x))  # (B, T', 2H)
        return self.join(x, y)

    def steps(self, x: Tensor) -> Tensor:
        """What the LSTM reads: (B, C, T) to (B, T', 2H)."""
        return F.relu(self.down(_to_strides(x, self.stride)))

    def join(self, x: Tensor, y: Tensor) -> Tensor:
        """Add what the LSTM says, (B, T', 2H), to the level above, (B, C, T)."""
        return x + _from_strides(self.up(y), self.stride)


def _to_strides(x: Tensor, stride: int) -> Tensor:
    """Lay neighbouring steps side by side: (B, C, T) to (B, T / S, C * S)."""
    batch, channels, steps = x.shape
    return x.reshape(batch, channels, steps // stride, stride).transpose(1, 2).flatten(2)


def _from_strides(y: Tensor, stride: int) -> Tensor:
    """Undo :func:`_to_strides`: (B, T / S, C * S) to (B, C, T)."""
    batch, strides, width = y.shape
    channels = width // stride
    y = y.view(batch, strides, channels, stride).transpose(1, 2)
    return y.reshape(batch, channels, strides * stride)


class SpliceNetwork(nn.Module):
    """Codes of bases in, logits of the three classes out.

    Parameters
    ----------
    config
        The shape of the network.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self._frozen: list[nn.Module] = []
        if config.architecture == "lstm":
            self.plain = nn.LSTM(
                4, config.hidden, config.layers, batch_first=True, bidirectional=True
            )
            width = 2 * config.hidden
        else:
            width = config.channels
            self.stem = nn.Conv1d(4, width, config.kernel, padding=config.kernel // 2)
            self.trunk = nn.Sequential(
                *(ResidualBlock(width, config.kernel, d) for d in config.dilations)
            )
            self.coarse = CoarseLevel(config)
            self.last = ResidualBlock(width, config.kernel)
        self.head = nn.Conv1d(width, len(CLASSES), 1)
        self._expect_few_sites()

    def _expect_few_sites(self) -> None:
        """Start the head at the base rate, or the first steps learn only that sites are rare."""
        nn.init.zeros_(self.head.weight)
        prior = torch.tensor([1 - 2 * self.config.site_prior] + 2 * [self.config.site_prior])
        with torch.no_grad():
            cast(Tensor, self.head.bias).copy_(prior.log())

    def forward(self, codes: Tensor) -> Tensor:
        """Read a batch of sequences.

        Parameters
        ----------
        codes
            Bases 0 to 4 (A, C, G, T, N) in the direction of transcription, (B, L), any integer
            dtype. ``L`` need not be a multiple of the phase.

        Returns
        -------
        Tensor
            Logits in the order of :data:`CLASSES`, (B, 3, L), float32.
        """
        length = codes.shape[-1]
        codes = F.pad(codes, (0, -length % self.config.phase), value=_UNKNOWN_BASE)
        bases = F.one_hot(codes.long(), 5)[..., :4].to(self.head.weight.dtype)  # (B, L, 4); N is 0
        if self.config.architecture == "lstm":
            x = self.plain(bases)[0].transpose(1, 2)  # (B, 2H, L)
        else:
            x = self.trunk(F.relu(self.stem(bases.transpose(1, 2))))  # (B, C, L)
            x = self.last(self.coarse(x))  # (B, C, L)
        return self.head(x)[..., :length].float()

    def freeze(self, modules: Iterable[nn.Module]) -> None:
        """Keep the weights, and the running averages, of some parts as they are."""
        for module in modules:
            module.requires_grad_(False)
            self._frozen.append(module)

    def train(self, mode: bool = True) -> SpliceNetwork:
        """As torch's, but frozen parts stay in eval mode."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

    def fused(self) -> SpliceNetwork:
        """A copy for prediction: eval mode, normalisations folded into the convolutions."""
        copied = copy.deepcopy(self).eval()
        for module in copied.modules():
            if isinstance(module, ResidualBlock):
                module.fuse()
        return copied
