#!/usr/bin/env python3
"""Holds the documentation to the tree: snippets marked `<!-- file: PATH -->` equal that file, links lead somewhere, and each command
in a ```sh block runs (make targets are left to the CI step of their own). Usage: check_docs.py [--run]"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SNIPPET = re.compile(r"<!-- file: (\S+) -->\n```\w*\n(.*?)```", re.S)
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")
SHELL = re.compile(r"^```sh\n(.*?)^```", re.S | re.M)


def documents():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.split()]


def main():
    problems = []
    commands = 0
    for document in documents():
        text = document.read_text()
        name = document.relative_to(ROOT)
        for path, snippet in SNIPPET.findall(text):
            if (ROOT / path).read_text() != snippet:
                problems.append(f"{name}: the snippet of {path} differs from the file")
        for target in LINK.findall(text):
            if "://" not in target and not (document.parent / target).exists():
                problems.append(f"{name}: the link {target} leads nowhere")
        if "--run" not in sys.argv:
            continue
        for command in (line for block in SHELL.findall(text) for line in block.splitlines() if line and not line.startswith(("#", "make "))):
            commands += 1
            result = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
            if result.returncode != 0:
                problems.append(f"{name}: `{command}` ended with {result.returncode}\n{result.stdout}{result.stderr}")
    print("\n".join(problems) if problems else f"documentation holds; {commands} commands ran")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
