"""What kill_runs.py runs: recipes in two variants each, and what the folder of a run must be."""

import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Of a run's own time; all other files of a set are the same bytes in each run of a variant.
TIMED = {"report.json", "report.html", ".vernier-outputs.json"}
STAGED = re.compile(r"\.vernier-[0-9a-f]{16}\.tmp/")


class Subject:
    """A recipe with --set for each variant, by name."""

    recipe = None
    variants = {}
    settings = ()

    def command(self, vernier, variant, out):
        sets = [word for one in (*self.settings, *self.variants[variant]) for word in ("--set", one)]
        return [vernier, "run", self.recipe, "--out", out, "--quiet", *sets]

    def files(self, out, others=()):
        """The files of a set with their hashes; `others`: files of someone else. What a killed run left in a
        stage is nobody's, and the next run removes it."""
        names = {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}
        names = {name: path for name, path in names.items() if not STAGED.match(name)}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in names.items()
            if name not in TIMED and name not in others
        }

    def read(self, vernier, out):
        """A command that reads the folder, and completes what a killed run began there, finds a set."""
        command = self.reader(vernier, out)
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, f"{command[1]} ended with {done.returncode}: {done.stdout}{done.stderr}"

    def check(self, out, variant):
        """Its report is of the run that wrote the set."""
        rows = json.loads((out / "report.json").read_text())["coverage"]["parameters"]
        dtype = {row["dtype"] for row in rows if row["parameter"].endswith(self.weight)}
        assert dtype == {variant}, f"report.json is not of the run that wrote the model: {dtype}, {variant}"


class OneFile(Subject):
    """A module's file and its reports."""

    recipe = ROOT / "configs/gemma4_embedder.json"
    settings = ("gates={}",)
    variants = {
        "uint8": ("quantization.weight.dtype=uint8",),
        "uint4": ("quantization.weight.dtype=uint4",),
    }
    weight = "projection.weight"

    def reader(self, vernier, out):
        return [vernier, "diff", out, out, "--json"]


class Folder(Subject):
    """A recipe with a program: 25 files, program.json, tokenizer and golden run, which verify runs."""

    recipe = ROOT / "configs/gemma4_shapes_w4a16.json"
    variants = {
        "uint4": ("quantization.weight.dtype=uint4",),
        "uint8": ("quantization.weight.dtype=uint8",),
    }
    weight = "layers.0.mlp.gate_proj.weight"

    def __init__(self, folder):
        counts = {"calibration": 2, "evaluation": 1}
        for samples, count in counts.items():
            tool = [sys.executable, ROOT / "tools/gemma4_requests.py", folder / f"{samples}.safetensors"]
            subprocess.run([*tool, samples, str(count)], check=True)
        paths = (f"{samples}.inputs.path={folder / samples}.safetensors" for samples in counts)
        self.settings = (*paths, "evaluation.samples=1", "export.0.verify.samples=1", "runtime.threads=1")

    def reader(self, vernier, out):
        return [vernier, "verify", out]

    def check(self, out, variant):
        super().check(out, variant)
        program = json.loads((out / "program.json").read_text())
        named = {one["path"] for one in program["files"]} | {one["file"]["path"] for one in program["units"]}
        lacking = {name for name in named if not (out / name).is_file()}
        assert not lacking, f"program.json names {lacking}, which are not there"
        assert "golden.safetensors" in named and "tokenizer.json" in named and len(program["units"]) == 25
