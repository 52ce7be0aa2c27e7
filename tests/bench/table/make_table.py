"""Writes a checkpoint of one bfloat16 table, piece by piece: `make_table.py FOLDER [ROWS COLUMNS]`.

Elements are random bits whose exponents lie in a range: all mantissas occur, and no element is NaN or
infinite. The same shape gives the same bytes.
"""
import json
import pathlib
import struct
import sys

import numpy as np

ROWS, COLUMNS = 262144, 8960  # the per-layer embedding of Gemma4 E2B: 4.7 GB
NAME = "embed.weight"
PIECE = 1024  # rows that are made at once


def bits_of(rows, columns, piece):
    """Bits of some rows: |x| from 2^-15 to 2, divided by a power of two that a row has for itself."""
    random = np.random.Generator(np.random.Philox(key=piece))
    bits = random.integers(0, 1 << 16, (rows, columns), np.uint16) & 0x87FF | 0x3800
    return bits - (random.integers(0, 12, (rows, 1), np.uint16) << 7)


def pieces(rows, columns):
    for first in range(0, rows, PIECE):
        yield first, bits_of(min(PIECE, rows - first), columns, first)


def make(folder, rows=ROWS, columns=COLUMNS):
    folder.mkdir(parents=True, exist_ok=True)
    entry = {"dtype": "BF16", "shape": [rows, columns], "data_offsets": [0, 2 * rows * columns]}
    header = json.dumps({NAME: entry}).encode()
    header += b" " * (-len(header) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _, bits in pieces(rows, columns):
            file.write(bits.tobytes())


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:4]))
