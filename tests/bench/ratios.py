#!/usr/bin/env python3
"""Runs kernels_bench and prints each kernel's GB/s as a ratio to `copy` of the same tensor in the same run.

Usage: ratios.py build/dev/bin/kernels_bench [--check]     --check: exit 1 where a target is missed
"""
import json
import subprocess
import sys

TARGETS = {"vernier_min_max": 1.0, "vernier_min_max_axis0": 1.0, "vernier_min_max_axis1": 1.0,
           "vernier_histogram": 0.3,
           "vernier_fake_quant": 0.6, "vernier_fake_quant_axis0": 0.6, "vernier_fake_quant_axis1": 0.6}
# Held where the tensor comes from memory. What lies in the cache is copied several times faster, and is shown beside it.
TARGET_SIZE = "64"


def measure(program):
    command = [program, "--benchmark_format=json", "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true",
               "--benchmark_min_time=0.2", "--benchmark_enable_random_interleaving=true"]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["benchmarks"]
    return {tuple(row["run_name"].split("/")[:2]): row["bytes_per_second"] / 1e9 for row in rows if row["aggregate_name"] == "median"}


def main():
    speeds = measure(sys.argv[1])
    missed = False
    print(f"{'kernel':<28}{'MiB':>5}{'GB/s':>8}{'x copy':>8}{'target':>8}")
    for (name, size), speed in sorted(speeds.items(), key=lambda row: (-int(row[0][1]), row[0][0])):
        ratio = speed / speeds[("copy", size)]
        target = TARGETS.get(name) if size == TARGET_SIZE else None
        missed |= target is not None and ratio < target
        print(f"{name:<28}{size:>5}{speed:>8.1f}{ratio:>8.2f}{target or '':>8}{'  missed' if target and ratio < target else ''}")
    return 1 if missed and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
