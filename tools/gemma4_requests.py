#!/usr/bin/env python3
"""Requests for the program of Gemma4 from the samples of tests/data/gemma4_shapes: NAME.i for each tensor of
request i, as docs/program.md says. Needs nothing but Python.

Usage: gemma4_requests.py OUT.safetensors SAMPLES [COUNT] [--grid COLUMNSxROWS]
SAMPLES: calibration or evaluation. COUNT: of the first so many. --grid: those with a picture of this size
alone."""

import array
import json
import pathlib
import struct
import sys
import zipfile

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "tests/data/gemma4_shapes"


def npy(archive, name):
    """Elements of an array of integers of an .npz: its shape, and an array of numbers in row-major order."""
    with archive.open(name + ".npy") as file:
        data = file.read()
    (length,) = struct.unpack_from("<H", data, 8)
    header = data[10 : 10 + length].decode()
    shape = [int(n) for n in header.split("'shape': (")[1].split(")")[0].split(",") if n.strip()]
    codes = {"|u1": "B", "<i2": "h", "<i4": "i", "<i8": "q", "|i1": "b"}
    code = codes[header.split("'descr': '")[1].split("'")[0]]
    assert "'fortran_order': False" in header, header
    return shape, array.array(code, data[10 + length :])


def tensors(samples, count, grid):
    """Name, dtype, shape and bytes of each tensor."""
    lines = (FOLDER / samples / f"{samples}.jsonl").read_text().splitlines()[:count]
    records = [json.loads(line) for line in lines]
    if grid:
        records = [one for one in records if one.get("patch_grid") == grid]
    with zipfile.ZipFile(FOLDER / samples / f"{samples}.npz") as archive:
        (_, slots, width), pixels = npy(archive, "pixel_values_u8")
        _, places = npy(archive, "image_position_ids")
    for i, record in enumerate(records):
        for key in ("input_ids", "answer_ids"):
            ids = array.array("i", record[key])
            yield f"{key}.{i}", "I32", [1, len(ids)] if key == "input_ids" else [len(ids)], ids.tobytes()
        if "row" not in record:
            continue
        row = record["row"]
        own_pixels = pixels[row * slots * width : (row + 1) * slots * width]
        values = array.array("f", (x / 255.0 for x in own_pixels))
        yield f"pixel_values.{i}", "F32", [1, slots, width], values.tobytes()
        own = array.array("i", places[row * slots * 2 : (row + 1) * slots * 2])
        yield f"pixel_position_ids.{i}", "I32", [1, slots, 2], own.tobytes()


def write(path, all_tensors):
    header, bodies, end = {}, [], 0
    for name, dtype, shape, body in all_tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(body)]}
        bodies.append(body)
        end += len(body)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for body in bodies:
            file.write(body)


def main():
    arguments, grid = sys.argv[1:], None
    if "--grid" in arguments:
        place = arguments.index("--grid")
        grid = [int(n) for n in arguments[place + 1].split("x")]
        del arguments[place : place + 2]
    if len(arguments) not in (2, 3) or arguments[1] not in ("calibration", "evaluation"):
        sys.exit(__doc__)
    count = int(arguments[2]) if len(arguments) == 3 else None
    write(pathlib.Path(arguments[0]), tensors(arguments[1], count, grid))


if __name__ == "__main__":
    main()
