"""In how many bits the convolutions of a network read while it learns."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

__all__ = ["Precision", "learning_in", "resolved"]

Precision = Literal["auto", "float32", "bfloat16"]


def resolved(precision: Precision, device: str) -> Precision:
    """What ``auto`` means on a device: bfloat16 where it is made for that, else float32."""
    if precision != "auto":
        return precision
    kind = torch.device(device).type
    able = {"cuda": _gpu_is_made_for_it, "cpu": _cpu_is_made_for_it}
    return "bfloat16" if kind in able and able[kind]() else "float32"


def _gpu_is_made_for_it() -> bool:
    return torch.cuda.is_bf16_supported(including_emulation=False)


def _cpu_is_made_for_it() -> bool:
    if not hasattr(torch.cpu, "get_capabilities"):
        return False  # torch that does not say; --precision bfloat16 can
    able: Mapping[str, object] = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def learning_in(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """The context in which a network reads a batch that it learns from.

    In bfloat16 read the convolutions and the linear layers between their levels. Weights, recurrent
    levels, heads, losses and the optimizer's steps keep 32 bits (Micikevicius et al. 2018;
    Kalamkar et al. 2019).
    """
    if resolved(precision, str(device)) == "float32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
