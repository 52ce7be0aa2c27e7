#!/usr/bin/env python3
"""Counts code lines (no blanks, no comments, no includes) of C++ files against their limits: FILE=LIMIT ..."""
import pathlib
import re
import sys


def code_lines(path):
    text = re.sub(r"/\*.*?\*/", "", pathlib.Path(path).read_text(), flags=re.S)
    lines = (re.sub(r"//.*", "", line).strip() for line in text.splitlines())
    return sum(1 for line in lines if line and not line.startswith("#include"))


def main():
    failed = False
    for argument in sys.argv[1:]:
        path, limit = argument.rsplit("=", 1)
        count = code_lines(path)
        failed |= count > int(limit)
        print(f"{path}: {count} code lines (limit {limit}){' TOO LONG' if count > int(limit) else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
