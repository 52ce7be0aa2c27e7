"""The host steps of docs/program.md, in numpy. Class Steps has a function for each, by its name."""

import re
import sys

import numpy as np


def need(holds, what):
    if not holds:
        sys.exit(f"refused: {what}")


class Call:
    """What a step is given: contents and values of its inputs, its arguments, and where its outputs go."""

    def __init__(self, run, step):
        self.run, self.wires = run, step["inputs"] | step["outputs"]
        self.arguments, self.tables = step.get("arguments", {}), run.tables
        self.pictures = run.counters["pictures"]

    def held(self, name):  # as the buffer holds it: codes where it has a grid
        return self.run.held[self.wires[name]]

    def real(self, name):
        return self.run.real(self.wires[name])

    def shape(self, name):
        return self.run.buffers[self.wires[name]]["shape"]

    def put(self, name, content):  # a copy: write_rows changes buffers in place
        dtype = self.run.held_dtype(self.wires[name])
        self.run.held[self.wires[name]] = np.array(content, dtype).reshape(self.shape(name))

    def give(self, name, values):
        self.put(name, self.run.coded(self.wires[name], values))

    def count(self, argument):
        """A whole number, or a counter with a sum or product: prompt-1, picture*12."""
        value = self.arguments[argument]
        if isinstance(value, str):
            counter, sign, number = re.fullmatch(r"([a-z]+)(?:([-+*])(\d+))?", value).groups()
            value = self.run.counters[counter]
            value = value * int(number) if sign == "*" else value + int((sign or "+") + (number or "0"))
        need(value >= 0, f"{argument} is {value}")
        return value

    def mask(self, age):
        """`age`: how far behind the query a key is; below 0 it is not seen."""
        window = self.count("window")
        is_seen = (age >= 0) & ((window == 0) | (age < window))
        self.give("mask", np.where(is_seen, 0, -self.arguments["depth"]))

    def turn(self, axes, frequencies):
        """cos and sin: for each axis of positions both halves, one behind the other."""
        angles = [np.outer(positions, frequencies) for positions in axes]
        sign = -1 if self.arguments["negated"] else 1
        cos = [half for one in angles for half in (np.cos(one), np.cos(one))]
        sin = [half for one in angles for half in (sign * np.sin(one), np.sin(one))]
        self.give("cos", np.concatenate(cos, -1))
        self.give("sin", np.concatenate(sin, -1))

    def patches(self):
        """Which slots have a patch, and the column and row of each."""
        column, row = self.held("positions")[0].T
        has = (column != -1) | (row != -1)
        need((column[has] >= 0).all() and (row[has] >= 0).all(), "a patch stands at a negative place")
        need(has.any(), "a picture without patches")
        return has, column, row

    def squares(self):
        """How many squares of patches a full grid has, and how many a row of it."""
        (has, column, row), side = self.patches(), self.count("side")
        columns, rows = column[has].max() + 1, row[has].max() + 1
        is_full = len({*zip(column[has], row[has])}) == has.sum() == columns * rows
        need(is_full, "the patches of a picture do not fill a grid")
        need(columns % side == rows % side == 0, f"a picture that is no grid of squares of {side} patches")
        return columns * rows // side**2, columns // side


class Steps:
    def row(s):
        s.put("row", np.take(s.held("x"), s.count("index"), s.count("axis")))

    def write_rows(s):
        axis, ring, count, offset = s.count("axis"), s.count("ring"), s.count("count"), s.count("offset")
        rows, into = np.moveaxis(s.held("rows"), axis, 0), np.moveaxis(s.held("into"), axis, 0)
        first = s.count("first")
        need(first + count <= len(rows), f"there are {len(rows)} rows, {first + count} are to be written")
        for i, row in enumerate(rows[first : first + count]):
            place = (offset + i) % ring if ring else offset + i
            need(place < len(into) or s.arguments["beyond"] == "drop", "the cache is full")
            if place < len(into):
                into[place] = row

    def concat(s):
        s.put("joined", np.concatenate([s.held("first"), s.held("second")], s.count("axis")))

    def reshape(s):
        s.put("y", s.held("x"))

    def fill(s):
        s.give("x", np.full(s.shape("x"), s.arguments["value"]))

    def replace_token(s):
        x = s.held("tokens")
        s.put("replaced", np.where(x == s.count("token"), s.count("replacement"), x))

    def pad_patches(s):
        has = s.patches()[0]
        s.put("padded", s.held("pixels")[:, np.where(has, np.arange(has.size), np.flatnonzero(has)[-1])])

    def requantize(s):
        s.give("y", s.real("x"))

    def causal_mask(s):
        *_, queries, keys = s.shape("mask")
        s.mask(s.count("first") + np.arange(queries)[:, None] - np.arange(keys))

    def cache_mask(s):
        slot, past, ring = np.arange(s.shape("mask")[-1] - 1), s.count("past"), s.count("ring")
        need(ring or past <= slot.size, "the cache is full")
        held = past - 1 - (past - 1 - slot) % ring if ring else np.where(slot < past, slot, -1)
        held[(held < 0) | (slot >= (ring or slot.size))] = past + 1  # none: never seen
        s.mask(np.append(past - held, 0))

    def rotary_table(s):
        *_, positions, size = s.shape("cos")
        pair = np.arange(size // 2)
        f = s.arguments["theta"] ** (-2 * pair / size)
        if s.arguments["kind"] == "proportional":
            f = np.where(pair < (s.count("rotary_dim") or size) // 2, f / s.arguments["factor"], 0)
        s.turn([s.count("first") + np.arange(positions)], f)

    def patch_rotary(s):
        _, columns, rows = s.patches()
        half = s.shape("cos")[-1] // 2
        f = s.arguments["theta"] ** (-2 * np.arange(half // 2) / half)
        s.turn([np.maximum(columns, 0), np.maximum(rows, 0)], f)

    def fusion_source(s):
        tokens, counts = s.held("tokens")[0], s.held("soft_tokens")[: s.pictures]
        per = s.count("rows_per_picture")
        need((counts <= per).all(), f"a picture has more than {per} soft tokens")
        soft = [tokens.size + p * per + j for p, n in enumerate(counts) for j in range(n)]
        is_soft, source = tokens == s.count("image_token"), np.arange(tokens.size)
        need(is_soft.sum() == len(soft), f"{is_soft.sum()} image tokens for {len(soft)} soft tokens")
        source[is_soft] = soft
        s.put("source", source)

    def count_soft_tokens(s):
        s.put("count", s.squares()[0])

    def patch_positions(s):
        s.put("places", np.maximum(s.held("positions"), 0))

    def patch_mask(s):
        has = s.patches()[0]
        seen = has[:, None] & has if s.arguments["pairs"] else np.broadcast_to(has, s.shape("mask")[-2:])
        s.give("mask", np.where(seen, 0, -s.arguments["depth"]))

    def pool_weights(s):
        (squares, columns), (has, column, row), side = s.squares(), s.patches(), s.count("side")
        need(squares <= s.shape("weights")[1], f"a picture of {squares} squares is too large for this set")
        weights, square = np.zeros(s.shape("weights")), row // side * columns + column // side
        weights[0, square[has], np.flatnonzero(has)] = 1 / side**2
        s.give("weights", weights)

    def table_lookup(s):
        table, rows = s.tables[s.arguments["table"]], s.held("rows").ravel()
        need((rows >= 0).all() and (rows < len(table["table"])).all(), "a row that the table does not have")
        zero_point, scale = (table[name][rows, None].astype(np.float64) for name in ("zero_point", "scale"))
        s.give("values", (table["table"][rows] - zero_point) * scale)

    def softcap(s):
        s.give("capped", s.arguments["cap"] * np.tanh(s.real("logits") / s.arguments["cap"]))

    def argmax(s):
        need(not np.isnan(s.real("logits")).any(), "a score is NaN")
        s.put("token", s.real("logits").argmax(-1))

    def require_image_tokens(s):
        x, first = s.held("tokens")[0], s.count("first")
        wanted = np.isin(np.arange(x.size), np.arange(first, first + s.count("count")))
        need(((x == s.count("image_token")) == wanted).all(), "image tokens stand where this set takes none")

    def require_grid(s):
        has, column, row = s.patches()
        at, columns = np.arange(has.size), s.count("columns")
        wanted = at < s.count("rows") * columns
        need((has == wanted).all() and (~wanted | (column == at % columns) & (row == at // columns)).all(),
             "a picture of another grid than this set takes")
