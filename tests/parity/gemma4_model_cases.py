#!/usr/bin/env python3
"""Writes a folder for each case of the whole model on tests/data/gemma4_tiny: inputs, and the logits that
transformers gives with float32 arithmetic.

Usage: gemma4_model_cases.py OUT_DIR [SEED]. tests/data/golden/gemma4_model holds those of seed 123;
test_gemma4_model.py makes others. A folder has recipe.json and io.safetensors (in.<input>,
float_out.logits)."""

import json
import os
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import Gemma4ForConditionalGeneration

import gemma4_inputs

CHECKPOINT = pathlib.Path(__file__).resolve().parents[1] / "data/gemma4_tiny"
CONFIG = json.loads((CHECKPOINT / "config.json").read_text())
SLOTS, WIDTH, SIDE = 32, 48, 2  # 3 * patch_size^2, pooling_kernel_size
WIDE, TALL, SQUARE = (6, 4), (4, 8), (4, 4)  # columns, rows
# Pictures of each case; a fixed grid has its place in the config.
CASES = {
    "text": [],
    "wide": [WIDE],
    "tall": [TALL],
    "square": [SQUARE],
    "several": [WIDE, SQUARE],
    "fixed_grid": [WIDE],
    "fixed_grid_npu": [TALL],
}
IMAGE_START = 2


def prompt(grids, draw):
    """Ids with each picture's placeholders between its begin and end; the first picture behind one token."""
    words = lambda count: draw.integers(3, 300, count).tolist()
    ids = [CONFIG["text_config"]["bos_token_id"]]
    for columns, rows in grids:
        ids += [CONFIG["boi_token_id"]] + [CONFIG["image_token_id"]] * (columns * rows // SIDE**2)
        ids += [CONFIG["eoi_token_id"], *words(3)]
    return ids + words(7)


def given(name, grids, draw):
    """The sample for transformers and for vernier."""
    ids = prompt(grids, draw)
    if not grids:
        return {"input_ids": torch.tensor([ids])}, gemma4_inputs.sample(ids, CONFIG)
    pixels = np.zeros((len(grids), SLOTS, WIDTH), np.float32)
    for i, (columns, rows) in enumerate(grids):
        pixels[i, : columns * rows] = draw.random((columns * rows, WIDTH), np.float32)
    theirs = {
        "input_ids": torch.tensor([ids]),
        "pixel_values": torch.from_numpy(pixels),
        "image_position_ids": torch.from_numpy(
            np.stack([gemma4_inputs.places(*grid, SLOTS, -1) for grid in grids])
        ),
    }
    if name.startswith("fixed_grid"):
        return theirs, {"input_ids": np.asarray([ids], np.int64), "pixel_values": pixels}
    return theirs, gemma4_inputs.sample(ids, CONFIG, pixels, grids)


def recipe(name, grids, folder):
    config = {}
    if name.startswith("fixed_grid"):
        columns, rows = grids[0]
        config = {"grid": {"rows": rows, "columns": columns}, "image_start": IMAGE_START}
    if name.endswith("npu"):
        config["layout"] = "npu"

    inputs = {"kind": "safetensors", "path": "io.safetensors", "tensors": "in.{input}"}
    entry = "fixed_grid" if config else "forward" if grids else "text"
    return {
        "version": 1,
        "model": {"checkpoint": os.path.relpath(CHECKPOINT, folder)} | ({"config": config} if config else {}),
        "units": [{"name": name, "entry": entry, "calibration": {"inputs": inputs}}],
    }


def tiny():
    return Gemma4ForConditionalGeneration.from_pretrained(
        CHECKPOINT, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def write(model, name, folder, seed):
    """Makes the case's folder; gives the logits."""
    theirs, ours = given(name, CASES[name], np.random.default_rng(seed))
    with torch.no_grad():
        logits = model(**theirs, use_cache=False).logits.numpy()
    io = {"float_out.logits": np.ascontiguousarray(logits)}
    io |= {f"in.{key}": value for key, value in ours.items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(io, folder / "io.safetensors")
    (folder / "recipe.json").write_text(json.dumps(recipe(name, CASES[name], folder), indent=1) + "\n")
    return logits


if __name__ == "__main__":
    made = tiny()
    for each in CASES:
        write(
            made, each, pathlib.Path(sys.argv[1]) / each, int(sys.argv[2]) if len(sys.argv) > 2 else 123
        )
