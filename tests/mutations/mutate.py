#!/usr/bin/env python3
"""Runs vernier on damaged libraries, recipes, checkpoints and model files: `make mutations`.

Usage: mutate.py [--libraries N] [--recipes N] [--checkpoints N] [--files N] [--seed N] [--jobs N]
[--only KIND:INDEX] [--keep FOLDER] [--vernier FILE]. What is changed follows from seed, kind and index.

Wanted of each command: it ends, within ten seconds or ten after SIGTERM; by 0, 2, 3, 4 or 5 (143 where it was
stopped), never by a signal or as a defect (70); where it fails it says "error:" and a place; it leaves no
temporary file and no changed input; and where it ends with 0, each file that it put into place is valid by
the rules of its format. Prints how often each exit code came, and each violation with what makes it again.
The exit code is 1 where there is one."""

import argparse
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import subjects

SECONDS, GRACE = 10, 10
ADDRESS_SPACE = 16 << 30
STOPPED = 143
FINE = {0, 2, 3, 4, 5, STOPPED}


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def ended(command, place):
    """(exit code, what it printed); None for a code: it did not end."""
    environment = {**os.environ, "TMPDIR": str(place / "tmp"), "HOME": str(place)}
    process = subprocess.Popen(list(map(str, command)), cwd=place, env=environment, preexec_fn=limited,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    for seconds in (SECONDS, GRACE):
        try:
            text = process.communicate(timeout=seconds)[1].decode("utf-8", "replace")
            return process.returncode, text
        except subprocess.TimeoutExpired:
            process.terminate()
    os.killpg(process.pid, 9)
    return None, process.communicate()[1].decode("utf-8", "replace")


def wrong(code, text):
    """What is wrong with such an end; empty: nothing."""
    if code is None:
        return "does not end"
    if code not in FINE:
        return f"ends with {code}"
    if code not in (0, STOPPED) and ("error:" not in text or "\n  at " not in text):
        return f"ends with {code} and says no error with a place"
    return ""


def leftovers(place):
    names = [path for path in place.rglob(".vernier-*") if path.name not in (".vernier-outputs.json",)]
    names += list((place / "tmp").iterdir())
    return [str(path.relative_to(place)) for path in names]


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.kinds = {}
        for name in subjects.KINDS:
            base = folder / name
            base.mkdir()
            self.kinds[name] = subjects.KINDS[name](options.vernier, base)

    def one(self, kind, index):
        """(kind, index, exit codes, violation)"""
        chance = random.Random(f"{self.options.seed} {kind} {index}")
        place = pathlib.Path(tempfile.mkdtemp(prefix=f"{kind}-{index}-", dir=self.folder))
        (place / "tmp").mkdir()
        subject, codes, violation = self.kinds[kind], [], ""
        for command in subject.mutant(chance, place):
            code, text = ended(command, place)
            codes.append(code)
            violation = wrong(code, text)
            if not violation and (left := leftovers(place)):
                violation = f"leaves {', '.join(left)}"
            if not violation and code == 0:
                violation = self.unsound(subject.models(place))
            if violation:
                violation = f"{kind}:{index}: {' '.join(map(str, command))}\n  {violation}\n  {text[-1500:]}"
                break
            if code != 0 and not getattr(subject, "runs_all", False):
                break
        if violation and self.options.keep:
            shutil.copytree(place, self.options.keep / place.name, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(place)
        return kind, index, codes, violation

    def unsound(self, models):
        for model in models:
            code, text = ended([self.options.vernier, "verify", model], model.parents[1])
            if code != 0:
                return f"puts {model.name} into place, which is not valid: {text[-500:]}"
        return ""

    def inputs(self):
        return {path: hashlib.sha256(path.read_bytes()).hexdigest()
                for subject in self.kinds.values() for path in subject.checkpoint.iterdir()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in subjects.KINDS:
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", metavar="KIND:INDEX")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--vernier", type=pathlib.Path, default=subjects.ROOT / "build/release/bin/vernier")
    options = parser.parse_args()
    options.vernier = options.vernier.resolve()
    work = [(kind, index) for kind in subjects.KINDS for index in range(getattr(options, kind))]
    if options.only:
        kind, index = options.only.split(":")
        work = [(kind, int(index))]
    counts, violations, start = collections.defaultdict(collections.Counter), [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vernier-mutations-") as folder:
        bench = Bench(options, pathlib.Path(folder))
        before = bench.inputs()
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for kind, _, codes, violation in pool.map(lambda one: bench.one(*one), work):
                counts[kind].update(codes)
                if violation:
                    violations.append(violation)
                    print(violation, flush=True)
        if bench.inputs() != before:
            violations.append("an input was changed")
    for kind, row in counts.items():
        ends = ", ".join(f"{code} {count} times" for code, count in sorted(row.items(), key=str))
        print(f"{kind}: {getattr(options, kind) or 1} mutants; exit code {ends}")
    print(f"{len(violations)} violations, {time.monotonic() - start:.0f} s")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
