"""Write a run's averaged weights as the ONNX file that vfa ships: float16 on disk, float32 when it runs.

python training/export.py --stage locate --run training/runs/locate --version locate-2
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from cache import PATCH
from network import LocateNet
from onnx import TensorProto, helper, numpy_helper
from outline_network import OutlineNet

from vfa.segment.outline import CROP_SHAPE

SMALL_TENSOR = 256  # biases and norms stay float32: they weigh nothing


def _halve(model: onnx.ModelProto) -> None:
    """Store large weights as float16 and cast them back, which the runtime does once when it loads them."""
    graph = model.graph
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL_TENSOR:
            continue
        half = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}.half")
        graph.initializer.remove(tensor)
        graph.initializer.append(half)
        graph.node.insert(0, helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))


def main() -> None:
    """Export, and say how large the file is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=["locate", "outline"], required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=Path("vfa/segment/weights"))
    parser.add_argument("--version", required=True)
    options = parser.parse_args()
    kept = torch.load(options.run / "last.pt", weights_only=True)
    located = options.stage == "locate"
    net: torch.nn.Module = LocateNet() if located else OutlineNet()
    example = torch.zeros(1, 1, *PATCH) if located else torch.zeros(1, 2, *CROP_SHAPE)
    out: Path = options.folder / f"{options.stage}.onnx"
    net.load_state_dict(kept["average"])
    net.eval()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            net,
            (example,),
            str(plain),
            dynamo=False,
            input_names=["image" if located else "crop"],
            output_names=["logits" if located else "distance"],
            opset_version=17,
        )
        model = onnx.load(str(plain))
        _halve(model)
        for key, value in (("version", options.version), ("iterations", str(kept["iteration"]))):
            model.metadata_props.append(onnx.StringStringEntryProto(key=key, value=value))
        onnx.checker.check_model(model)
        onnx.save(model, str(plain))
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(plain, out)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB after {kept['iteration']} iterations")


if __name__ == "__main__":
    main()
