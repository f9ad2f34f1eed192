# shellcheck shell=bash disable=SC2034,SC2154
# Starts groups of PD_STATE again when they fail: whole, at most PD_MAX times within PD_WINDOW_MS, then it stops what is left of them and
# says so in PD_STATE/gaveup. A launcher that holds the lock sees deaths itself. What was told to stop stays. Leaves when it is no more the
# keeper of PD_STATE. After proc, gate, lease, probe and halt; keep.sh says what comes on its input.
shopt -s nullglob
export TZ=UTC
IFS= read -r -d '' text
exec </dev/null
eval "$text" # arrays that declare -p wrote
unset text
export -n PD_STATE PD_NAME PD_START PD_MAX PD_WINDOW_MS PD_UMASK # services are its children
OWN_UMASK=$PD_UMASK
declare -A settled=() seen=() missed=() over=() stamps=()

newest() { # of a service → RUN
  local dir generation best=-1
  RUN=
  for dir in "$PD_STATE"/runs/*/"$1"; do
    generation=${dir%/*} && generation=${generation##*/}
    [[ $generation =~ ^[0-9]+$ ]] && ((generation > best)) && best=$generation RUN=$generation/$1
  done
  [[ -n $RUN ]]
}

broken() { # group → WHY (empty: it is well, or is to be as it is), RUNS
  local service dir
  WHY='' RUNS=()
  for service in ${PD_LOCAL[$1]}; do
    newest "$service" && dir=$PD_STATE/runs/$RUN && handle "$dir" && [[ ! -e $dir/asked ]] || { WHY='' && return; }
    RUNS+=("$RUN")
    lives "$ENGINE" "$ENGINE_START" || WHY="$service ended"
  done
  [[ -n $WHY ]] || away "$1"
}

# Of a group over several nodes each keeps its own: that another's member is gone shows at its port. It counts only when the whole group was
# there once: one that starts waits for its members, and they for it.
away() { # group → WHY
  local member ip port status probe dir
  [[ -n ${PD_MEMBERS[$1]} ]] || return
  if [[ -z ${settled[$1]-} ]]; then
    for dir in "${RUNS[@]}"; do
      run_facts "$PD_STATE/runs/$dir"
      for probe in "${PROBES[@]}"; do probe "$probe" || return; done
    done
    settled[$1]=1
  fi
  while read -r ip port; do
    member="$1 $ip $port"
    timeout 2 bash --noprofile --norc -c 'exec 3<>"/dev/tcp/$1/$2"' member "$ip" "$port" 2>/dev/null
    status=$?
    if ((status == 0)); then
      seen[$member]=1 missed[$member]=0
    elif ((status != 124)) && [[ -n ${seen[$member]-} ]]; then # no answer at all may be the network
      ((++missed[$member] < 3)) || WHY="nobody listens on $ip:$port any more"
    fi
  done <<<"${PD_MEMBERS[$1]}"
}

again() { # group: it is broken, and nobody else is at work here
  local stamp kept='' count=0 key
  for stamp in ${stamps[$1]-}; do ((NOW - stamp >= PD_WINDOW_MS)) || { kept+=" $stamp" && ((++count)); }; done
  for key in "${!seen[@]}"; do [[ $key != "$1 "* ]] || unset "seen[$key]" "missed[$key]"; done
  settled[$1]=''
  halt "${PD_GRACE[$1]}" "${RUNS[@]}"
  if ((count >= PD_MAX)); then
    over[$1]=1
    printf '%s\t%s\t%s\t%s\n' "$NOW" "$count" "${PD_GROUPS[$1]}" "$WHY" >>"$PD_STATE/gaveup"
    told 'gives up'
    return
  fi
  stamps[$1]="$kept $NOW"
  (
    eval "${PD_TEXTS[$1]}"
    # shellcheck source=/dev/null
    . "$PD_START"
  ) >/dev/null 2>&1
  told 'start again'
}

told() { printf '{"run":"keeper","who":"keeper","does":"%s","what":["%s"],"at":%s}\n' "$1" "${PD_GROUPS[group]}" "$NOW" >>"$PD_STATE/audit"; }

for ((n = 0; n < 500; n++)); do # whoever started this writes down that it is the keeper
  read_keeper && [[ $KEEPER == "$$" ]] && break
  nap 0.01
done
while read_keeper && [[ $KEEPER == "$$" ]]; do
  for group in "${!PD_GROUPS[@]}"; do
    [[ -z ${over[$group]-} ]] || continue
    broken "$group"
    [[ -n $WHY ]] || continue
    open_own "$GATE" gate -n || continue
    now_ms
    printf '{"owner":"its restart policy","verb":"restart","since":"%(%FT%TZ)T","pid":%s,"run":"keeper"}\n' -1 "$$" >"$GATE"
    until open_own "$ACT" act -n; do nap 0.1; done # a change of a launcher that is gone
    broken "$group" # it may be other than it was
    [[ -z $WHY ]] || again "$group"
    exec {act}>&- {gate}>&-
    leave_gate
  done
  nap 1
done
