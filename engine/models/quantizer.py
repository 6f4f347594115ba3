"""Vector quantiser with short, normalised codes and an exponentially averaged codebook."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, distributed, nn


class CosineQuantizer(nn.Module):
    """Nearest code by angle; the codebook follows the data by EMA and restarts codes that die.

    Low-dimensional codes of length one keep the whole codebook in use (ViT-VQGAN, arXiv 2110.04627); gradients pass the quantiser by the
    rotation trick (arXiv 2410.06424).
    """

    codebook: Tensor
    usage: Tensor
    sums: Tensor
    calls: Tensor

    def __init__(self, code_count: int, code_dim: int, ema_decay: float = 0.97, restart_below: float = 0.15, open_calls: int = 200) -> None:
        super().__init__()
        self.ema_decay = ema_decay
        self.restart_below = restart_below
        self.open_calls = open_calls
        codebook = F.normalize(torch.randn(code_count, code_dim), dim=-1)
        self.register_buffer("codebook", codebook)
        self.register_buffer("usage", torch.ones(code_count), persistent=False)
        self.register_buffer("sums", codebook.clone(), persistent=False)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long), persistent=False)

    def nearest(self, z: Tensor) -> Tensor:
        """(..., D) -> ids (...)."""
        return (F.normalize(z.float(), dim=-1) @ self.codebook.T).argmax(dim=-1)

    def lookup(self, ids: Tensor) -> Tensor:
        """ids (...) -> unit codes (..., D)."""
        return self.codebook[ids]

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """z (N, D) -> codes with gradient (N, D), ids (N,), commitment loss.

        The first ``open_calls`` training batches pass unquantised: an encoder that has not spread its codes yet would collapse onto a few.
        """
        z = F.normalize(z.float(), dim=-1)
        if self.training:
            self.calls += 1
            if self.calls <= self.open_calls:
                self._start(z)
                return z, self.nearest(z), z.new_zeros(())
        ids = self.nearest(z)
        codes = self.lookup(ids)
        if self.training:
            self._follow(z.detach(), ids)
        commitment = (z - codes.detach()).pow(2).sum(dim=-1).mean()
        return _rotate(z, codes.detach()), ids, commitment

    @torch.no_grad()
    def go_on(self) -> None:
        """Training goes on from the codebook that stands here: it is quantised from the first batch, and every code counts as used."""
        self.calls.fill_(self.open_calls)
        self.sums.copy_(self.codebook)
        self.usage.fill_(1.0)

    @torch.no_grad()
    def _start(self, z: Tensor) -> None:
        """The last open batch leaves the codebook drawn from its data."""
        if self.calls < self.open_calls:
            return
        pick = torch.randint(z.shape[0], (self.codebook.shape[0],), device=z.device)
        self.codebook.copy_(F.normalize(z[pick] + 0.01 * torch.randn_like(z[pick]), dim=-1))
        self.sums.copy_(self.codebook)

    @torch.no_grad()
    def _follow(self, z: Tensor, ids: Tensor) -> None:
        """Moves each code towards the mean of its vectors, over all processes, and restarts codes that die at vectors of the batch."""
        count = torch.bincount(ids, minlength=self.codebook.shape[0]).to(z.dtype)
        sums = torch.zeros_like(self.sums).index_add_(0, ids, z)
        if distributed.is_available() and distributed.is_initialized():
            distributed.all_reduce(count)
            distributed.all_reduce(sums)
        self.usage.lerp_(count, 1 - self.ema_decay)
        self.sums.lerp_(sums, 1 - self.ema_decay)
        dead = self.usage < self.restart_below
        self.codebook.copy_(F.normalize(self.sums / self.usage.clamp_min(1e-6)[:, None], dim=-1))
        if dead.any():
            fresh = z[torch.randint(z.shape[0], (int(dead.sum()),), device=z.device)]
            self.codebook[dead] = fresh
            self.sums[dead] = fresh
            self.usage[dead] = 1.0


def _rotate(z: Tensor, code: Tensor) -> Tensor:
    """The code as a rotation of z (both of length one), so that gradients keep their angle to it."""
    middle = F.normalize(z + code, dim=-1).detach()
    fixed = z.detach()
    return z - 2 * (z * middle).sum(dim=-1, keepdim=True) * middle + 2 * (z * fixed).sum(dim=-1, keepdim=True) * code
