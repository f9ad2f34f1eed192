#!/usr/bin/env bash
# isolated.sh COMMAND...: runs it as root in namespaces of its own, without a network but loopback. Everything it starts dies with it,
# and what it leaves in /run, /dev/shm and /var/tmp was never on this machine. The hosts of lab.sh live in there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
reap=() # PID 1 has to reap the orphans of killed hosts
command -v tini >/dev/null && reap=(tini -g --)
exec unshare --net --mount --pid --ipc --uts --fork --kill-child --mount-proc -- bash "$here/inside.sh" "${reap[@]}" "$@"
