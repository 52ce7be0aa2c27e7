#!/usr/bin/env python3
"""Runs a folder that `vernier run` wrote for a program, as docs/program.md says. Its files are TFLite.

Usage: run_folder.py FOLDER [--ids 2,105,7] [--request FILE.safetensors] [--tokens N]

It prints the answer's tokens. A runtime for another device does the same, with its executor as LiteRt."""

import argparse
import hashlib
import json
import pathlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from host_steps import Call, Steps, need


class LiteRt:
    """One file, or one signature of it, in LiteRT's portable kernels."""

    def __init__(self, path, signature=None):
        self.model = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        self.runner = self.model.get_signature_runner(signature) if signature else None

    def details(self, side):
        """Of inputs or outputs; names in a signature are others than those of tensors."""
        if self.runner is None:
            return getattr(self.model, f"get_{side}_details")()
        return list(getattr(self.runner, f"get_{side}_details")().values())

    def grids(self):
        """By the name of each input and output: dtype, scale, zero point (dtype alone without a grid)."""
        for one in self.details("input") + self.details("output"):
            of, dtype = one["quantization_parameters"], np.dtype(one["dtype"]).name
            yield one["name"], (dtype, *of["scales"].tolist(), *of["zero_points"].tolist())

    def run(self, values):
        """Arrays by the names in the file -> results by theirs. An open extent is what the input has."""
        if self.runner is not None:
            inputs, outputs = self.runner.get_input_details(), self.runner.get_output_details()
            given = {key: values[one["name"]].astype(one["dtype"]) for key, one in inputs.items()}
            return {outputs[key]["name"]: x for key, x in self.runner(**given).items()}
        inputs = [(one, values[one["name"]]) for one in self.model.get_input_details()]
        for one, x in inputs:
            self.model.resize_tensor_input(one["index"], x.shape)
        self.model.allocate_tensors()
        for one, x in inputs:
            self.model.set_tensor(one["index"], x.astype(one["dtype"]))
        self.model.invoke()
        return {one["name"]: self.model.get_tensor(one["index"]) for one in self.model.get_output_details()}


def safetensors(path):
    data = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    kinds = {"U8": "u1", "I32": "<i4", "I64": "<i8", "F32": "<f4"}
    header = {name: one for name, one in json.loads(data[8:start]).items() if name != "__metadata__"}
    bodies = {name: data[start:][slice(*one["data_offsets"])] for name, one in header.items()}
    return {name: np.frombuffer(bodies[name], kinds[one["dtype"]]).reshape(one["shape"])
            for name, one in header.items()}


class Run:
    """A folder, and what its buffers and counters hold while it serves a request."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.program = json.loads((folder / "program.json").read_text())
        need(self.program["version"] == 1, "the program is not of version 1")
        self.buffers = self.program["buffers"]
        self.units = {one["name"]: one for one in self.program["units"]}
        tables = self.program.get("tables", {})
        with_files = [*self.units.values(), *tables.values()]
        for file in [one["file"] for one in with_files] + self.program.get("files", []):
            found = hashlib.sha256((folder / file["path"]).read_bytes()).hexdigest()
            need(found == file["sha256"], f"{file['path']} is not the file that the program names")
        self.files = {name: LiteRt(folder / one["file"]["path"], one["file"].get("signature"))
                      for name, one in self.units.items()}
        self.tables = {name: safetensors(folder / one["file"]["path"]) for name, one in tables.items()}
        for step in (step for phase in self.program["phases"] for step in phase["steps"]):
            if "unit" in step:
                self.check_grids(step)
            else:
                need(hasattr(Steps, step["host"]), f"this runtime has no step {step['host']}")

    def wires(self, step, side):
        """(name in the file, buffer) of each input or output of a unit's step."""
        unit = self.units[step["unit"]]
        return [(there, step[side][here]) for there, here in zip(unit["file"][side], unit[side], strict=True)]

    def check_grids(self, step):
        grids = dict(self.files[step["unit"]].grids())
        for there, buffer in self.wires(step, "inputs") + self.wires(step, "outputs"):
            q = self.buffers[buffer].get("qparams")
            grid = (q["dtype"], q["scale"], q["zero_point"]) if q else grids[there][:1]
            need(grid == grids[there], f"{there} of {step['unit']} and buffer {buffer} have different grids")

    def held_dtype(self, name):
        return self.buffers[name].get("qparams", self.buffers[name])["dtype"]

    def coded(self, name, values):
        """What buffer `name` holds of these values: codes where it has a grid."""
        q = self.buffers[name].get("qparams")
        if q is None:
            return np.asarray(values).astype(self.buffers[name]["dtype"])
        need(not np.isnan(values).any(), f"a value of {name} is NaN")
        limits = np.iinfo(q["dtype"])
        codes = np.rint(np.float32(values).astype(np.float64) / q["scale"]) + q["zero_point"]
        return np.clip(codes, limits.min, limits.max).astype(q["dtype"])

    def real(self, name):
        q, x = self.buffers[name].get("qparams"), self.held[name].astype(np.float64)
        return x if q is None else (x - q["zero_point"]) * q["scale"]

    def begin(self, request):
        """Takes the request's tensors; runs all phases but those of each token."""
        self.counters, self.held = {"prompt": 0, "pictures": 0, "picture": 0, "past": 0}, {}
        asked = [name for name, one in self.buffers.items() if one["role"] == "request"]
        of = {self.buffers[name].get("of", name): name for name in asked}
        need(request.keys() <= of.keys(), f"a request has {', '.join(of)}, not {', '.join(request)}")
        for name, one in self.buffers.items():
            if "fill" in one:
                self.held[name] = np.full(one["shape"], self.coded(name, one["fill"]))
        for tensor, name in of.items():
            self.take(self.buffers[name], name, request.get(tensor))
        for phase in self.program["phases"]:
            passes = {"once": 1, "each_picture": self.counters["pictures"], "each_token": 0}[phase["runs"]]
            for self.counters["picture"] in range(passes):
                self.run_phase(phase)
        self.counters["past"] = self.counters["prompt"]

    def take(self, one, name, x):
        lengths = {length["axis"]: length for length in one.get("lengths", [])}
        if x is None:
            return need(any(one["minimum"] == 0 for one in lengths.values()), f"the request has no {name}")
        need(x.ndim == len(one["shape"]), f"{name} has {x.ndim} axes; the program has {len(one['shape'])}")
        need((x.dtype == np.float32) == (one["dtype"] == "float32"), f"{name} is {x.dtype}")
        for axis, (extent, whole) in enumerate(zip(x.shape, one["shape"])):
            length = lengths.get(axis, {"minimum": whole, "maximum": whole})
            need(length["minimum"] <= extent <= length["maximum"],
                 f"{name} has {extent} on axis {axis}; {length['minimum']} to {length['maximum']} are served")
            if "counter" in length:
                counted = self.counters[length["counter"]] or extent
                need(counted == extent, f"{name} has {extent} on axis {axis}, another tensor has {counted}")
                self.counters[length["counter"]] = extent
        is_legal = (x >= one.get("minimum", -np.inf)) & (x <= one.get("maximum", np.inf))
        need(is_legal.all(), f"{name} holds illegal values")
        if x.shape == tuple(one["shape"]):
            self.held[name] = np.empty(x.shape, self.held_dtype(name))  # it may have no fill
        self.held[name][tuple(map(slice, x.shape))] = self.coded(name, x)

    def run_phase(self, phase):
        for step in phase["steps"]:
            if "host" in step:
                getattr(Steps, step["host"])(Call(self, step))
                continue
            given = {there: self.held[buffer] for there, buffer in self.wires(step, "inputs")}
            results = self.files[step["unit"]].run(given)
            for there, buffer in self.wires(step, "outputs"):
                self.held[buffer] = np.array(results[there], self.held_dtype(buffer))

    def generate(self, request, limit):
        """The tokens of the greedy answer."""
        rule, tokens = self.program["generation"], []
        self.begin(request)
        while True:
            tokens.append(self.held[rule["token"]].item())
            if tokens[-1] in rule["stop"] or len(tokens) == limit or self.counters["past"] == rule["context"]:
                return tokens
            for phase in self.program["phases"]:
                if phase["runs"] == "each_token":
                    self.run_phase(phase)
            self.counters["past"] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--ids", type=lambda text: [int(token) for token in text.split(",")])
    parser.add_argument("--request")
    parser.add_argument("--tokens", type=int, default=32)
    given = parser.parse_args()
    request = safetensors(given.request) if given.request else {}
    if given.ids:
        request["input_ids"] = np.array([given.ids], np.int32)
    print(*Run(given.folder).generate(request, given.tokens))


if __name__ == "__main__":
    main()
