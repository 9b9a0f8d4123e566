"""How are the built-in weights run? Each file once, by onnxruntime, on a stated number of threads."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import onnxruntime

Stage = Literal["locate", "outline"]

THREADS = 2


@lru_cache(maxsize=2)
def load_network(stage: Stage) -> onnxruntime.InferenceSession:
    """The built-in weights of one stage, loaded once."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    weights = files("vfa.segment").joinpath("weights", f"{stage}.onnx").read_bytes()
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def _threads() -> int:
    """As many as OMP_NUM_THREADS allows, which onnxruntime itself does not read: a batch gives each worker one."""
    stated = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(stated) if stated.isdecimal() and int(stated) else THREADS


def weights_version() -> str:
    """The names the weights carry inside their files."""
    stages: tuple[Stage, ...] = ("locate", "outline")
    return ", ".join(str(load_network(stage).get_modelmeta().custom_metadata_map["version"]) for stage in stages)
