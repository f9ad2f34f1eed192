"""Asks the real parser of `vllm serve` about command lines: a JSON array of arguments per line in, per line out what it says.

{"ok": true, "set": {dest: value of what differs from the default}} or {"ok": false, "error": "argument --x: …"}.
"""

import json
import sys

from parser import serve_parser

flexible, parser = serve_parser()


class Refused(Exception):
    pass


def refuse(message):
    raise Refused(message)


parser.error = refuse
flexible.error = refuse
unset = vars(parser.parse_args([]))
for line in sys.stdin:
    try:
        found = vars(flexible.parse_args(["serve", *json.loads(line)]))
        changed = {k: v for k, v in found.items() if k in unset and v != unset[k]}
        print("\x1e" + json.dumps({"ok": True, "set": changed}, default=str), flush=True)
    except Refused as refused:
        print("\x1e" + json.dumps({"ok": False, "error": str(refused)}), flush=True)
