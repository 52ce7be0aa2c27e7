"""Runs each recipe once with vernier and once with TICO, and hands both results to the tests."""
import dataclasses
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest
from safetensors.numpy import load_file

import circle_file

SOURCE = pathlib.Path(__file__).resolve().parents[2]
VERNIER = pathlib.Path(os.environ.get("VERNIER", SOURCE / "build/release/bin/vernier"))


@dataclasses.dataclass
class Result:
    folder: pathlib.Path
    sites: dict
    metrics: dict
    outputs: dict
    circle: pathlib.Path

    @classmethod
    def read(cls, folder):
        (circle,) = folder.glob("*.circle")
        sites = {row["site"]: row for row in json.loads((folder / "qparams.json").read_text())}
        metrics = json.loads((folder / "report.json").read_text())["metrics"]
        return cls(folder, sites, metrics, load_file(folder / "outputs.safetensors"), circle)

    @functools.cached_property
    def graph(self):
        return circle_file.read(self.circle)


@dataclasses.dataclass
class Pair:
    recipe: str
    vernier: Result
    tico: Result

    def scales_are_equal(self):
        return all(self.vernier.sites[site]["scale"] == row["scale"] for site, row in self.tico.sites.items())

    def output_step(self):
        """One step of the output's grid: the scale of the last site, in order of the forward."""
        return list(self.tico.sites.values())[-1]["scale"][0]


def run_vernier(recipe, out, *options):
    command = [VERNIER, "run", SOURCE / "configs" / f"{recipe}.json", "--out", out, "--save-outputs", "--quiet", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Result.read(out)


def run_folder(folder, out):
    """Outputs and report of the recipe.json in `folder`."""
    done = subprocess.run(
        [VERNIER, "run", folder / "recipe.json", "--out", out, "--save-outputs", "--quiet"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return load_file(out / "outputs.safetensors"), json.loads((out / "report.json").read_text())


def run_tico(recipe, out):
    command = [sys.executable, SOURCE / "tests/parity/tico_run.py", SOURCE / "configs" / f"{recipe}.json", out]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Result.read(out)


@functools.cache
def pair_of(recipe, folder):
    return Pair(recipe, run_vernier(recipe, folder / recipe / "vernier"), run_tico(recipe, folder / recipe / "tico"))


@pytest.fixture(scope="session")
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


def build_plugin(folder, name):
    """A plugin of the tests (tests/parity/operators), built against the SDK of this tree."""
    build = folder / name
    for step in (["-S", SOURCE / "tests/parity/operators", "-B", build, "-DCMAKE_BUILD_TYPE=Release"],
                 ["--build", build, "--target", name]):
        subprocess.run(["cmake", *step], check=True, stdout=subprocess.DEVNULL)
    return build / f"{name}.so"


@pytest.fixture
def pair(request, folder):
    return pair_of(request.param, folder)
