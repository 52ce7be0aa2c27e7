#!/usr/bin/env python3
"""Writes a folder for each case of gemma4_vision_cases.py.

Usage: gemma4_vision_files.py OUT_DIR [SEED]. tests/data/golden/gemma4_vision holds those of seed 123;
test_gemma4_vision.py makes others. A folder has recipe.json, model.safetensors, io.safetensors
(calib.<i>.<input>, eval.<input>, float_out.0, quant_out.0) and case.json: TICO's sites, its metrics, and
`moved`."""

import copy
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

import tico.quantization
from gemma4_vision_cases import CASES, SAMPLES
from tico.quantization.config.ptq import PTQConfig
from tico_sites import affine_of, metrics, sites_of


def by_tico(case, samples, spec):
    """TICO's sites and its output for the first sample."""
    dtypes = {role: affine_of(text) for role, text in spec.items()}
    prepared = tico.quantization.prepare(copy.deepcopy(case.module), PTQConfig(**dtypes), inplace=True)
    for sample in samples:
        case.call(prepared, sample["x"])
    quantized = tico.quantization.convert(prepared, inplace=True)
    return sites_of(quantized), case.call(quantized, samples[0]["x"])


def recipe(case, spec):
    def inputs(tensors):
        return {"inputs": {"kind": "safetensors", "path": "io.safetensors", "tensors": tensors}}

    return {
        "version": 1,
        "model": {"checkpoint": ".", "module": "", "type": case.type, "config": case.config},
        "quantization": {role: {"observer": "minmax", "dtype": dtype} for role, dtype in spec.items()},
        "calibration": inputs("calib.{sample}.{input}"),
        "evaluation": inputs("eval.{input}") | {"samples": 1},
        "export": [{"backend": "circle", "entry": case.entry, "file": f"{case.name}.q.circle"}],
    }


def write(name, folder, seed, activation="uint8", weight="uint8"):
    """Makes the case's folder; gives what case.json holds."""
    torch.manual_seed(seed)
    spec = {"activation": activation, "weight": weight}
    with torch.no_grad():
        case = CASES[name]()
        samples = [case.sample() for _ in range(SAMPLES)]
        reference = case.call(case.module, samples[0]["x"])
        record = {"case": name, "entry": case.entry, "seed": seed, "moved": case.moved}
        io = {"float_out.0": reference}
        if case.tico:
            record["sites"], io["quant_out.0"] = by_tico(case, samples, spec)
            record["metrics"] = metrics(reference, io["quant_out.0"])
    for i, sample in enumerate(samples):
        io |= {f"calib.{i}.{key}": value for key, value in case.inputs(sample["x"]).items()}
    io |= {f"eval.{key}": value for key, value in case.inputs(samples[0]["x"]).items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: value.clone().contiguous() for key, value in io.items()}, folder / "io.safetensors")
    state = {key: value.clone().contiguous() for key, value in case.module.state_dict().items()} or {
        "none": torch.zeros(1)
    }
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text("{}\n")
    (folder / "case.json").write_text(json.dumps(record) + "\n")
    (folder / "recipe.json").write_text(json.dumps(recipe(case, spec), indent=1) + "\n")
    return record


if __name__ == "__main__":
    for each in CASES:
        write(each, pathlib.Path(sys.argv[1]) / each, int(sys.argv[2]) if len(sys.argv) > 2 else 123)
