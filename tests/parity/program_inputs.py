"""What the files of a folder are given when its program runs on a request, up to the first token: enough of the host
steps of docs/program.md for a set with compat=tico, with NumPy."""

import json

import numpy as np


def count(argument, counters):
    if isinstance(argument, int):
        return argument
    for sign in "+-*":
        if sign in argument:
            name, number = argument.split(sign)
            value = counters[name]
            return {"+": value + int(number), "-": value - int(number), "*": value * int(number)}[sign]
    return counters[argument]


def coded(values, buffer):
    """`values` as the buffer holds them."""
    if "qparams" not in buffer:
        return values.astype(np.float32)
    q = buffer["qparams"]
    limits = np.iinfo(q["dtype"])
    codes = np.rint(values.astype(np.float32).astype(np.float64) / np.float64(np.float32(q["scale"]))) + q["zero_point"]
    return np.clip(codes, limits.min, limits.max).astype(q["dtype"])


def decoded(content, buffer):
    if "qparams" not in buffer:
        return content.astype(np.float64)
    q = buffer["qparams"]
    return (content.astype(np.float64) - q["zero_point"]) * np.float64(np.float32(q["scale"]))


def causal_mask(shape, arguments):
    query, key = np.indices(shape[-2:])
    seen = (key <= query) & ((arguments["window"] == 0) | (query - key < arguments["window"]))
    return np.where(seen, 0.0, -arguments["depth"]).reshape(shape)


def rotary_table(shape, arguments):
    head = shape[-1]
    pair = np.arange(head // 2)
    frequencies = arguments["theta"] ** (-2.0 * pair / head)
    if arguments["kind"] == "proportional":
        frequencies = np.where(pair < arguments["rotary_dim"] // 2, frequencies / arguments["factor"], 0.0)
    angles = np.arange(shape[-2])[:, None] * frequencies
    first = -np.sin(angles) if arguments["negated"] else np.sin(angles)
    join = lambda a, b: np.concatenate([a, b], axis=-1).reshape(shape)
    return join(np.cos(angles), np.cos(angles)), join(first, np.sin(angles))


def patch_rotary(positions, shape, arguments):
    half = shape[-1] // 2
    frequencies = arguments["theta"] ** (-2.0 * np.arange(half // 2) / half)
    angles = [np.maximum(positions[0, :, axis], 0)[:, None] * frequencies for axis in (0, 1)]
    sign = -1 if arguments["negated"] else 1
    cos = np.concatenate([np.cos(angles[axis]) for axis in (0, 0, 1, 1)], axis=-1)
    sin = np.concatenate([factor * np.sin(angles[axis]) for axis in (0, 1) for factor in (sign, 1)], axis=-1)
    return cos.reshape(shape), sin.reshape(shape)


class Prefill:
    """`execute(unit, inputs)` gives a unit's outputs in its order; `calls` has the inputs of each unit, as they were."""

    def __init__(self, folder, request, execute):
        self.program = json.loads((folder / "program.json").read_text())
        self.buffers = self.program["buffers"]
        self.units = {unit["name"]: unit for unit in self.program["units"]}
        self.calls, self.held, self.execute = {}, {}, execute
        self.counters = {"prompt": request["input_ids"].shape[1], "picture": 0, "pictures": 1, "past": 0}
        for name, buffer in self.buffers.items():
            if "fill" in buffer:
                filled = np.full(buffer["shape"], buffer["fill"], np.float64)
                real = buffer["dtype"] == "float32"
                self.held[name] = coded(filled, buffer) if real else filled.astype(buffer["dtype"])
            if buffer["role"] == "request":
                given = request[buffer.get("of", name)]
                given = coded(given, buffer) if buffer["dtype"] == "float32" else given
                self.held[name][tuple(slice(0, n) for n in given.shape)] = given
        for phase in self.program["phases"]:
            if phase["runs"] != "each_token":
                for step in phase["steps"]:
                    self.run(step)

    def run(self, step):
        if "unit" in step:
            unit = self.units[step["unit"]]
            inputs = [self.held[step["inputs"][name]] for name in unit["inputs"]]
            self.calls[step["unit"]] = inputs
            for name, output in zip(unit["outputs"], self.execute(unit, inputs)):
                self.held[step["outputs"][name]] = output
        elif not step["host"].startswith("require_"):
            getattr(self, step["host"])(step["inputs"], step["outputs"], step.get("arguments", {}))

    def shape(self, name):
        return self.buffers[name]["shape"]

    def give(self, name, values):
        self.held[name] = coded(np.asarray(values), self.buffers[name])

    def row(self, inputs, outputs, arguments):
        index = count(arguments["index"], self.counters)
        taken = np.take(self.held[inputs["x"]], index, arguments["axis"])
        self.held[outputs["row"]] = taken.reshape(self.shape(outputs["row"]))

    def write_rows(self, inputs, outputs, arguments):
        rows = np.moveaxis(self.held[inputs["rows"]], arguments["axis"], 0)
        into = np.moveaxis(self.held[outputs["into"]], arguments["axis"], 0)
        first, number, offset = (count(arguments[key], self.counters) for key in ("first", "count", "offset"))
        into[offset : offset + number] = rows[first : first + number]

    def reshape(self, inputs, outputs, _):
        self.held[outputs["y"]] = self.held[inputs["x"]].reshape(self.shape(outputs["y"]))

    def requantize(self, inputs, outputs, _):
        self.give(outputs["y"], decoded(self.held[inputs["x"]], self.buffers[inputs["x"]]))

    def replace_token(self, inputs, outputs, arguments):
        tokens = self.held[inputs["tokens"]]
        self.held[outputs["replaced"]] = np.where(tokens == arguments["token"], arguments["replacement"], tokens)

    def causal_mask(self, _, outputs, arguments):
        self.give(outputs["mask"], causal_mask(self.shape(outputs["mask"]), arguments))

    def rotary_table(self, _, outputs, arguments):
        for name, table in zip(("cos", "sin"), rotary_table(self.shape(outputs["cos"]), arguments)):
            self.give(outputs[name], table)

    def patch_rotary(self, inputs, outputs, arguments):
        tables = patch_rotary(self.held[inputs["positions"]], self.shape(outputs["cos"]), arguments)
        for name, table in zip(("cos", "sin"), tables):
            self.give(outputs[name], table)

    def patch_mask(self, _, outputs, __):
        self.give(outputs["mask"], np.zeros(self.shape(outputs["mask"])))  # a full grid: no slot is empty

    def softcap(self, inputs, outputs, arguments):
        scores = decoded(self.held[inputs["logits"]], self.buffers[inputs["logits"]])
        self.give(outputs["capped"], arguments["cap"] * np.tanh(scores / arguments["cap"]))

    def argmax(self, inputs, outputs, _):
        self.held[outputs["token"]] = np.array([[int(np.argmax(self.held[inputs["logits"]]))]], np.int32)
