# shellcheck shell=bash disable=SC2034,SC2154
# Processes of a node, by what they are and not by what they are called. Goes before the other scripts; prints nothing.
# PD_STATE: the state directory. A process belongs to it by PDCTL_HOME in its environment, and to a run by PDCTL_RUN.

for tool in cat date flock getconf grep head mkdir mv rm setsid sha256sum sort stat sync tail timeout; do # a scan that cannot run must not look empty
  type -P "$tool" >/dev/null || { printf 'this node has no %s\n' "$tool" >&2 && exit 4; }
done
IFS= read -r BOOT </proc/sys/kernel/random/boot_id
exec {NAP}<> <(:) # a pipe that never says anything: `read -t` on it waits without a fork
nap() { IFS= read -r -t "$1" -u "$NAP" _ || true; }

now_ms() { # → NOW
  if [[ -n ${EPOCHREALTIME-} ]]; then NOW=${EPOCHREALTIME/[.,]/} && NOW=${NOW%???}; else NOW=$(date +%s%3N); fi
}

# Makes a directory that only this user can enter, or finds it made; fails when it is somebody else's or no directory. Others of ours
# remove it when it is empty, also between two lines of this.
own_directory() {
  local kind='' tries=0
  until [[ -n $kind ]]; do
    ((++tries < 1000)) || return 1
    mkdir -m 700 -- "$1" 2>/dev/null || [[ -w ${1%/*} ]] || return 1
    kind=$(LC_ALL=C stat -c '%F:%u' -- "$1" 2>/dev/null)
  done
  [[ $kind == "directory:$UID" ]]
}

# Puts a text in the place of a file, whole and on the disk before it has the name: also a node that loses its power now tells the truth.
durable() { printf '%s\n' "$2" >"$1.$$" && sync -- "$1.$$" && mv -fT -- "$1.$$" "$1" && sync -- "${1%/*}"; }

# A whole small file → TEXT; fails when it cannot be read or is empty. Without a fork, unlike $(<file).
slurp() {
  TEXT=
  { IFS= read -r -d '' TEXT <"$1"; } 2>/dev/null || true
  [[ -n $TEXT ]]
}

# One process → STATE PARENT SID START. The name in parentheses may hold anything, hence the cut at the last one.
look() {
  slurp "/proc/$1/stat" || return 1
  local -a field
  IFS=' ' read -r -d '' -a field <<<"${TEXT##*) }" || true
  STATE=${field[0]} PARENT=${field[1]} SID=${field[3]} START=${field[19]}
}

# When this node booted, ms since 1970 → BOOTED: when its first process was started.
booted_ms() {
  local line since=0
  while read -r line BOOTED; do [[ $line != btime ]] || break; done </proc/stat
  look 1 && since=$((START * 1000 / $(getconf CLK_TCK)))
  BOOTED=$((BOOTED * 1000 + since))
}

start_lock_name() { # of this state directory; two that share one merely wait for each other
  local name=${PD_STATE//[^A-Za-z0-9]/_}
  ((${#name} < 100)) || name=${name: -100}
  printf '%s.start' "$name"
}
state_note_name() { # of the file that says where this state directory is
  local name
  name=$(start_lock_name)
  printf '%s.state' "${name%.start}"
}

# Is it still the process that started then? Zombies are dead.
lives() { [[ -n $1 ]] && look "$1" && [[ $START == "$2" && $STATE != [ZX] ]]; }

# grep over one file of every process, as `/proc/PID/FILE:line` records that end in NUL. In parts: all at once may be too many.
scan() {
  local i
  local -a all=(/proc/[0-9]*) part
  for ((i = 0; i < ${#all[@]}; i += 10000)); do
    part=("${all[@]:i:10000}")
    grep -sazHE -- "$2" "${part[@]/%//$1}"
  done
}

# The living processes of this state directory → RUN_OF[pid] = generation/service; those of other ones → ELSE_OF[pid] = their directory.
marked() {
  local entry pid
  local -A home=() run=()
  while IFS= read -r -d '' entry; do
    pid=${entry#/proc/} && pid=${pid%%/*}
    entry=${entry#*:}
    if [[ $entry == PDCTL_HOME=* ]]; then home[$pid]=${entry#*=}; else run[$pid]=${entry#*=}; fi
  done < <(scan environ '^PDCTL_(HOME|RUN)=')
  RUN_OF=() ELSE_OF=()
  for pid in "${!run[@]}"; do
    if [[ ${home[$pid]-} == "$PD_STATE" ]]; then RUN_OF[$pid]=${run[$pid]#*/}; else ELSE_OF[$pid]=${home[$pid]:-?}; fi
  done
  return 0
}
declare -A RUN_OF=() ELSE_OF=()

# The processes of these sessions → SESSION_OF[pid] = session.
sessions() {
  SESSION_OF=()
  (($#)) || return 0
  local entry pid list
  local -a field
  list=$(IFS='|' && printf '%s' "$*")
  while IFS= read -r -d '' entry; do
    pid=${entry#/proc/} && pid=${pid%%/*}
    IFS=' ' read -r -d '' -a field <<<"${entry##*) }" || true
    SESSION_OF[$pid]=${field[3]}
  done < <(scan stat "^[0-9]+ \(.*\) [^ZX] [0-9]+ [0-9]+ ($list) ")
}
declare -A SESSION_OF=()

# handle.json of a run directory → WRAPPER WRAPPER_START ENGINE ENGINE_START BORN; numbers are empty, and REBOOTED set, after a reboot.
handle() {
  WRAPPER='' WRAPPER_START='' ENGINE='' ENGINE_START='' BORN='' REBOOTED=''
  slurp "$1/handle.json" || return 1
  local one='\{"pid":([0-9]+),"start":([0-9]+),"boot":"([^"]*)"\}'
  [[ $TEXT =~ \"at\":([0-9]+) ]] && BORN=${BASH_REMATCH[1]}
  [[ $TEXT == *"\"boot\":\"$BOOT\""* ]] || { REBOOTED=1 && return 0; }
  [[ $TEXT =~ \"wrapper\":$one ]] && WRAPPER=${BASH_REMATCH[1]} WRAPPER_START=${BASH_REMATCH[2]}
  [[ $TEXT =~ \"engine\":$one ]] && ENGINE=${BASH_REMATCH[1]} ENGINE_START=${BASH_REMATCH[2]}
  return 0
}

# Does the session of this run still prove that a process is ours? After `handle`: its wrapper, its engine, or something that outlived it.
session_proven() {
  local pid start
  [[ -n $WRAPPER ]] || return 1
  lives "$WRAPPER" "$WRAPPER_START" && return
  lives "$ENGINE" "$ENGINE_START" && [[ $SID == "$WRAPPER" ]] && return
  [[ -r $1/survivors ]] || return 1
  while read -r pid start; do
    lives "$pid" "$start" && [[ $SID == "$WRAPPER" ]] && return
  done <"$1/survivors"
  return 1
}

# A run whose launcher died an instant after the start: its wrapper is about to write handle.json. Waits for that, at most 1 s.
settle() { # generation/service, after `marked`
  local n
  [[ " ${RUN_OF[*]} " == *" $1 "* ]] || return 0
  for ((n = 0; n < 50; n++)); do
    [[ ! -e $PD_STATE/runs/$1/handle.json ]] || return 0
    nap 0.02
  done
}

# `run` of a run directory, what scripts need of the spec → HASH RUNTIME MODE CONTAINER and the lists
# PROBES (`kind host port path` each), LISTENS (ports), SCRATCH (directories)
run_facts() {
  HASH='' RUNTIME=process MODE='' CONTAINER='' PROBES=() LISTENS=() SCRATCH=()
  slurp "$1/run" && parse_facts "$TEXT"
}
parse_facts() {
  local line
  PROBES=() LISTENS=() SCRATCH=()
  { read -r HASH && read -r RUNTIME && read -r MODE && read -r CONTAINER; } <<<"$1"
  while IFS= read -r line; do
    case $line in
      'probe '*) PROBES+=("${line#probe }") ;;
      'listen '*) LISTENS+=("${line#listen }") ;;
      'scratch '*) SCRATCH+=("${line#scratch }") ;;
    esac
  done <<<"$1"
  return 0
}

# The service manager of a scope, user or system: unit_ctl for systemctl, unit_run for systemd-run. Nothing else of pdctl's needs sudo.
unit_ctl() {
  local scope=$1 && shift
  if [[ $scope == system ]]; then sudo -n systemctl "$@"; else XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$UID} systemctl --user "$@"; fi
} </dev/null
unit_run() {
  local scope=$1 && shift
  if [[ $scope == system ]]; then
    sudo -n systemd-run --uid="$UID" --gid="${GROUPS[0]}" -p LimitMEMLOCK=infinity "$@"
  else
    XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$UID} systemd-run --user "$@"
  fi
} </dev/null

# The command line of a process → COMMAND, at most 200 characters.
command_of() {
  local word
  COMMAND=
  while IFS= read -r -d '' word; do COMMAND+="${COMMAND:+ }$word"; done 2>/dev/null <"/proc/$1/cmdline"
  COMMAND=${COMMAND//[$'\t\n']/ } && COMMAND=${COMMAND:0:200}
}

# What a run left in /dev/shm and nobody has mapped any more → SHM: what its processes had mapped while it was stopped (`shm` in its
# directory), and, of workers that died before, what its user made there under the engines' names while it lived.
shm_of() {
  local file at name end
  local -A seen=()
  SHM=()
  if [[ -e $1/shm ]]; then
    while IFS= read -r file; do
      seen[$file]=1
      [[ -f $file && -O $file ]] && shm_free "$file" && SHM+=("$file")
    done < <(sort -u -- "$1/shm")
  fi
  handle "$1" && [[ -n $BORN ]] || return 0
  now_ms && end=$NOW
  slurp "$1/exit.json" && [[ $TEXT =~ \"at\":([0-9]+) ]] && end=${BASH_REMATCH[1]}
  for name in psm_ nccl- uc_shm_cache_ torch_ mp- sem.mp-; do
    for file in /dev/shm/"$name"*; do
      [[ -f $file && -O $file && -z ${seen[$file]-} ]] || continue
      at=$(stat -c %.3Y -- "$file") || continue
      at=${at/[.,]/}
      ((at >= BORN && at <= end)) && shm_free "$file" && SHM+=("$file")
    done
  done
  return 0
}
shm_free() { # the dots of a name match any character, which errs on the side of leaving it
  local i
  local -a all=(/proc/[0-9]*) part
  for ((i = 0; i < ${#all[@]}; i += 10000)); do
    part=("${all[@]:i:10000}")
    ! grep -qsaE -- " $1( |\$)" "${part[@]/%//maps}" || return 1
  done
}

# Sockets with a name in /tmp that the run's processes had bound while it was stopped, and that nobody has bound any more → SOCKETS.
sockets_of() {
  local file
  SOCKETS=()
  [[ -e $1/sockets ]] || return 0
  while IFS= read -r file; do
    [[ -S $file && -O $file ]] && ! grep -qsF -- " $file" /proc/net/unix && SOCKETS+=("$file")
  done < <(sort -u -- "$1/sockets")
  return 0
}

sweep() { # what a run that is over left outside of its directory
  shm_of "$1"
  sockets_of "$1"
  ((${#SHM[@]} + ${#SOCKETS[@]} == 0)) || rm -f -- "${SHM[@]}" "${SOCKETS[@]}"
}
