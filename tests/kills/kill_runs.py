#!/usr/bin/env python3
"""Kills `vernier run` with SIGKILL at random moments. After each kill the output folder must be the set of
one run, whole, as a command that reads it finds, and a complete run must succeed and leave nothing over. Half
of the kills come while the set is being put in place. Usage:
kill_runs.py [--count N] [--folders N] [--seed N] [--vernier FILE]; N kills of a recipe that writes one file,
and of a recipe with a program, each spread over its kinds of place."""

import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import subjects

PID_1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def works(*command):
    return shutil.which(command[0]) and subprocess.run(command, capture_output=True).returncode == 0


class Place:
    """A folder for outputs on one kind of file system, and how the runs there are started. `others`: someone
    else's file lies there; `is_new`: each run finds no folder."""

    def __init__(self, name, subject, folder, prefix=(), others=False, is_new=False):
        self.name, self.subject, self.prefix = name, subject, list(prefix)
        self.others, self.is_new = others, is_new
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vernier-kills-", dir=folder))
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.out = self.folder / "outputs/run"
        if others:
            self.out.mkdir(parents=True)
            (self.out / "notes.txt").write_text("mine")

    def start(self, vernier, variant):
        command = [*self.prefix, *self.subject.command(vernier, variant, self.out)]
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
        assert process.returncode == 0, f"a run ended with {process.returncode}: {error}"

    def files(self):
        return self.subject.files(self.out, {"notes.txt"} if self.others else ())

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


def check(vernier, place, sets, before):
    """The next command, which reads the folder, sees one set. Returns whose it is; None: there is none, as
    `before`."""
    if place.is_new and not place.out.exists():
        assert before is None, "the folder is gone"
        return None
    place.subject.read(vernier, place.out)
    found = place.files()
    whose = [variant for variant, files in sets.items() if files == found]
    assert whose, f"files of two runs, or of none, in {place.out}: {differences(found, sets)}"
    place.subject.check(place.out, whose[0])
    if place.others:
        assert (place.out / "notes.txt").read_text() == "mine", "a file of someone else was changed"
    return whose[0]


def differences(found, sets):
    """Up to five files of each set that are there with other bytes, missing or not of it."""

    def named(name, files):
        return name + (" is missing" if name not in found else "" if name in files else " is not of it")

    return {
        variant: [
            named(name, files)
            for name in sorted(files.keys() | found.keys())
            if files.get(name) != found.get(name)
        ][:5]
        for variant, files in sets.items()
    }


def places(subject):
    folder = tempfile.gettempdir()
    yield Place("alone", subject, folder)
    yield Place("others", subject, folder, others=True)
    if os.access("/dev/shm", os.W_OK):
        yield Place("tmpfs", subject, "/dev/shm")
    if works(*PID_1, "true"):
        yield Place("process 1", subject, folder, PID_1)
    else:
        print("skipped: no right to make a PID namespace")
    overlay = mounted_overlay()
    if overlay:
        yield Place("overlayfs", subject, overlay)
    else:
        print("skipped: no right to mount an overlayfs")


def folder_places(subject):
    folder = tempfile.gettempdir()
    yield Place("a folder over an earlier set", subject, folder)
    yield Place("a folder beside others' files", subject, folder, others=True)
    yield Place("a new folder", subject, folder, is_new=True)


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


def first_sets(vernier, place):
    """The set of each variant, made where the kills come, and how long the last one took."""
    sets = {}
    for variant in place.subject.variants:
        begin = time.monotonic()
        place.run(vernier, variant)
        seconds = time.monotonic() - begin
        sets[variant] = place.files()
        place.subject.read(vernier, place.out)
        place.subject.check(place.out, variant)
    assert len({tuple(sorted(files.items())) for files in sets.values()}) == len(sets), "variants are equal"
    return sets, seconds


def kill_at(vernier, place, count, chance, known):
    before = None
    if not known:
        known["sets"], known["seconds"] = first_sets(vernier, place)
        before = list(known["sets"])[-1]
    sets, seconds = known["sets"], known["seconds"]
    if not (before or place.is_new):
        before = next(iter(sets))
        place.run(vernier, before)
    killed = changed = 0
    for index in range(count):
        if place.is_new:
            shutil.rmtree(place.out, ignore_errors=True)
            before = None
        variant = chance.choice([one for one in sets if one != before])
        killed += kill_once(vernier, place, variant, seconds, chance)
        after = check(vernier, place, sets, before)
        changed += after != before
        before = after
        if index % 5 == 4 or index == count - 1:
            place.run(vernier, variant)
            assert not place.leftovers(), f"left over: {place.leftovers()}"
            before = check(vernier, place, sets, before)
            assert before == variant
    print(
        f"{place.name}: {killed} of {count} runs killed before their end, "
        f"{changed} after their set was in place"
    )


def kill_everywhere(vernier, all_places, count, chance):
    known = {}  # each place has the same sets
    for index, place in enumerate(all_places):
        share = count * (index + 1) // len(all_places) - count * index // len(all_places)
        try:
            if share:
                kill_at(vernier, place, share, chance, known)
        except AssertionError as error:
            raise AssertionError(f"{place.name}: {error}") from None


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=200)
    arguments.add_argument("--folders", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    arguments.add_argument("--vernier", default=subjects.ROOT / "build/release/bin/vernier")
    given = arguments.parse_args()
    print(f"seed {given.seed}")
    chance = random.Random(given.seed)
    all_places = []
    try:
        with tempfile.TemporaryDirectory(prefix="vernier-kills-") as requests:
            all_places = list(places(subjects.OneFile())) if given.count else []
            folders = list(folder_places(subjects.Folder(pathlib.Path(requests)))) if given.folders else []
            all_places, files = all_places + folders, all_places
            kill_everywhere(given.vernier, files, given.count, chance)
            kill_everywhere(given.vernier, folders, given.folders, chance)
    except AssertionError as error:
        print(f"FAILED: {error}")
        return 1
    finally:
        for place in all_places:
            clean(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
