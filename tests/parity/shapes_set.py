"""Runs recipes of configs/gemma4_shapes_*.json on a few samples, for a folder of files that answers."""

import json
import os
import subprocess
import sys

from conftest import SOURCE, VERNIER


def run(recipe, out, settings):
    """`settings`: places in the recipe and their values, texts or JSON."""
    as_text = {key: one if isinstance(one, str) else json.dumps(one) for key, one in settings.items()}
    sets = [word for key, value in as_text.items() for word in ("--set", f"{key}={value}")]
    command = [VERNIER, "run", SOURCE / "configs" / f"{recipe}.json", "--out", out, "--quiet", *sets]
    env = os.environ | {"VERNIER_PYTHON": sys.executable}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


def run_on(recipe, folder, calibrated, evaluated, settings, *options):
    """Into folder/out, on the first samples of both sets, which lie in `folder` then; `options`: of the tool
    that writes them."""
    for samples, count in (("calibration", calibrated), ("evaluation", evaluated)):
        path = folder / f"{samples}.safetensors"
        tool = [sys.executable, SOURCE / "tools/gemma4_requests.py"]
        subprocess.run([*tool, path, samples, str(count), *options], check=True)
        settings = settings | {f"{samples}.inputs.path": str(path)}
    run(recipe, folder / "out", settings)
    return folder / "out"
