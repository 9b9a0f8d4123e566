"""How does training begin from the weights that vfa ships? The ONNX file's tensors, by name, into the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn


def take_shipped(net: nn.Module, path: Path) -> None:
    """Fill a network from an exported file; what the file lacks (the coarser outputs) stays as it is.

    Raises:
        RuntimeError: if a tensor of the file has no place in the network or another shape.
    """
    state = net.state_dict()
    for tensor in onnx.load(str(path)).graph.initializer:
        values = np.array(numpy_helper.to_array(tensor), dtype=np.float32)
        state[tensor.name.removesuffix(".half")] = torch.from_numpy(values)
    net.load_state_dict(state)
