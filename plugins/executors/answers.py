# How a script of ours talks with the executor that started it; see python_executor.h. Put in front of each
# script.
import os
import shutil
import sys
import threading
import time


class Problem(Exception):
    """What the user is to read; `status` is one of the ABI's."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED, DATA_LOSS = 1, 2, 5, 9

# A runtime that prints must not disturb the answers, from Python or from C.
channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def leave_with_host(host, folder):
    """Ends this process when the host has ended, also in the middle of a run, and removes the folder that
    nobody else will."""
    while os.getppid() == host:
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def tensor_line(place, dtype, shape, name, scale=(), zero_point=(), axis=-1, file=""):
    lists = [",".join(str(int(extent)) for extent in shape), str(int(axis)),
             ",".join(repr(float(s)) for s in scale), ",".join(str(int(z)) for z in zero_point)]
    return "\t".join([place, dtype, *lists, file, " ".join(str(name).split())])


def answer(lines):
    channel.write("\n".join([f"ok {len(lines)}", *lines]) + "\n")
    channel.flush()


def shape_of(text):
    return [] if text == "-" else [int(extent) for extent in text.split(",")]


def serve(open_model):
    """`open_model(path, folder, options)` gives (description lines, run); `run(intermediates, shapes)` gives
    tensor lines; `shapes` are those of the inputs. An open extent is -1 in a description."""
    import json

    threading.Thread(target=leave_with_host, args=(os.getppid(), sys.argv[2]), daemon=True).start()
    try:
        lines, run = open_model(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
        answer(lines)
        for line in sys.stdin:
            words = line.split()
            answer(run(words[1] == "1", [shape_of(word) for word in words[2:]]))
        # The host is done, or has ended without a chance to do this.
        shutil.rmtree(sys.argv[2], ignore_errors=True)
    except Exception as error:  # whatever it is, the host tells it
        text = " ".join(str(error).split()) or type(error).__name__
        channel.write(f"error {getattr(error, 'status', DATA_LOSS)} {text[:2000]}\n")
        channel.flush()
