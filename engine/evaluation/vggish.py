"""VGGish (Hershey et al., arXiv 1609.09430): its front end, and its network for weights that the user brings.

As Frechet audio distances use it: no whitening, no quantisation, and the last layer without its rectifier. The file is torchvggish's
``vggish-10086976.pth``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import rfft
from torch import Tensor, nn

from engine.models.public.checkpoint_files import check_weights, without

SAMPLE_RATE = 16_000
DIM = 128
_WINDOW, _HOP, _FFT = 400, 160, 512
_BANDS, _LOW_HZ, _HIGH_HZ = 64, 125.0, 7500.0
_LOG_OFFSET = 0.01
_EXAMPLE_FRAMES = 96
_CHANNELS = (64, None, 128, None, 256, 256, None, 512, 512, None)


def vggish_examples(samples: NDArray) -> NDArray[np.float32]:
    """Mono samples at 16 kHz -> log-mel patches float32 [n, 1, 96, 64] of 0.96 s; a rest is dropped, below 0.975 s there are none."""
    samples = np.asarray(samples, np.float64)
    if samples.size < _WINDOW:
        return np.zeros((0, 1, _EXAMPLE_FRAMES, _BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    log_mel = np.log(np.abs(rfft(frames * window, _FFT, axis=1)) @ _filters() + _LOG_OFFSET)
    count = len(log_mel) // _EXAMPLE_FRAMES
    return log_mel[: count * _EXAMPLE_FRAMES].reshape(count, 1, _EXAMPLE_FRAMES, _BANDS).astype(np.float32)


def _filters() -> NDArray[np.float64]:
    """Triangles on the HTK mel scale [bins, bands], straight in mels; the constant component is left out."""
    bins = _htk_mel(np.linspace(0, SAMPLE_RATE / 2, _FFT // 2 + 1))
    edges = np.linspace(_htk_mel(_LOW_HZ), _htk_mel(_HIGH_HZ), _BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins[:, None] - low) / (centre - low), (high - bins[:, None]) / (high - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters[0] = 0
    return filters


def _htk_mel(hz: NDArray | float) -> NDArray | float:
    return 1127.0 * np.log1p(np.asarray(hz) / 700.0)


class Vggish(nn.Module):
    """Patches (B, 1, 96, 64) -> embeddings (B, 128); about 72 million parameters."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for channels in _CHANNELS:
            if channels is None:
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
                before = channels
        self.features = nn.Sequential(*layers)
        hidden = 4096
        self.embeddings = nn.Sequential(
            nn.Linear(before * 24, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, DIM)
        )

    def forward(self, patches: Tensor) -> Tensor:
        # Channels last, as the network was before it was converted.
        return self.embeddings(self.features(patches).permute(0, 2, 3, 1).flatten(1))

    @torch.inference_mode()
    def embed(self, samples: NDArray) -> NDArray[np.float32]:
        """Mono samples at 16 kHz -> one row for every 0.96 s, float32 [n, 128]; shorter sounds are followed by silence."""
        shortest = _WINDOW + (_EXAMPLE_FRAMES - 1) * _HOP
        patches = vggish_examples(np.pad(samples, (0, max(0, shortest - samples.size))))
        device = next(self.parameters()).device
        return self(torch.from_numpy(patches).to(device)).float().cpu().numpy()


def read_vggish(weights: Mapping[str, Tensor], where: str) -> Vggish:
    """The network with the weights of the file ``where``; whitening tables are ignored. Raises EngineError("pack") for other weights."""
    with torch.device("meta"):
        network = Vggish()
    weights = without(weights, ["pproc."])
    check_weights(network, weights, where)
    network.load_state_dict({name: value.float() for name, value in weights.items()}, strict=True, assign=True)
    return network.eval().requires_grad_(False)
