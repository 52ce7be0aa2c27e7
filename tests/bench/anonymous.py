"""How much anonymous memory a process takes while it runs: what is not a file's."""
import pathlib
import subprocess
import threading


def anonymous_bytes(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def run_watched(command, environment=None):
    """(exit code, most anonymous memory, standard error) of one process, looked at every 5 ms."""
    process = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    peak, ended = [0], threading.Event()

    def watch():
        while not ended.wait(0.005):
            peak[0] = max(peak[0], anonymous_bytes(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    errors = process.communicate()[1]
    ended.set()
    watcher.join()
    return process.returncode, peak[0], errors
