#!/usr/bin/env python3
"""Runs clang-tidy-14 with the checks of .clang-tidy on the C++ files that build/dev compiles.

    tidy.py                    all files, all lines
    tidy.py --changed [REV]    only lines that changed since REV; without REV since the revision that
                               tools/tidy-since.txt names, because older lines were written before the
                               checks. A new line must be clean.

build/dev must be configured, and its generated headers must be there (`make dev`). Exit code 1 where a
finding stands."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/dev"
DATABASE = ROOT / "build/tidy"
SINCE = ROOT / "tools/tidy-since.txt"
# Flags of g++ that clang rejects or has no headers for (OpenMP), and the headers that g++ has parsed
# before: a file is read with what it includes itself.
GCC_ONLY = re.compile(
    r" (-fno-gnu-unique|-fopenmp|-Wno-restrict|-Wno-stringop-overflow|-Winvalid-pch"
    r"|-include \S*/cmake_pch\.hxx)(?= )"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def compiled_files():
    """Writes a database of single files that clang understands; returns the files of ours in it, as paths
    from the root."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    torch = re.search(r"^CMAKE_PREFIX_PATH:\w+=(.*)$", cache, re.M)[1]
    subprocess.run(["cmake", "--preset", "dev", "-B", DATABASE, "-DVERNIER_UNITY=OFF"], cwd=ROOT, check=True,
                   env={**os.environ, "TORCH_DIR": torch}, stdout=subprocess.DEVNULL)
    entries = json.loads((DATABASE / "compile_commands.json").read_text())
    for entry in entries:
        # What the build generates is read where it was built.
        entry["command"] = GCC_ONLY.sub("", entry["command"]).replace(f"{DATABASE}/", f"{BUILD}/")
    (DATABASE / "compile_commands.json").write_text(json.dumps(entries))
    tracked = set(git("ls-files", "*.cpp").split())
    files = {str(pathlib.Path(entry["file"]).relative_to(ROOT)) for entry in entries}
    return sorted(files & tracked)


def changed_lines(revision):
    """{file: [[first, last], …]} of the lines that exist now and differ from `revision`."""
    lines, name = {}, None
    for line in git("diff", "--unified=0", "--no-color", revision, "--", "*.cpp", "*.h").splitlines():
        if line.startswith("+++ "):
            name = line[6:] if line.startswith("+++ b/") else None
        elif line.startswith("@@") and name:
            first, _, count = re.search(r"\+(\d+)(,(\d+))?", line).groups()
            if count != "0":
                lines.setdefault(name, []).append([int(first), int(first) + int(count or 1) - 1])
    return lines


def through_whom(header, files):
    """A file that is compiled and includes the header, so that the header is seen; None where none does so
    itself."""
    own = str(pathlib.Path(header).with_suffix(".cpp"))
    if own in files:
        return own
    return next(
        (
            name
            for name in files
            if any(header.endswith("/" + found) for found in INCLUDE.findall((ROOT / name).read_text()))
        ),
        None,
    )


def tidy(name, line_filter):
    command = ["clang-tidy-14", "-p", str(DATABASE), "--quiet", "--extra-arg=-Wno-unknown-warning-option"]
    if line_filter:
        command.append(f"--line-filter={json.dumps(line_filter)}")
    ran = subprocess.run(["nice", *command, str(ROOT / name)], cwd=ROOT, capture_output=True, text=True)
    found = sorted(set(re.findall(r"^\S+:\d+:\d+: (?:error|warning): .*\]$", ran.stdout, re.M)))
    if ran.returncode != 0 and not found:
        found = [f"{name}: clang-tidy ended with {ran.returncode}: {(ran.stdout + ran.stderr)[-2000:]}"]
    return [line.replace(f"{ROOT}/", "") for line in found]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--changed", nargs="?", const="", metavar="REV")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", help="only these")
    options = parser.parse_args()

    files, line_filter = compiled_files(), []
    chosen = set(options.files or files)
    if options.changed is not None:
        lines = changed_lines(options.changed or SINCE.read_text().split()[0])
        # clang-tidy compares the ends of names; the root in front keeps a/x.h from meaning b/a/x.h.
        line_filter = [{"name": f"{ROOT}/{name}", "lines": ranges} for name, ranges in lines.items()]
        chosen &= {through_whom(name, files) if name.endswith(".h") else name for name in lines} - {None}
    problems = set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(lambda name: tidy(name, line_filter), sorted(chosen & set(files))):
            problems.update(found)
    print("\n".join(sorted(problems)) if problems else f"tidy: {len(chosen & set(files))} files are clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
