# How a script of ours talks with the plugin that started it; see script_process.h. Put in front of each
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


INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE, UNIMPLEMENTED, DATA_LOSS = 1, 2, 4, 5, 9

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


def answer(lines):
    channel.write("\n".join([f"ok {len(lines)}", *lines]) + "\n")
    channel.flush()


def refuse(error):
    text = " ".join(str(error).split()) or type(error).__name__
    channel.write(f"error {getattr(error, 'status', DATA_LOSS)} {text[:2000]}\n")
    channel.flush()


def answer_each(begin, goes_on):
    """`begin(path, folder, options)` gives (lines of the first answer, act); `act(line)` gives those of each
    further one. `goes_on`: after an error in `act` the next line is read as if nothing had been."""
    import json

    threading.Thread(target=leave_with_host, args=(os.getppid(), sys.argv[2]), daemon=True).start()
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # paths are any bytes
    try:
        lines, act = begin(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
        answer(lines)
        for line in sys.stdin:
            try:
                answer(act(line.rstrip("\n")))
            except Exception as error:
                if not goes_on:
                    raise
                refuse(error)
        # The host is done, or has ended without a chance to do this.
        shutil.rmtree(sys.argv[2], ignore_errors=True)
    except BaseException as error:  # whatever it is, the host tells it
        refuse(error)
