"""Which network outlines one body? A small 3-D U-Net from an image crop and a first belief to a signed distance."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from vfa.segment.outline import REACH_MM

WIDTHS = (16, 32, 64, 96)
LEAK = 0.01


def _convolve(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv3d(inputs, outputs, 3, padding=1, bias=False),
        nn.InstanceNorm3d(outputs, affine=True),
        nn.LeakyReLU(LEAK, inplace=True),
    ]


class OutlineNet(nn.Module):
    """(B, 2, X, Y, Z) image and belief in, (B, 1, X, Y, Z) distance in mm out, within ±REACH_MM; sizes divisible by 8.

    At full resolution there is one convolution on the way down and one on the way up, since it costs the most there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            [
                nn.Sequential(*_convolve(2, WIDTHS[0])),
                nn.Sequential(*_convolve(WIDTHS[0], WIDTHS[1]), *_convolve(WIDTHS[1], WIDTHS[1])),
                nn.Sequential(*_convolve(WIDTHS[1], WIDTHS[2]), *_convolve(WIDTHS[2], WIDTHS[2])),
                nn.Sequential(*_convolve(WIDTHS[2], WIDTHS[3]), *_convolve(WIDTHS[3], WIDTHS[3])),
            ]
        )
        self.shrink = nn.MaxPool3d(2)
        self.grow = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, stride=2) for a, b in pairwise(WIDTHS))
        self.up = nn.ModuleList(nn.Sequential(*_convolve(w, w)) for w in WIDTHS[:-1])
        self.head = nn.Conv3d(WIDTHS[0], 1, 1)

    def forward(self, crop: Tensor) -> Tensor:
        """The distance; see the class."""
        kept: list[Tensor] = []
        x = crop
        for depth, block in enumerate(self.down):
            x = block(x if depth == 0 else self.shrink(x))
            kept.append(x)
        for depth in reversed(range(len(self.up))):
            x = self.up[depth](self.grow[depth](x) + kept[depth])
        return REACH_MM * torch.tanh(self.head(x).float())
