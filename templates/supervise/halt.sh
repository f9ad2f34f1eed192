# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2016
# halt GRACE_MS RUN...: ends every process of these runs (generation/service), all at once. Afterwards LIVE holds who is left.
# A process counts by its mark, by the session of the run's wrapper, by the recorded identity, or by having counted before.

declare -A LIVE=() START_OF=() # pid → run; pid → start time

halt() {
  local grace=$1 run pid end kill_at parent told='' quiet=0 polls=0 step=0.02
  local -a stops=()
  shift
  local -A wanted=() unit=() leader=() engine=() engine_start=() wrapper=() wrapper_start=() container=()
  marked
  for run in "$@"; do
    wanted[$run]=1
    settle "$run"
    handle "$PD_STATE/runs/$run" || true
    run_facts "$PD_STATE/runs/$run" || true
    if [[ $RUNTIME == systemd ]]; then unit[$run]="$MODE $CONTAINER"; elif [[ -n $MODE ]]; then container[$run]="$RUNTIME $MODE $CONTAINER"; fi
    # The wrapper's session is ours only while somebody proves it: its number may be another session's by now.
    session_proven "$PD_STATE/runs/$run" && leader[$WRAPPER]=$run
    lives "$WRAPPER" "$WRAPPER_START" && wrapper[$run]=$WRAPPER wrapper_start[$run]=$WRAPPER_START
    lives "$ENGINE" "$ENGINE_START" && leader[$SID]=$run engine[$run]=$ENGINE engine_start[$run]=$ENGINE_START
  done
  LIVE=() START_OF=()
  halt_scan
  ((${#LIVE[@]} == 0)) || halt_descendants
  halt_remember
  look $$ && parent=$PARENT
  now_ms && kill_at=$((NOW + grace)) end=$((NOW + grace + 10000))
  for run in "${!container[@]}"; do
    halt_container "${container[$run]}" "$run" TERM "$grace" &
    stops+=($!)
  done
  for run in "${!wrapper[@]}"; do { : >"$PD_STATE/runs/$run/asked"; } 2>/dev/null || true; done # what ends now was told to
  for run in "${!engine[@]}"; do # the engine knows best how to end its children
    [[ ${container[$run]-} == *' run '* ]] || halt_signal TERM "${engine[$run]}"
  done
  for pid in "${!LIVE[@]}"; do
    run=${LIVE[$pid]}
    [[ -n ${engine[$run]-} ]] || halt_signal TERM "$pid"
    halt_signal CONT "$pid"
  done
  while :; do
    halt_scan
    if ((${#LIVE[@]} == 0)); then
      ((++quiet >= 2)) && break
      nap 0.01
      continue
    fi
    quiet=0
    nap $step
    look $$ && [[ $PARENT == "$parent" ]] || exit 1 # whoever asked is gone; the next one may have less patience
    ((++polls < 10)) || step=0.1 # most end at once; a grace may last minutes
    now_ms
    if ((NOW >= kill_at)); then
      ((NOW >= end)) && break # uninterruptible, or not ours to kill
      for run in "${!container[@]}"; do halt_container "${container[$run]}" "$run" KILL 0; done
      for pid in "${!LIVE[@]}"; do halt_signal KILL "$pid"; done
      continue
    fi
    # Children that outlived their engine hear it themselves, once, and do not get the whole grace for it.
    for pid in "${!LIVE[@]}"; do
      run=${LIVE[$pid]}
      [[ -z ${engine[$run]-} ]] || lives "${engine[$run]}" "${engine_start[$run]}" || {
        [[ $told == *" $pid "* ]] || halt_signal TERM "$pid"
        told+=" $pid "
      }
    done
  done
  ((${#stops[@]} == 0)) || wait "${stops[@]}" # not for all: services just started are this shell's children too
  for run in "${!container[@]}"; do halt_container "${container[$run]}" "$run" REMOVE 0; done
  for run in "${!unit[@]}"; do halt_unit "${unit[$run]}" "$run"; done
  # The wrapper has seen its child end and writes exit.json; it is gone a moment later.
  for run in "${!wrapper[@]}"; do
    for ((polls = 0; polls < 100; polls++)); do
      lives "${wrapper[$run]}" "${wrapper_start[$run]}" || break
      nap 0.01
    done
    [[ " ${LIVE[*]} " == *" $run "* ]] || ! lives "${wrapper[$run]}" "${wrapper_start[$run]}" || halt_signal KILL "${wrapper[$run]}"
  done
  return 0
}

halt_signal() { kill "-$1" "$2" 2>/dev/null || true; }

halt_scan() { # uses halt's own tables
  local pid
  local -A seen=()
  marked
  for pid in "${!RUN_OF[@]}"; do [[ -n ${wanted[${RUN_OF[$pid]}]-} ]] && seen[$pid]=${RUN_OF[$pid]}; done
  sessions "${!leader[@]}"
  for pid in "${!SESSION_OF[@]}"; do seen[$pid]=${leader[${SESSION_OF[$pid]}]}; done
  for pid in "${!LIVE[@]}"; do [[ -n ${seen[$pid]-} ]] || ! lives "$pid" "${START_OF[$pid]}" || seen[$pid]=${LIVE[$pid]}; done
  LIVE=()
  for pid in "${!seen[@]}"; do
    [[ ${wrapper[${seen[$pid]}]-} == "$pid" ]] && continue
    look "$pid" && [[ $STATE != [ZX] ]] && LIVE[$pid]=${seen[$pid]} START_OF[$pid]=$START
  done
  return 0
}

# A child that dropped both its environment and its session is still its parent's child, as long as that one lives.
halt_descendants() {
  local entry pid more=1
  local -a field
  local -A parent=()
  while IFS= read -r -d '' entry; do
    pid=${entry#/proc/} && pid=${pid%%/*}
    IFS=' ' read -r -d '' -a field <<<"${entry##*) }" || true
    [[ ${field[0]} == [ZX] ]] || parent[$pid]=${field[1]}
  done < <(scan stat '')
  while ((more)); do
    more=0
    for pid in "${!parent[@]}"; do
      [[ -z ${LIVE[$pid]-} && -n ${LIVE[${parent[$pid]}]-} ]] || continue
      look "$pid" || continue
      LIVE[$pid]=${LIVE[${parent[$pid]}]} START_OF[$pid]=$START more=1
    done
  done
}

# Which shared memory and which socket is whose can only be seen while its owners live.
halt_remember() {
  local pid run path number link
  local -A bound=()
  while read -r number path; do bound[$number]=$path; done < <(awk '$8 ~ "^/tmp/" { print $7, $8 }' /proc/net/unix 2>/dev/null)
  for pid in "${!LIVE[@]}"; do
    run=$PD_STATE/runs/${LIVE[$pid]}
    [[ ! -d $run ]] || grep -soE '/dev/shm/[^ ]+$' "/proc/$pid/maps" >>"$run/shm"
    ((${#bound[@]})) && [[ -d $run ]] || continue
    while read -r link; do
      number=${link##*socket:[} && number=${number%%]*}
      [[ -z ${bound[$number]-} ]] || printf '%s\n' "${bound[$number]}" >>"$run/sockets"
    done < <(stat -c %N -- "/proc/$pid/fd/"* 2>/dev/null | grep -F 'socket:[')
  done
  return 0
}

# halt_container 'docker run NAME' RUN TERM|KILL|REMOVE GRACE_MS
halt_container() {
  local tool mode name
  read -r tool mode name <<<"$1"
  if [[ $mode == run ]]; then
    halt_ours "$tool" "$name" || return 0
    case $3 in
      TERM) "$tool" stop -t $((($4 + 999) / 1000)) "$name" ;;
      KILL) "$tool" kill "$name" ;;
      REMOVE) "$tool" rm -f "$name" ;;
    esac </dev/null >/dev/null 2>&1
  elif [[ $3 != REMOVE ]]; then
    # The container is the user's own and stays. Inside, marks are readable whoever owns the processes there.
    "$tool" exec "$name" bash -c "$HALT_INSIDE" halt "$3" "PDCTL_HOME=$PD_STATE" "$2" </dev/null >/dev/null 2>&1
  fi
  return 0
}

# halt_unit 'user NAME' RUN: ends what is left in the unit's control group, whatever it has left behind of its origin
halt_unit() {
  local scope name home
  read -r scope name <<<"$1"
  home=$(unit_ctl "$scope" show -p Environment --value "$name.service" 2>/dev/null) || return 0
  [[ $home == *"PDCTL_HOME=$PD_STATE"* && $home == *"PDCTL_RUN="*"/$2"* ]] || return 0 # another one's by now
  unit_ctl "$scope" stop "$name.service" >/dev/null 2>&1
  unit_ctl "$scope" reset-failed "$name.service" >/dev/null 2>&1
  return 0
}

# A container of that name may be somebody else's by now; the label says whose it is.
halt_ours() { [[ $("$1" inspect -f '{{ index .Config.Labels "pdctl.home" }}' "$2" 2>/dev/null </dev/null) == "$PD_STATE" ]]; }

HALT_INSIDE='for e in /proc/[0-9]*/environ; do
  grep -qzxF -e "$2" "$e" 2>/dev/null && grep -qzE "^PDCTL_RUN=[^/]*/$3\$" "$e" 2>/dev/null || continue
  p=${e#/proc/} && p=${p%/environ} && kill "-$1" "$p" 2>/dev/null
done; true'
