#!/usr/bin/env python3
"""Holds a run of attention_recipe.json to transformers and its files to each other.

Usage: check_attention.py OUT   (outputs.safetensors and report.json of a run with --save-outputs)
"""

import json
import pathlib
import struct
import sys

DATA = pathlib.Path(__file__).parent.parent / "data/llama_attention"


def read_floats(file):
    data = file.read_bytes()
    end = 8 + struct.unpack_from("<Q", data)[0]
    tensors = {}
    for name, entry in json.loads(data[8:end]).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, stop = entry["data_offsets"]
        tensors[name] = struct.unpack_from(f"<{(stop - begin) // 4}f", data, end + begin)
    return tensors


def check_float(out):
    """The float run is transformers' to 2e-6 of its greatest value."""
    ours, theirs = read_floats(out / "outputs.safetensors"), read_floats(DATA / "expected.safetensors")
    greatest = max(abs(value) for values in theirs.values() for value in values)
    worst = 0
    for name, values in theirs.items():
        unit, sample = name.split(".")
        mine = ours[f"{unit}.float_out.0" + ("" if sample == "0" else f".{sample}")]
        assert len(mine) == len(values), f"{name}: {len(mine)} values, transformers has {len(values)}"
        worst = max(worst, *(abs(a - b) for a, b in zip(mine, values)))
    assert worst <= 2e-6 * greatest, f"{worst:.3g} from transformers, whose greatest value is {greatest:.3g}"
    print(f"float run: {worst / greatest:.2g} of the greatest value from transformers")


def check_files(out):
    """Each unit of each file was executed, and no code differs from the exact reading."""
    report = json.loads((out / "report.json").read_text())
    rows = {(row["file"], row["unit"]): row for row in report["verify"]}
    wanted = {("prefill.circle", "prefill"), ("decode.circle", "decode"), ("attention.circle", "prefill"),
              ("attention.circle", "decode")}
    assert set(rows) == wanted, sorted(rows)
    for place, row in rows.items():
        assert len(row["outputs"]) == 3, place
        for output in row["outputs"]:
            assert output["quantized_to_file"]["codes_differ"] == 0, (place, output)
        assert row["first_divergence"] is None, (place, row["first_divergence"])
    sites = {row["site"]: row["collected"] for row in report["coverage"]["sites"]}
    for site in ("key", "scaled_query", "scores", "o_proj/act_out"):
        assert sites[site] >= 10, f"{site} saw {sites[site]} tensors of two units with five samples each"
    bytes_of = {row["file"]: row["bytes"] for row in report["exports"]}
    assert bytes_of["attention.circle"] < bytes_of["prefill.circle"] + bytes_of["decode.circle"], bytes_of
    print(f"files: {bytes_of}, every output of {len(rows)} executed units equal code by code")


if __name__ == "__main__":
    check_float(pathlib.Path(sys.argv[1]))
    check_files(pathlib.Path(sys.argv[1]))
