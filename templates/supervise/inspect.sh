# shellcheck shell=bash disable=SC2154
# Prints all that the files and /proc say of PD_STATE, one tab-separated record per line. PD_READY=1: probes are asked too.
# PD_OTHERS=1: also what other clusters of this user have claimed here, as long as something of them lives or changes here.
shopt -s nullglob

now_ms
booted_ms
printf 'boot\t%s\nnow\t%s\nbooted\t%s\n' "$BOOT" "$NOW" "$BOOTED"
if [[ -e $PD_STATE/state.json ]]; then
  if slurp "$PD_STATE/state.json"; then one_line && printf 'state\t%s\n' "$TEXT"; else printf 'bad\tstate.json\tcannot be read\n'; fi
fi
if read_lease; then
  uptime_ms
  printf 'lease\t%s\t%s\n' "$LEASE_TTL" "$((LEASE_UNTIL - UPTIME))"
fi
[[ ! -r $PD_STATE/gaveup ]] || while IFS= read -r line; do printf 'gaveup\t%s\n' "$line"; done <"$PD_STATE/gaveup"
[[ ! -e $PD_STATE/runs || (-r $PD_STATE/runs && -x $PD_STATE/runs) ]] || printf 'bad\truns\tcannot be listed\n'

marked
declare -A count=() pages=() bytes=() ready=() former=() again=()
asked=() answers=() page=$(getconf PAGESIZE)
for pid in "${!RUN_OF[@]}"; do
  run=${RUN_OF[$pid]}
  slurp "/proc/$pid/statm" || continue # it ended just now
  read -r _ resident _ <<<"$TEXT"
  count[$run]=$((${count[$run]-0} + 1)) pages[$run]=$((${pages[$run]-0} + resident))
done
logs=("$PD_STATE"/runs/*/*/log)
((${#logs[@]} == 0)) || while read -r size file; do bytes[$file]=$size; done < <(stat -c '%s %n' -- "${logs[@]}")

for dir in "$PD_STATE"/runs/*/*/; do
  dir=${dir%/} && service=${dir##*/} && service=${service%%~*}
  former[$service]=$((${former[$service]--1} + 1))
  [[ $dir != *~* ]] || { run=${dir#"$PD_STATE"/runs/} && run=${run%%~*} && again[$run]=$((${again[$run]-0} + 1)); }
done
for dir in "$PD_STATE"/runs/*/*/; do
  dir=${dir%/} && run=${dir#"$PD_STATE"/runs/}
  [[ $run == *~* ]] && continue # a former run of the same generation: only its log is of interest
  if ! slurp "$dir/spec.json"; then
    printf 'bad\truns/%s\tspec.json cannot be read\n' "$run"
    continue
  fi
  one_line && spec=$TEXT
  life=unstarted exit=
  if handle "$dir"; then
    life=dead
    if lives "$ENGINE" "$ENGINE_START"; then
      life=alive
    elif lives "$WRAPPER" "$WRAPPER_START"; then # it is about to write how the engine ended
      for ((n = 0; n < 50; n++)); do
        [[ ! -e $dir/exit.json ]] || break
        nap 0.01
      done
    fi
    [[ $life == alive ]] || ! slurp "$dir/exit.json" || { one_line && exit=$TEXT; }
    [[ -z $REBOOTED || -n $exit ]] || life=rebooted
  elif [[ -e $dir/handle.json ]]; then
    life=unreadable
  fi
  printf 'run\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$run" "$life" "${ENGINE:-0}" "${ENGINE_START:-0}" "${BORN:-0}" \
    "${count[$run]-0}" "${bytes[$dir/log]-0}" "$((${pages[$run]-0} * page))" "${former[${run#*/}]}" "${again[$run]-0}" "$exit" "$spec"
  if [[ -n $PD_READY && $life == alive ]]; then
    run_facts "$dir"
    for probe in "${PROBES[@]}"; do # all probes of all services at once
      read -r kind _ port _ <<<"$probe"
      [[ $kind != alive ]] || continue # it is
      ((${#HOLDS[@]})) || listeners
      exec {fd}< <(probe "$probe" && ! stranger "$run" "${port:-0}" && printf 'yes\n')
      asked+=("$run") answers+=("$fd")
    done
    ready[$run]=1
  fi
done
for n in "${!asked[@]}"; do
  read -r said <&"${answers[n]}" && [[ $said == yes ]] || ready[${asked[n]}]=0
done
for run in "${!ready[@]}"; do printf 'ready\t%s\t%s\n' "$run" "${ready[$run]}"; done
[[ -n $PD_OTHERS ]] || exit 0
states
for dir in "${STATES[@]}"; do
  [[ $dir != "$PD_STATE" ]] && slurp "$dir/state.json" && one_line || continue
  state=$TEXT living=0
  for pid in "${!ELSE_OF[@]}"; do [[ ${ELSE_OF[$pid]} != "$dir" ]] || ((++living)); done
  name=${dir%/*} && name=${name##*/}
  ((living)) || [[ -e $PD_DIR/$name.lock && $name != "$PD_NAME" && $state == *"\"boot\":\"$BOOT\""* ]] || continue
  slurp "$dir/claims.json" && one_line || TEXT=
  printf 'other\t%s\t%s\t%s\t%s\n' "$dir" "$living" "$state" "$TEXT"
done
exit 0
