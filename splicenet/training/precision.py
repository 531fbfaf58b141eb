"""In how many bits the convolutions of a network read while it learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch

__all__ = ["Precision", "bits", "reading"]

Precision = Literal["auto", "float32", "bfloat16"]


def bits(precision: Precision, device: str) -> int:
    """16 or 32. ``auto`` takes 16 where they are faster: on CUDA, and on CPUs made for them."""
    if precision != "auto":
        return 16 if precision == "bfloat16" else 32
    if device.startswith("cuda"):
        return 16
    # Older torch does not say.
    able: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return 16 if device == "cpu" and (able.get("avx512_bf16") or able.get("amx_bf16")) else 32


def reading(precision: Precision, device: torch.device) -> torch.autocast:
    """The context in which a network reads a batch that it learns from.

    With 16 bits these are bfloat16, of convolutions and linear layers; weights, recurrent levels,
    heads, losses and the optimizer's steps keep 32 (Micikevicius et al. 2018; Kalamkar et al.
    2019).
    """
    low = bits(precision, device.type) == 16
    return torch.autocast(device.type, torch.bfloat16, enabled=low)
