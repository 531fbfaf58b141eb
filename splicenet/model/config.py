"""What decides the shape of a network."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from splicenet.genome.tasks import Task
from splicenet.model.cells import CELLS, GATED
from splicenet.model.frames import frame_reach
from splicenet.model.heads import Pool
from splicenet.model.initialisation import Initialisation

__all__ = ["Architecture", "NetworkConfig", "usual_cell"]

Architecture = Literal["hybrid", "lstm", "conv"]


def usual_cell(architecture: Architecture) -> str:
    """The cell of a network of this architecture, where nobody asks for another."""
    return "lstm" if architecture == "lstm" else NetworkConfig.cell


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that decides the shape of the network.

    ``hybrid`` is the default network; ``lstm`` is a plain bidirectional recurrent network, of any
    cell, over single bases, the reference; ``conv`` is the hybrid without its recurrent level, the
    ablation.
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
    frames: int | None = None
    """Codons up to which open reading frames are counted on either side of a base, a power of two;
    0 does not tell them, as a plain recurrent network over bases never is; ``None`` is 128."""
    recurrent_stride: int = 2
    """Coarse steps a recurrent step."""
    recurrent_norm: bool = True
    """Whether what the recurrent level reads is layer-normalised, so that no gate begins shut."""
    hidden: int = 64
    layers: int = 1
    cell: str = "diagonal"
    """Of the recurrent level, one of :data:`~splicenet.model.cells.CELLS`."""
    rank: int = 16
    """Of the recurrent matrix of ``lowrank``."""
    layer_stride: int = 1
    """Steps of a recurrent layer to one of the layer above it."""
    initialisation: Initialisation | None = None
    """Of the recurrent weights; ``None`` is ``chrono`` for ``diagonal`` without a forget bias, else
    ``torch``."""
    forget_bias: float | None = None
    """Log-odds at which a cell begins to keep its state; ``None`` leaves it to the others."""
    longest_memory: int | None = None
    """Recurrent steps after which ``diagonal`` keeps no more than 1/e of its state, and up to which
    ``chrono`` spreads memories; ``None`` is 64 for ``diagonal`` behind convolutions, else 1,024."""
    site_prior: float = 1e-3
    """Share of donors, and of acceptors, that the untrained head expects."""
    tasks: tuple[Task, ...] = ()
    """What is asked beside splice sites: a head for each."""
    pool: Pool | None = None
    """What heads that answer for a whole window read of its steps, as :class:`GlobalHead` tells;
    ``None`` is ``mean``."""
    species: tuple[str, ...] = ()
    """Names of those that have biases of their own."""

    def __post_init__(self) -> None:
        if self.architecture not in get_args(Architecture):
            raise ValueError(f"architecture must be one of {', '.join(get_args(Architecture))}")
        if self.kernel % 2 == 0 or self.coarse_kernel % 2 == 0:
            raise ValueError("kernels must be odd, so that a window has a middle")
        for name, value in asdict(self).items():
            if type(value) is int and value < 1 and name not in ("forget_bias", "frames"):
                raise ValueError(f"{name} must be at least 1")
        if self.frames is not None and (
            type(self.frames) is not int or self.frames < 0 or self.frames & (self.frames - 1)
        ):
            raise ValueError("frames must be a power of two, or 0")
        if self.species and self.architecture == "lstm":
            raise ValueError("a plain LSTM has no biases for species")
        self._check_recurrence()
        self._check_tasks()

    def _check_recurrence(self) -> None:
        if self.cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}")
        if self.first_weights not in get_args(Initialisation):
            raise ValueError(f"initialisation must be one of {', '.join(get_args(Initialisation))}")
        chrono = self.initialisation == "chrono"
        if self.cell not in GATED and (chrono or self.forget_bias is not None):
            raise ValueError(
                f"the cell {self.cell} has no gate that keeps its state, for chrono initialisation "
                f"or a forget bias; {', '.join(GATED)} have one"
            )
        if self.cell == "diagonal" and self.initialisation == "orthogonal":
            raise ValueError("the cell diagonal has no recurrent matrix to begin orthogonal")
        if chrono and self.forget_bias is not None:
            raise ValueError("chrono initialisation chooses the forget bias; give one of the two")
        if self.forget_bias is not None and not math.isfinite(self.forget_bias):
            raise ValueError("forget_bias must be finite")
        if self.memory < 3:
            raise ValueError("longest_memory must be at least 3")

    def _check_tasks(self) -> None:
        if self.pooling not in get_args(Pool):
            raise ValueError(f"pool must be one of {', '.join(get_args(Pool))}")
        if len({task.name for task in self.tasks}) < len(self.tasks):
            raise ValueError("two tasks have the same name")
        whole = self.of_windows
        if whole and self.pooling == "last" and self.architecture == "conv":
            raise ValueError(
                f"the task {whole[0].name} reads the last states of the recurrent level, which the "
                "architecture conv leaves out; pool mean or attention instead"
            )

    @property
    def of_windows(self) -> tuple[Task, ...]:
        """Tasks whose heads answer for a whole window."""
        return tuple(one for one in self.tasks if one.scope == "global" and not one.against)

    @property
    def pooling(self) -> Pool:
        """What heads of whole windows read: a last state that forgets has not heard the middle."""
        return self.pool or "mean"

    @property
    def first_weights(self) -> Initialisation:
        """How the recurrent layers begin: a diagonal cell remembers long unless told otherwise."""
        if self.initialisation is not None:
            return self.initialisation
        return "chrono" if self.cell == "diagonal" and self.forget_bias is None else "torch"

    @property
    def memory(self) -> int:
        """The longest, in steps of a recurrent layer."""
        if self.longest_memory is not None:
            return self.longest_memory
        return 64 if self.cell == "diagonal" and self.architecture == "hybrid" else 1024

    @property
    def codons(self) -> int:
        """Up to how many open reading frames are counted; 0 if the network is not told of them."""
        if self.architecture == "lstm":
            return 0
        return 128 if self.frames is None else self.frames

    @property
    def phase(self) -> int:
        """Windows that begin a multiple of this many bases apart are read alike."""
        if self.architecture == "conv":
            return self.step
        return self.step * self.layer_stride ** (self.layers - 1)

    @property
    def step(self) -> int:
        """Bases to a step of the first recurrent layer."""
        return 1 if self.architecture == "lstm" else self.stride * self.recurrent_stride

    @property
    def slowest(self) -> tuple[int, int]:
        """Bases to a step, and width, of what heads that answer for a whole window read."""
        if self.architecture == "conv":
            return self.stride, self.coarse_channels
        return self.step, 2 * self.hidden

    @property
    def margin(self) -> int:
        """Bases at either end of a window that the convolutions see only in part.

        They are not learned from. Somewhat farther in, reading frames that the end of the window
        closes are: contigs end so, too.
        """
        if self.architecture == "lstm":
            return 0
        fine = (self.kernel // 2) * (1 + 2 * sum(self.dilations) + 2)
        coarse = (self.coarse_kernel // 2) * 2 * sum(self.coarse_dilations)
        return fine + self.stride * coarse

    @property
    def reach(self) -> int:
        """Bases on either side of a change in which it shows before the recurrent level."""
        return self.margin + frame_reach(self.codons)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"tasks": [task.to_dict() for task in self.tasks]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        """Undo :meth:`to_dict`.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a setting is unknown or makes no sense.
        """
        values = {"frames": 0} | values  # what networks from before were not told
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise TypeError(f"unknown network settings: {', '.join(sorted(unknown))}")
        lists = {name: tuple(v) for name, v in values.items() if isinstance(v, list | tuple)}
        tasks = tuple(Task.from_dict(task) for task in values.get("tasks", ()))
        return cls(**{**values, **lists, "tasks": tasks})
