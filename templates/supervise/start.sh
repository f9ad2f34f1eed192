# shellcheck shell=bash disable=SC2154
# Starts PD_SERVICES[i] as generation/service PD_RUNS[i]; PD_SPECS, PD_LAUNCHES, PD_SECRETS, PD_FACTS are their files' texts, and
# PD_ARGV_i the command that the wrapper runs. Prints one line per service: kept, differs, started or failed.
shopt -s nullglob

# Two launchers that start the same thing at the same moment: the second one finds it started.
locks=/var/tmp/pdctl-$UID
start_lock=$locks/$(start_lock_name)
while :; do
  own_directory "$locks" || { printf '%s is not a directory of this user\n' "$locks" >&2 && exit 4; }
  exec {gate}>"$start_lock" || { ((++tries < 100)) && nap 0.01 && continue || exit 4; } # its last holder may have removed the directory
  flock -w 60 "$gate" || { printf 'another start has held %s for 60 s\n' "$start_lock" >&2 && exit 4; }
  [[ $start_lock -ef /proc/self/fd/$gate ]] && break
  exec {gate}>&- # its last holder removed it before we had it
done

newest_run() { # of a service → NEWEST (empty: never started)
  local dir generation best=-1
  NEWEST=
  for dir in "$PD_STATE"/runs/*/"$1"; do
    generation=${dir%/*} && generation=${generation##*/}
    [[ $generation =~ ^[0-9]+$ ]] && ((generation > best)) && best=$generation NEWEST=$generation/$1
  done
}

living_runs() { # of a service, any generation → LIVING
  local dir pid run
  local -A found=()
  for dir in "$PD_STATE"/runs/*/"$1"; do
    handle "$dir" && lives "$ENGINE" "$ENGINE_START" && run=${dir#"$PD_STATE"/runs/} && found[$run]=1
  done
  for pid in "${!RUN_OF[@]}"; do [[ ${RUN_OF[$pid]#*/} == "$1" ]] && found[${RUN_OF[$pid]}]=1; done
  LIVING=("${!found[@]}")
}

lay_down() { # the run directory appears whole or not at all; a former one of the same name is kept beside it
  local i=$1 n=1
  local dir=$PD_STATE/runs/${PD_RUNS[i]}
  local new=${dir%/*}/.${dir##*/}.$$
  mkdir -p -- "$new" || return 1
  printf '%s\n' "${PD_SPECS[i]}" >"$new/spec.json" && printf '%s' "${PD_LAUNCHES[i]}" >"$new/launch.sh" &&
    printf '%s' "${PD_FACTS[i]}" >"$new/run" && : >"$new/log" || return 1
  [[ -z ${PD_SECRETS[i]} ]] || printf '%s' "${PD_SECRETS[i]}" >"$new/secrets" || return 1
  if [[ -e $dir ]]; then
    while [[ -e $dir~$n ]]; do ((++n)); done
    mv -T -- "$dir" "$dir~$n" || return 1
  fi
  sync -- "$new/spec.json" && mv -T -- "$new" "$dir" && sync -- "${dir%/*}" # intent before act
}

spawn() { # generation/service, then the command. Nothing of this shell goes along: no descriptor, no lock
  (
    local dir=$PD_STATE/runs/$1 fd
    export PDCTL_RUN=$PD_CLUSTER/$1 PDCTL_HOME=$PD_STATE PDCTL_RUN_DIR=$dir SPT_NOENV=1
    shift
    cd / || exit
    exec </dev/null >>"$dir/log" 2>&1
    for fd in /proc/self/fd/*; do
      fd=${fd##*/} && ((fd > 2)) && eval "exec $fd>&-"
    done
    exec setsid bash --noprofile --norc "$PD_WRAP" "$dir" "$OWN_UMASK" "$@"
  ) &
}

# As a transient unit: its processes are a control group, and what leaves session, parent and mark behind is still in it.
spawn_unit() { # index, then the command
  local i=$1 name dir=$PD_STATE/runs/${PD_RUNS[$1]} polls environment=()
  shift
  for name in PATH HOME USER LOGNAME SHELL LANG LC_ALL TZ TMPDIR LD_LIBRARY_PATH VIRTUAL_ENV CONDA_PREFIX http_proxy https_proxy no_proxy; do
    [[ -z ${!name-} ]] || environment+=("--setenv=$name=${!name}")
  done
  (
    unit_run "$MODE" --quiet --collect --unit="$CONTAINER" --service-type=exec \
      -p KillMode=control-group -p TimeoutStopSec=10 -p TasksMax=infinity -p OOMPolicy=continue -p WorkingDirectory=/ \
      -p "LimitNOFILE=$(ulimit -Hn)" -p StandardInput=null -p "StandardOutput=append:$dir/log" -p "StandardError=append:$dir/log" \
      "${environment[@]}" --setenv="PDCTL_RUN=$PD_CLUSTER/${PD_RUNS[i]}" --setenv="PDCTL_HOME=$PD_STATE" --setenv="PDCTL_RUN_DIR=$dir" \
      --setenv=SPT_NOENV=1 -- bash --noprofile --norc "$PD_WRAP" "$dir" "$OWN_UMASK" "$@" >>"$dir/log" 2>&1 || exit
    for ((polls = 0; polls < 500; polls++)); do
      [[ ! -e $dir/handle.json ]] || exit 0
      nap 0.02
    done
  ) &
}

# Why units cannot live here → WHY (empty: they can)
unit_unfit() {
  WHY=
  if ! type -P systemd-run >/dev/null; then
    WHY='there is no systemd-run on this node: engine.runtime.kind: process needs none'
  elif [[ $MODE == user && ! -e /var/lib/systemd/linger/$(id -un) ]]; then
    WHY="the user's service manager ends with the last login: loginctl enable-linger $(id -un), or engine.runtime.scope: system"
  elif ! WHY=$(unit_ctl "$MODE" show -p Version 2>&1 >/dev/null); then
    WHY="the $MODE service manager does not answer: ${WHY//[$'\t\n']/ }"
  fi
}

marked
declare -A wanted=() former=() spawned=()
doomed=() grace=0 i=-1
for service in "${PD_SERVICES[@]}"; do
  ((++i))
  newest_run "$service"
  living_runs "$service"
  [[ -z $NEWEST ]] || settle "$NEWEST"
  if [[ -n $NEWEST ]] && handle "$PD_STATE/runs/$NEWEST" && lives "$ENGINE" "$ENGINE_START"; then
    run_facts "$PD_STATE/runs/$NEWEST"
    if [[ $HASH == "${PD_FACTS[i]%%$'\n'*}" ]]; then
      printf 'kept\t%s\t%s\t%s\t%s\n' "$service" "$ENGINE" "$ENGINE_START" "$BOOT"
      continue
    elif [[ -z $PD_REPLACE ]]; then
      printf 'differs\t%s\t%s\n' "$service" "$HASH"
      continue
    fi
  fi
  # Also what a dead engine left running: it would meet the new one on its ports.
  doomed+=("${LIVING[@]}")
  ((PD_GRACES[i] <= grace)) || grace=${PD_GRACES[i]}
  wanted[$i]=$service former[$service]=${LIVING[*]}
done

if ((${#doomed[@]})); then
  halt "$grace" "${doomed[@]}"
  for run in "${doomed[@]}"; do sweep "$PD_STATE/runs/$run"; done
fi

for i in "${!wanted[@]}"; do
  service=${wanted[$i]} left=''
  for pid in "${!LIVE[@]}"; do [[ " ${former[$service]} " != *" ${LIVE[$pid]} "* ]] || left+=" $pid"; done
  if [[ -n $left ]]; then
    printf 'failed\t%s\tprocesses%s of its former run cannot be ended\n' "$service" "$left"
    continue
  fi
  lay_down "$i" || { printf 'failed\t%s\tcannot write to %s\n' "$service" "$PD_STATE/runs" && continue; }
  parse_facts "${PD_FACTS[i]}"
  if [[ $RUNTIME == systemd ]]; then
    unit_unfit
    [[ -z $WHY ]] || { printf 'failed\t%s\t%s\n' "$service" "$WHY" && continue; }
  elif [[ -n $MODE ]] && ! type -P "$RUNTIME" >/dev/null; then
    printf 'failed\t%s\tthere is no %s on this node\n' "$service" "$RUNTIME"
    continue
  elif [[ $MODE == exec ]] && ! said=$("$RUNTIME" exec "$CONTAINER" test -r "$PD_STATE/runs/${PD_RUNS[i]}/launch.sh" 2>&1 </dev/null); then
    said=${said:-"$PD_STATE cannot be read inside: mount it there, or give the node a state_dir that is mounted"}
    printf 'failed\t%s\tcontainer %s: %s\n' "$service" "$CONTAINER" "${said//[$'\t\n']/ }"
    continue
  elif [[ $MODE == run ]]; then # a stopped container of ours may be left over; one of somebody else is not touched
    owner=$("$RUNTIME" inspect -f '{{ index .Config.Labels "pdctl.home" }}' "$CONTAINER" 2>/dev/null </dev/null)
    [[ $owner == "$PD_STATE" ]] && "$RUNTIME" rm -f "$CONTAINER" >/dev/null 2>&1 </dev/null
  fi
  command="PD_ARGV_${i}[@]" && command=("${!command}")
  if [[ $RUNTIME == systemd ]]; then spawn_unit "$i" "${command[@]}"; else spawn "${PD_RUNS[i]}" "${command[@]}"; fi
  spawned[$service]=$!
done

i=-1
for service in "${PD_SERVICES[@]}"; do
  ((++i))
  [[ -n ${spawned[$service]-} ]] || continue
  dir=$PD_STATE/runs/${PD_RUNS[i]}
  now_ms && late=$((NOW + 10000))
  until [[ -e $dir/handle.json ]]; do
    now_ms
    ((NOW < late)) || break
    kill -0 "${spawned[$service]}" 2>/dev/null || break
    nap 0.01
  done
  handle "$dir"
  if [[ -n $ENGINE ]]; then
    printf 'started\t%s\t%s\t%s\t%s\n' "$service" "$ENGINE" "$ENGINE_START" "$BOOT"
  elif [[ -e $dir/handle.json ]]; then
    printf 'started\t%s\t0\t0\t%s\n' "$service" "$BOOT" # it ended before it could be looked at; exit.json tells
  else
    slurp "$dir/log" || true
    printf 'failed\t%s\tits wrapper did not come up: %s\n' "$service" "${TEXT//[$'\t\n']/ }"
  fi
done
rm -f -- "$start_lock"
rmdir -- "$locks" 2>/dev/null # others may be in it
exit 0
