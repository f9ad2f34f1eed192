"""Runs the real `vllm serve` for every line of a table, each in a fork of one interpreter that has imported everything.

    command-lines.py LINES.json ENDS.json     lines: [{argv, env}], ends: [{exit, output}] in the same order
"""

import json
import os
import signal
import sys
import tempfile
import time
import traceback

LONGEST = 60  # seconds: an engine that does not start says so sooner
AT_ONCE = 3


def run(line):
    os.setsid()
    os.environ.update(line["env"])
    sys.argv = ["vllm", "serve", *line["argv"]]
    try:
        code = cli.main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


class Running:
    def __init__(self, line):
        self.log = tempfile.TemporaryFile()
        self.until = time.monotonic() + LONGEST
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(self.log.fileno(), 1)
            os.dup2(self.log.fileno(), 2)
            run(line)

    def end(self):
        """Its end, or None while it runs."""
        done, state = os.waitpid(self.pid, os.WNOHANG)
        late = not done and time.monotonic() > self.until
        if not done and not late:
            return None
        try:
            os.killpg(self.pid, signal.SIGKILL)  # whatever it started, or itself where it did not end
        except ProcessLookupError:
            pass
        if late:
            os.waitpid(self.pid, 0)
        self.log.seek(0)
        output = self.log.read().decode(errors="replace")
        self.log.close()
        return {"exit": None if late else os.waitstatus_to_exitcode(state), "output": output}


def ends_of(lines):
    waiting = list(enumerate(lines))
    running, ends = {}, {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            at, line = waiting.pop(0)
            running[at] = Running(line)
        for at, one in list(running.items()):
            end = one.end()
            if end is not None:
                ends[at] = end
                del running[at]
        time.sleep(0.02)
    return [ends[at] for at in range(len(lines))]


if __name__ == "__main__":  # an engine core is a spawned process that imports this file again
    import vllm.entrypoints.cli.main as cli
    import vllm.entrypoints.openai.api_server  # noqa: F401

    with open(sys.argv[1]) as table:
        ends = ends_of(json.load(table))
    with open(sys.argv[2], "w") as file:
        json.dump(ends, file)
