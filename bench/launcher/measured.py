"""measured.py COMMAND...: runs it and writes what it cost to descriptor 3: seconds of wall and CPU (its own and of all it waited for), KiB of its largest process."""
import json
import os
import sys
import time

began = time.monotonic()
pid = os.fork()
if pid == 0:
    os.close(3)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
cost = {
    "wall": time.monotonic() - began,
    "cpu": used.ru_utime + used.ru_stime,
    "kib": used.ru_maxrss,
    "code": os.waitstatus_to_exitcode(status),
}
os.write(3, json.dumps(cost).encode())
