#!/usr/bin/env python3
"""Writes tests/data/circle_executor/cases.json: one operator a case, with the codes that exact arithmetic
gives.

Reals are fractions; where an operator has no fraction, 60 decimal digits. Nothing here knows how the executor
computes. Needs numpy and mpmath: python3 tests/plugins/executors/circle/make_cases.py
"""

import json
import pathlib

from case_values import cases
from choice_cases import choices, picks, prefixes
from placed_cases import images, placed, whole_numbers
from product_cases import batch_matmul, fully_connected
from value_cases import binary, rows, unary
from view_cases import conversions, views
from volume_cases import scattered, transposed, volumes

OUT = pathlib.Path(__file__).resolve().parents[3] / "data/circle_executor/cases.json"


def shortened(t):
    """A tensor of one repeated number says it once."""
    return {**t, "values": t["values"][0]} if len(t["values"]) > 100 and len(set(t["values"])) == 1 else t


# Numbers are drawn one after the other: the order is a part of the file.
for build in (
    fully_connected,
    batch_matmul,
    binary,
    unary,
    rows,
    views,
    conversions,
    choices,
    picks,
    prefixes,
    placed,
    whole_numbers,
    images,
    transposed,
    volumes,
    scattered,
):
    build()
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(
    "[\n"
    + ",\n".join(
        json.dumps({**c, "inputs": [shortened(t) for t in c["inputs"]]}, separators=(",", ":")) for c in cases
    )
    + "\n]\n"
)
print(len(cases), "cases,", OUT.stat().st_size, "bytes")
