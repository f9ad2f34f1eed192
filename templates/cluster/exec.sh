# shellcheck shell=bash disable=SC2154
# Runs PD_ARGV at home (one word: as shell text), without input, at most PD_SECONDS. Prints `o LINE` and `e LINE` as they come, then
# `x EXIT`. Ends with the launcher: when that hangs up, or has been silent for PD_LEASE_S, the command and its children get SIGTERM.
command=("${PD_ARGV[@]}")
((${#PD_ARGV[@]} > 1)) || command=(bash -c "${PD_ARGV[0]}")
cd ~ 2>/dev/null || cd / || exit
told() { sed -u "s/^/$1\t/" && printf '\n'; } # a last line without its end would run into the next record
set -m # the job is a process group of its own
{
  { timeout --foreground "$PD_SECONDS" "${command[@]}" </dev/null 2>&1 1>&4 4>&- | told e >&3; exit "${PIPESTATUS[0]}"; } 4>&1 | told o >&3
  printf 'x\t%s\n' "${PIPESTATUS[0]}" >&3
} 3>&1 &
job=$!
{ while IFS= read -r -t "$PD_LEASE_S" _; do :; done; kill -TERM -- "-$job" 2>/dev/null; } <&0 >/dev/null 2>&1 &
watchdog=$!
wait "$job"
kill -- "-$watchdog" 2>/dev/null
exit 0
