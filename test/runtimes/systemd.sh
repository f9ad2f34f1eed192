#!/usr/bin/env bash
# A user's service manager of its own for one command: systemd.sh COMMAND... Runs in a mount namespace, so that the machine's /run and
# linger stay as they are; needs root and a writable systemd hierarchy of control groups.
set -eu
[[ ${1-} == --inside ]] || exec unshare -m -- "$0" --inside "$@"
shift
[[ ! -d /run/systemd/system ]] || { echo "this machine has a systemd of its own: run the tests with the user manager that is there" >&2; exec "$@"; }
group=/sys/fs/cgroup/systemd/pdctl-$$
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib/systemd
mkdir -p /run/systemd/system /run/sshd /run/user/"$UID" /var/lib/systemd/linger "$group"
touch "/var/lib/systemd/linger/$(id -un)"
chmod 700 "/run/user/$UID"
export XDG_RUNTIME_DIR=/run/user/$UID
(printf '%s' "$BASHPID" >"$group/cgroup.procs" && exec /lib/systemd/systemd --user >/run/manager.log 2>&1) &
manager=$!
for ((n = 0; n < 200; n++)); do
  systemctl --user show -p Version >/dev/null 2>&1 && break
  kill -0 "$manager" || { cat /run/manager.log >&2; exit 1; }
  sleep 0.05
done
status=0
"$@" || status=$?
kill -TERM "$manager"
wait "$manager" || true
find "$group" /sys/fs/cgroup/systemd/{init.scope,app.slice} -depth -type d -exec rmdir {} + 2>/dev/null || true
exit "$status"
