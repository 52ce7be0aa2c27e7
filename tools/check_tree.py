#!/usr/bin/env python3
"""Holds the shape of the tree: the direction of includes, file sizes, and that no core or app file knows a plugin's name."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIMIT = 400
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
# Folder, and the includes that it must not have.
FORBIDDEN = [
    ("sdk/", r"^(ATen|torch|c10|boost|fmt|spdlog|nlohmann|flatbuffers|hwy|vernier/core)/"),
    ("plugins/", r"^(ATen|torch|c10|boost|fmt|spdlog|nlohmann|vernier/core)/"),
    ("core/include/", r"^(ATen|torch|c10|boost|flatbuffers|hwy)/"),
    ("core/src/", r"^(ATen|torch|c10)/"),
    ("apps/", r"^(ATen|torch|c10)/|^(plugin|recipe|checkpoint|module|host|runtime|kernels|calibration|graph|session|report)/"),
]
EXEMPT = "core/src/runtime/torch/"


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return listed.split()


def main():
    problems = []
    plugin_ids = [line for manifest in tracked("plugins/*/manifest.json", "plugins/*/*/manifest.json")
                  for line in re.findall(r'"id": "([^"]+)"', (ROOT / manifest).read_text())]
    for name in tracked("*.h", "*.cpp", "*.c", "*.cmake", "*CMakeLists.txt", "*.py", "*.sh"):
        text = (ROOT / name).read_text()
        lines = text.count("\n")
        if lines > LIMIT:
            problems.append(f"{name}: {lines} lines, at most {LIMIT}")
        for folder, pattern in FORBIDDEN:
            if name.startswith(folder) and not name.startswith(EXEMPT):
                problems += [f"{name}: must not include {found}" for found in INCLUDE.findall(text) if re.search(pattern, found)]
        if name.startswith(("core/", "apps/")):
            problems += [f"{name}: knows the plugin {plugin}" for plugin in plugin_ids if plugin in text]
    print("\n".join(problems) if problems else "the tree holds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
