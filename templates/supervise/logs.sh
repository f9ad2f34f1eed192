# shellcheck shell=bash disable=SC2154
# The logs of PD_RUNS (generation/service, or the service alone for its newest run) as frames: `RUN FROM BYTES`, a newline, the bytes.
# PD_FROM: for each run the byte to go on at, else PD_TAIL: only that many last lines first ("" = all). PD_FOLLOW=1: goes on until the launcher hangs up or is silent for PD_LEASE_S.
shopt -s nullglob
WINDOW=$((16 << 20)) # where the last lines are looked for
CHUNK=$((1 << 20))
runs=() files=() from=() n=-1
declare -A at=()

for run in "${PD_RUNS[@]}"; do
  ((++n))
  if [[ $run != */* ]]; then
    best=-1
    for dir in "$PD_STATE"/runs/*/"$run"; do
      generation=${dir%/*} && generation=${generation##*/}
      [[ $generation =~ ^[0-9]+$ ]] && ((generation > best)) && best=$generation
    done
    ((best >= 0)) || continue
    run=$best/$run
  fi
  [[ -e $PD_STATE/runs/$run/log ]] || continue
  runs+=("$run") files+=("$PD_STATE/runs/$run/log") from+=("${PD_FROM[n]-}")
done
((${#runs[@]})) || exit 0

sizes() { # of all files, in their order → SIZE
  local n=0 size
  SIZE=()
  while read -r size; do SIZE[n++]=$size; done < <(stat -c %s -- "${files[@]}")
}

send() { # the bytes of file $1 from its mark to $2
  local n
  ((${at[$1]} <= $2)) || at[$1]=0 # it was cut off or written anew
  while ((${at[$1]} < $2)); do
    n=$(($2 - ${at[$1]})) && n=$((n < CHUNK ? n : CHUNK))
    printf '%s %s %s\n' "${runs[$1]}" "${at[$1]}" "$n" || exit 0
    tail -c "+$((${at[$1]} + 1))" -- "${files[$1]}" | head -c "$n"
    at[$1]=$((${at[$1]} + n))
  done
}

sizes
for i in "${!files[@]}"; do
  at[$i]=${from[i]:-0}
  if [[ -z ${from[i]} && -n $PD_TAIL ]]; then
    start=$((SIZE[i] > WINDOW ? SIZE[i] - WINDOW : 0))
    at[$i]=$((SIZE[i] - $(tail -c "+$((start + 1))" -- "${files[i]}" | head -c "$((SIZE[i] - start))" | tail -n "$PD_TAIL" | wc -c)))
  fi
  send "$i" "${SIZE[i]}"
done
[[ -n $PD_FOLLOW ]] || exit 0
silent_since=$SECONDS
while :; do
  IFS= read -r -t 0.25 _
  heard=$?
  if ((heard == 0)); then silent_since=$SECONDS; elif ((heard <= 128)); then exit 0; fi
  ((SECONDS - silent_since <= PD_LEASE_S)) || exit 0
  sizes
  for i in "${!files[@]}"; do [[ ${SIZE[i]-} == "${at[$i]}" ]] || send "$i" "${SIZE[i]:-0}"; done
done
