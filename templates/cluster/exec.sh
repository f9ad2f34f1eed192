# shellcheck shell=bash disable=SC2154
# Runs PD_ARGV at home (one word: as shell text), without input, at most PD_SECONDS: then it ends with 124. Its output and its exit status
# are those of this script. Ends with the launcher: when that hangs up, or has been silent for PD_LEASE_S, the command and its children
# get SIGTERM. No process but the command and a watchdog: a fork here is one on every node at once.
command=("${PD_ARGV[@]}")
((${#PD_ARGV[@]} > 1)) || command=(bash -c "${PD_ARGV[0]}")
cd ~ 2>/dev/null || cd / || exit
exec 3>&2 2>/dev/null # what bash has to say of a job that was killed is not the command's
set -m                # the job is a process group of its own
SECONDS=0
{ exec -- "${command[@]}"; } </dev/null 2>&3 3>&- &
job=$!
{
  while ((left = PD_SECONDS - SECONDS, left > 0)) && IFS= read -r -t $((left < PD_LEASE_S ? left : PD_LEASE_S)) _; do :; done
  kill -TERM -- "-$job"
} <&0 >/dev/null 3>&- &
watchdog=$!
wait "$job"
status=$?
kill -- "-$watchdog"
((status == 143 && SECONDS >= PD_SECONDS)) && status=124
exit "$status"
