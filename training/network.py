"""Which network locates vertebrae? A small 3-D U-Net with a class map and a centre heat-map."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

CLASSES = ("background", "body", "posterior elements", "disc", "canal", "sacrum")
OUTPUTS = len(CLASSES) + 1  # the classes' logits, then the logit of the centre heat-map
WIDTHS = (16, 32, 64, 96, 128)
LEAK = 0.01


def _convolve(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv3d(inputs, outputs, 3, padding=1, bias=False),
        nn.InstanceNorm3d(outputs, affine=True),
        nn.LeakyReLU(LEAK, inplace=True),
    ]


class LocateNet(nn.Module):
    """3-D U-Net: (B, 1, X, Y, Z) image at 2 mm in, (B, 7, X, Y, Z) logits out; sizes divisible by 16.

    The full resolution costs most of the time on a CPU, so there the skip is added, not joined, and the decoder
    has one convolution. While training it returns a list: full, half and quarter resolution (deep supervision).
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = (1, *WIDTHS[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(*_convolve(a, b), *_convolve(b, b)) for a, b in zip(inputs, WIDTHS, strict=True)
        )
        self.shrink = nn.MaxPool3d(2)
        self.grow = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, stride=2) for a, b in pairwise(WIDTHS))
        self.up = nn.ModuleList(
            nn.Sequential(*(_convolve(w, w) if depth == 0 else [*_convolve(2 * w, w), *_convolve(w, w)]))
            for depth, w in enumerate(WIDTHS[:-1])
        )
        self.heads = nn.ModuleList(nn.Conv3d(width, OUTPUTS, 1) for width in WIDTHS[:3])

    def forward(self, image: Tensor) -> list[Tensor] | Tensor:
        """The logits; see the class."""
        kept: list[Tensor] = []
        x = image
        for depth, block in enumerate(self.down):
            x = block(x if depth == 0 else self.shrink(x))
            kept.append(x)
        logits: list[Tensor] = []
        for depth in reversed(range(len(self.up))):
            grown = self.grow[depth](x)
            x = self.up[depth](grown + kept[depth] if depth == 0 else torch.cat([grown, kept[depth]], dim=1))
            if depth < len(self.heads) and (self.training or depth == 0):
                logits.insert(0, self.heads[depth](x))
        return logits if self.training else logits[0]
