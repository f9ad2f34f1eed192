# shellcheck shell=bash disable=SC2154
# Everything on this node that is, was or stands in the way of a cluster, one tab-separated record per line:
#   process PID START UID USER AGE_S HOME RUN COMMAND   carries pdctl's mark      state DIR STATE     run DIR GENERATION/SERVICE LIFE
#   port PORT PID USER COMMAND    listens on one of PD_PORTS (PID ?: cannot be read)      holder PID USER COMMAND    of PD_PIDS
# A process that cannot be looked into is not listed as marked: of it nobody knows whose it is.
shopt -s nullglob
marked
# A process of another machine that is only seen from here, as a container with a network and files of its own is: its state is there, not gone.
is_elsewhere() {
  [[ -e /proc/$1/ns/net && ! /proc/$1/ns/net -ef /proc/self/ns/net && ! -e ${ELSE_OF[$1]} ]]
}
who() { read -r OWNER_UID OWNER < <(stat -c '%u %U' -- "/proc/$1" 2>/dev/null); }
uptime_ms
tick=$(getconf CLK_TCK)
declare -A run_of=()
while IFS= read -r -d '' entry; do
  pid=${entry#/proc/} && run_of[${pid%%/*}]=${entry#*:PDCTL_RUN=}
done < <(scan environ '^PDCTL_RUN=')
for pid in "${!run_of[@]}"; do
  [[ ${ELSE_OF[$pid]-} == /* ]] && ! is_elsewhere "$pid" && look "$pid" && [[ $STATE != [ZX] ]] || continue
  who "$pid"
  command_of "$pid"
  printf 'process\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$pid" "$START" "$OWNER_UID" "$OWNER" "$((UPTIME / 1000 - START / tick))" \
    "${ELSE_OF[$pid]}" "${run_of[$pid]}" "$COMMAND"
done
states
for dir in "${STATES[@]}"; do
  slurp "$dir/state.json" && one_line || continue
  printf 'state\t%s\t%s\n' "$dir" "$TEXT"
  for run in "$dir"/runs/*/*/; do
    run=${run%/}
    [[ $run == *~* ]] && continue
    life=unstarted
    if handle "$run"; then
      life=dead
      lives "$ENGINE" "$ENGINE_START" && life=alive
    fi
    printf 'run\t%s\t%s\t%s\n' "$dir" "${run#"$dir"/runs/}" "$life"
  done
done
listeners
for port in "${PD_PORTS[@]}"; do
  for pid in ${HOLDS[$port]-}; do
    if [[ $pid == '?' ]]; then
      printf 'port\t%s\t?\t?\t?\n' "$port"
    else
      who "$pid"
      command_of "$pid"
      printf 'port\t%s\t%s\t%s\t%s\n' "$port" "$pid" "$OWNER" "$COMMAND"
    fi
  done
done
for pid in "${PD_PIDS[@]}"; do
  [[ -d /proc/$pid ]] || continue
  who "$pid"
  command_of "$pid"
  printf 'holder\t%s\t%s\t%s\n' "$pid" "$OWNER" "$COMMAND"
done
printf 'uid\t%s\n' "$UID"
