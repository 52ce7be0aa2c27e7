#!/usr/bin/env python3
"""Checks the shape of the tree: the direction of includes between and inside the rooms, file sizes, columns,
and that no core or app file knows a plugin's name."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIMIT = 400
COLUMNS = 110
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
# Folder, and the includes that it must not have.
FORBIDDEN = [
    ("sdk/", r"^(ATen|torch|c10|boost|fmt|spdlog|nlohmann|flatbuffers|hwy|vernier/core)/"),
    ("plugins/", r"^(ATen|torch|c10|boost|fmt|spdlog|nlohmann|vernier/core)/"),
    # Blocks stand on the SDK, and beside each other.
    ("plugins/wrappers/blocks/", r"^(?!vernier/).*/"),
    ("core/include/", r"^(ATen|torch|c10|boost|flatbuffers|hwy)/"),
    ("core/src/", r"^(ATen|torch|c10)/"),
    ("apps/", r"^(ATen|torch|c10)/|^(%ROOMS%)/"),
]
EXEMPT = "core/src/device/torch/"
# A library is tried in the way in which the host loads it.
ALLOWED = {("apps/probe/main.cpp", "plugin/load_image.h")}
# The rooms of core/src, from the top floor to the ground: a file includes its own room and rooms further
# down.
FLOORS = [
    "session", "program", "verify", "report", "calibration", "sensitivity", "sweep", "interpreter", "trace",
    "module", "calls", "graph", "circle", "onnx", "profile", "recipe", "plugin", "checkpoint", "device",
    "quantization", "kernels", "process", "file", "random", "text", "abi", "tensor",
]


def tracked(*patterns):
    command = ["git", "ls-files", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split() if (ROOT / name).exists()]


def upward(name, includes):
    """What a file of core/src includes from a floor above its own."""
    parts = name.split("/")
    if not name.startswith("core/src/") or len(parts) < 4:
        return []
    if parts[2] not in FLOORS:
        return [f"{name}: room {parts[2]} has no floor; add it to FLOORS in tools/check_tree.py"]
    own = FLOORS.index(parts[2])
    rooms = [(found, found.split("/")[0]) for found in includes]
    return [f"{name}: includes {found}, from a floor above {parts[2]}" for found, room in rooms
            if room in FLOORS and FLOORS.index(room) < own]


def main():
    problems = []
    plugin_ids = [line for manifest in tracked("plugins/*/manifest.json", "plugins/*/*/manifest.json")
                  for line in re.findall(r'"id": "([^"]+)"', (ROOT / manifest).read_text())]
    for name in tracked("*.h", "*.cpp", "*.c", "*.cmake", "*CMakeLists.txt", "*.py", "*.sh"):
        text = (ROOT / name).read_text()
        lines = text.splitlines()
        includes = INCLUDE.findall(text)
        if len(lines) > LIMIT:
            problems.append(f"{name}: {len(lines)} lines, at most {LIMIT}")
        if name.endswith((".h", ".cpp", ".c")):
            problems += [f"{name}:{number}: {len(line)} columns, at most {COLUMNS}"
                         for number, line in enumerate(lines, 1) if len(line) > COLUMNS]
        for folder, pattern in FORBIDDEN:
            if name.startswith(folder) and not name.startswith(EXEMPT):
                pattern = pattern.replace("%ROOMS%", "|".join(FLOORS))
                problems += [f"{name}: must not include {found}" for found in includes
                             if re.search(pattern, found) and (name, found) not in ALLOWED]
        problems += upward(name, includes)
        if name.startswith(("core/", "apps/")):
            problems += [f"{name}: knows the plugin {plugin}" for plugin in plugin_ids if plugin in text]
    print("\n".join(problems) if problems else "the tree holds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
