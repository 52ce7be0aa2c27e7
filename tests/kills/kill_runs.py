#!/usr/bin/env python3
"""Kills `vernier run` with SIGKILL at random moments. After each kill the output folder must be the set of
one run, whole, and a complete run must succeed and leave nothing over. Half of the kills come while the set
is being put in place. Usage: kill_runs.py [--count N] [--seed N] [--vernier FILE]; N kills are spread over
the kinds of place."""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECIPE = ROOT / "configs/gemma4_embedder.json"
VARIANTS = {"uint8": "quantization.weight.dtype=uint8", "uint4": "quantization.weight.dtype=uint4"}
FILES = ["embed_vision.q.circle", "qparams.json", "recipe.effective.json"]
PID_1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def works(*command):
    return shutil.which(command[0]) and subprocess.run(command, capture_output=True).returncode == 0


class Place:
    """A folder for outputs on one kind of file system, and how the runs there are started."""

    def __init__(self, name, folder, prefix=(), others=False):
        self.name, self.prefix, self.others = name, list(prefix), others
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vernier-kills-", dir=folder))
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.out = self.folder / "outputs/run"
        if others:
            self.out.mkdir(parents=True)
            (self.out / "notes.txt").write_text("mine")

    def start(self, vernier, variant):
        command = [
            *self.prefix,
            vernier,
            "run",
            RECIPE,
            "--out",
            self.out,
            "--quiet",
            "--set",
            VARIANTS[variant],
            "--set",
            "gates={}",
        ]
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        return subprocess.Popen(
            list(map(str, command)),
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, vernier, variant):
        process = self.start(vernier, variant)
        error = process.communicate()[1]
        assert process.returncode == 0, f"{self.name}: a run ended with {process.returncode}: {error}"

    def set_in_place(self):
        return {name: hashlib.sha256((self.out / name).read_bytes()).hexdigest() for name in FILES}

    def leftovers(self):
        return [str(path) for path in self.folder.rglob(".vernier-*") if path.name != ".vernier-outputs.json"]


def wait_for_stage(place, process):
    """Returns when the run has written its report into the stage, and so is about to put its files in
    place."""
    while process.poll() is None:
        for parent in (place.out.parent, place.out):
            if any(parent.glob(".vernier-*.tmp/report.html")):
                return
        time.sleep(0.0005)


def kill_once(vernier, place, variant, seconds, chance):
    process = place.start(vernier, variant)
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0, seconds))
    else:
        wait_for_stage(place, process)
        time.sleep(chance.uniform(0, 0.01))
    is_alive = process.poll() is None
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.communicate()
    return is_alive


def check(vernier, place, sets):
    """The next command, which reads the folder, sees one set. Returns whose it is."""
    seen = subprocess.run([vernier, "diff", place.out, place.out, "--json"], capture_output=True, text=True)
    assert seen.returncode == 0, f"{place.name}: diff ended with {seen.returncode}: {seen.stderr}"
    found = place.set_in_place()
    whose = [variant for variant, files in sets.items() if files == found]
    assert whose, f"{place.name}: files of two runs in {place.out}: {found}"
    report = json.loads((place.out / "report.json").read_text())
    bits = {
        row["dtype"]
        for row in report["coverage"]["parameters"]
        if row["parameter"].endswith("projection.weight")
    }
    assert bits == {
        whose[0]
    }, f"{place.name}: report.json is not of the run that wrote the model: {bits}, {whose}"
    if place.others:
        assert (place.out / "notes.txt").read_text() == "mine", "a file of someone else was changed"
    return whose[0]


def places():
    folder = tempfile.gettempdir()
    yield Place("alone", folder)
    yield Place("others", folder, others=True)
    if os.access("/dev/shm", os.W_OK):
        yield Place("tmpfs", "/dev/shm")
    if works(*PID_1, "true"):
        yield Place("process 1", folder, PID_1)
    else:
        print("skipped: no right to make a PID namespace")
    overlay = mounted_overlay()
    if overlay:
        yield Place("overlayfs", overlay)
    else:
        print("skipped: no right to mount an overlayfs")


def mounted_overlay():
    base = pathlib.Path(
        tempfile.mkdtemp(prefix="vernier-kills-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    )
    for name in ("lower", "upper", "work", "merged"):
        (base / name).mkdir()
    options = f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work"
    if works("mount", "-t", "overlay", "overlay", "-o", options, str(base / "merged")):
        return base / "merged"
    shutil.rmtree(base)
    return None


def clean(place):
    shutil.rmtree(place.folder, ignore_errors=True)
    if place.name == "overlayfs":
        subprocess.run(["umount", place.folder.parent], check=False)
        shutil.rmtree(place.folder.parent.parent, ignore_errors=True)


def kill_at(vernier, place, count, chance):
    sets = {}
    for variant in VARIANTS:
        begin = time.monotonic()
        place.run(vernier, variant)
        seconds = time.monotonic() - begin
        sets[variant] = place.set_in_place()
    killed = changed = 0
    before = variant
    for index in range(count):
        variant = chance.choice([one for one in VARIANTS if one != before])
        killed += kill_once(vernier, place, variant, seconds, chance)
        after = check(vernier, place, sets)
        changed += after != before
        before = after
        if index % 5 == 4 or index == count - 1:
            place.run(vernier, variant)
            assert not place.leftovers(), f"{place.name}: left over: {place.leftovers()}"
            before = check(vernier, place, sets)
            assert before == variant
    print(
        f"{place.name}: {killed} of {count} runs killed before their end, "
        f"{changed} after their set was in place"
    )


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    arguments.add_argument("--vernier", default=ROOT / "build/release/bin/vernier")
    given = arguments.parse_args()
    print(f"seed {given.seed}")
    chance = random.Random(given.seed)
    all_places = list(places())
    try:
        for index, place in enumerate(all_places):
            kill_at(
                given.vernier,
                place,
                given.count * (index + 1) // len(all_places) - given.count * index // len(all_places),
                chance,
            )
    except AssertionError as error:
        print(f"FAILED: {error}")
        return 1
    finally:
        for place in all_places:
            clean(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
