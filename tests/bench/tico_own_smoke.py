#!/usr/bin/env python3
"""One of TICO 0.3.0's own smoke cases at the size of E2B: the other side of compare_smoke.py where it has
one.

Usage: tico_own_smoke.py CASE FOLDER
What its inspector does for `--mode wrapper-smoke --case CASE --export circle --strict` with the size profile
e2b_dims; the inspector itself wants packages that only its evaluations need.
"""
import sys
import warnings

from tico.quantization.recipes.debug.wrapper_smoke import run_wrapper_smoke

warnings.filterwarnings("ignore")


def main():
    case, folder = sys.argv[1:]
    options = {"debug": {"wrapper_smoke": {"gemma4": {"size_profile": "e2b_dims"}}}}
    run_wrapper_smoke(case, cfg=options, export="circle", output_dir=folder, strict=True, emit_plot=False)


if __name__ == "__main__":
    main()
