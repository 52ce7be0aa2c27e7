#!/usr/bin/env python3
"""Prints which part of the lines of each room of core the tests ran, from the profiles of a build with
VERNIER_COVERAGE.

    coverage.py BUILD_FOLDER [--strict]

Rooms with a target below it are marked; with --strict they also make the exit code 1."""
import collections
import json
import os
import pathlib
import subprocess
import sys

TARGET = 85.0  # per cent of lines
WITH_TARGET = ["session", "abi", "device", "calibration", "verify"]


def lines_by_file(build):
    """[(path below core/src, lines, lines that ran)]"""
    profiles = sorted((build / "profiles").glob("*.profraw"))
    if not profiles:
        sys.exit(f"coverage: no profiles in {build / 'profiles'}; run the tests of that build first")
    merged = build / "profiles/all.profdata"
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", "-o", merged, *profiles], check=True)
    programs = [build / "bin" / name for name in ("vernier_tests", "vernier_torch_tests", "vernier")]
    objects = [part for program in programs if program.exists() for part in ("-object", str(program))]
    command = ["llvm-cov-14", "export", "-summary-only", f"-instr-profile={merged}", *objects[1:]]
    exported = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # An object from the cache may have been compiled with another path to the same file.
    inside = "/core/src/"
    for entry in json.loads(exported)["data"][0]["files"]:
        name = os.path.normpath(entry["filename"])
        if inside in name:
            lines = entry["summary"]["lines"]
            yield name.split(inside)[1], lines["count"], lines["covered"]


def table(files):
    """The lines to print, and the rooms below their target."""
    rooms = collections.defaultdict(lambda: [0, 0])
    for name, count, covered in files:
        room = name.split("/")[0] if "/" in name else "(core)"
        for row in (rooms[room], rooms["all"]):
            row[0] += count
            row[1] += covered
    printed, below = [], []
    for room in WITH_TARGET:
        rooms[room]  # a room without any line that a test could run is below its target too
    for room in sorted(rooms, key=lambda room: (room == "all", room)):
        count, covered = rooms[room]
        percent = 100 * covered / count if count else 0.0
        mark = ""
        if room in WITH_TARGET:
            mark = f"  target {TARGET:.0f} %" + (", below" if percent < TARGET else "")
            if percent < TARGET:
                below.append(room)
        printed.append(f"{room:14} {covered:6} of {count:6} lines  {percent:5.1f} %{mark}")
    return printed, below


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    printed, below = table(lines_by_file(pathlib.Path(sys.argv[1]).resolve()))
    print("\n".join(printed))
    return 1 if below and "--strict" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
