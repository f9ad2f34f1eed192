# shellcheck shell=bash disable=SC2153,SC2154
# Tells, as it happens, what becomes of PD_RUNS (generation/service): exits within 0.2 s, readiness, new log lines (PD_LOGS=1).
# Without a fork but for the probes. Leaves when the launcher hangs up, or has been silent for PD_LEASE_S: a node does not notice by
# itself that its link is gone.
declare -A pending=() ended=() gone_at=() engine=() engine_start=() wrapper=() wrapper_start=() log=() part=() probes=() asking=()
say() { printf '%s\n' "$1" || exit 0; }

for run in "${PD_RUNS[@]}"; do
  dir=$PD_STATE/runs/$run
  handle "$dir" || true
  engine[$run]=$ENGINE engine_start[$run]=$ENGINE_START wrapper[$run]=$WRAPPER wrapper_start[$run]=$WRAPPER_START
  run_facts "$dir" || true
  pending[$run]=1
  probes[$run]=$(printf '%s\n' "${PROBES[@]}")
  if [[ -n $PD_LOGS && -r $dir/log ]]; then
    size=$(stat -c %s -- "$dir/log")
    exec {fd}<"$dir/log" && log[$run]=$fd
    # dd moves the shared position without reading; a log may have gigabytes.
    dd iflag=skip_bytes skip="$size" count=0 <&"$fd" 2>/dev/null || head -c "$size" <&"$fd" >/dev/null
  fi
done

tell_exit() { # the run is over if its end is written down, or if nobody is left who could
  local run=$1 dir=$PD_STATE/runs/$1
  if slurp "$dir/exit.json"; then
    TEXT=${TEXT%$'\n'}
  else
    lives "${engine[$run]}" "${engine_start[$run]}" && return
    lives "${wrapper[$run]}" "${wrapper_start[$run]}" && return
    if [[ -z ${engine[$run]}${wrapper[$run]} ]] && handle "$dir" && [[ -n $WRAPPER ]]; then
      engine[$run]=$ENGINE engine_start[$run]=$ENGINE_START wrapper[$run]=$WRAPPER wrapper_start[$run]=$WRAPPER_START
      return
    fi
    # One more round: the wrapper may have written between our looks at the file and at the process.
    [[ -n ${gone_at[$run]-} ]] || { gone_at[$run]=1 && return; }
    TEXT=
  fi
  [[ -z $PD_LOGS ]] || tell_lines "$run"
  ended[$run]=1
  say "exit"$'\t'"$run"$'\t'"$TEXT"
}

tell_lines() {
  local run=$1 line n=0
  [[ -n ${log[$run]-} ]] || return 0
  while ((n++ < 500)); do
    if IFS= read -r line <&"${log[$run]}"; then
      line=${part[$run]-}$line part[$run]=
      say "log"$'\t'"$run"$'\t'"${line//$'\r'/}"
    else
      part[$run]=${part[$run]-}$line
      break
    fi
  done
}

own_answers() { # who answered was the run itself
  local kind port
  marked && listeners
  while read -r kind _ port _; do
    [[ $kind != http && $kind != tcp ]] || ! stranger "$1" "$port" || return 1
  done <<<"${probes[$1]}"
}

ask_ready() { # every probe of a run in turn, beside the loop; the answer is a line on a descriptor
  local run=$1 fd probe
  if [[ -z ${asking[$run]-} ]]; then
    exec {fd}< <(while read -r probe; do [[ -z $probe ]] || probe "$probe" || { printf 'no\n' && exit; }; done <<<"${probes[$run]}" &&
      own_answers "$run" && printf 'yes\n')
    asking[$run]=$fd
  elif read -r -t 0 -u "${asking[$run]}"; then
    fd=${asking[$run]} && unset "asking[$run]"
    read -r probe <&"$fd"
    exec {fd}<&-
    [[ $probe == yes && -z ${ended[$run]-} ]] && unset "pending[$run]" && say "ready"$'\t'"$run"
  fi
}

silent_since=$SECONDS tick=0
while :; do
  IFS= read -r -t 0.2 _
  heard=$?
  if ((heard == 0)); then silent_since=$SECONDS; elif ((heard <= 128)); then exit 0; fi
  ((SECONDS - silent_since <= PD_LEASE_S)) || exit 0
  for run in "${PD_RUNS[@]}"; do
    [[ -z ${ended[$run]-} ]] || continue
    [[ -z $PD_LOGS ]] || tell_lines "$run"
    tell_exit "$run"
    [[ -z ${pending[$run]-} || -n ${ended[$run]-} ]] || { [[ -z ${asking[$run]-} ]] && ((tick % 5)); } || ask_ready "$run"
  done
  ((tick++ % 5)) || say beat
done
