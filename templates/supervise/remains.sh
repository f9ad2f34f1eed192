# shellcheck shell=bash disable=SC2154
# What this node still holds of PD_STATE: processes by their mark, ports of its services that still listen, shared memory, files.
shopt -s nullglob
marked
for pid in "${!RUN_OF[@]}"; do
  command_of "$pid"
  look "$pid" || STATE=
  printf 'process\t%s\t%s\t%s\t%s\n' "$pid" "${RUN_OF[$pid]#*/}" "$STATE" "$COMMAND"
done

declare -A wanted=() inode=() tools=() units=() leader=()
for dir in "$PD_STATE"/runs/*/*/; do
  run_facts "${dir%/}" || continue
  for port in "${LISTENS[@]}"; do wanted[$port]=1; done
  if [[ $RUNTIME == systemd ]]; then units[$MODE $CONTAINER]=1; elif [[ -n $MODE ]]; then tools[$RUNTIME]=1; fi
  handle "${dir%/}" && session_proven "${dir%/}" && leader[$WRAPPER]=${dir%/}
  sockets_of "${dir%/}"
  for file in "${SOCKETS[@]}"; do printf 'file\t%s\n' "$file"; done
  shm_of "${dir%/}"
  for file in "${SHM[@]}"; do printf 'shm\t%s\n' "$file"; done
  for file in "${SCRATCH[@]}"; do [[ ! -e $file ]] || printf 'file\t%s\n' "$file"; done
done

sessions "${!leader[@]}"
for pid in "${!SESSION_OF[@]}"; do # without the mark, and proven by its session
  [[ -z ${RUN_OF[$pid]-} ]] && look "$pid" || continue
  run=${leader[${SESSION_OF[$pid]}]} && RUN_OF[$pid]=${run#"$PD_STATE"/runs/}
  command_of "$pid"
  printf 'process\t%s\t%s\t%s\t%s\n' "$pid" "${run##*/}" "$STATE" "$COMMAND"
done

while read -r address number; do
  port=$((16#${address##*:}))
  [[ -z ${wanted[$port]-} ]] || inode[$number]=$port
done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" { print $2, $10 }') # bash would read thousands of lines byte by byte
if ((${#inode[@]})); then # a listener that is seen to belong to somebody else is not ours; one whose owner cannot be read may be
  names=(/proc/[0-9]*/fd/*)
  for ((i = 0; i < ${#names[@]}; i += 5000)); do
    while read -r link; do
      number=${link##*socket:[} && number=${number%%]*}
      pid=${link#*/proc/} && pid=${pid%%/*}
      [[ -z ${inode[$number]-} || -n ${RUN_OF[$pid]-} ]] || unset "inode[$number]"
    done < <(stat -c %N -- "${names[@]:i:5000}" 2>/dev/null | grep -F 'socket:[')
  done
  declare -A told=()
  for number in "${!inode[@]}"; do
    [[ -n ${told[${inode[$number]}]-} ]] || printf 'port\t%s\n' "${inode[$number]}"
    told[${inode[$number]}]=1
  done
fi

for tool in "${!tools[@]}"; do
  while read -r name; do printf 'file\t%s container %s\n' "$tool" "$name"; done \
    < <("$tool" ps -a --filter "label=pdctl.home=$PD_STATE" --format '{{.Names}}' 2>/dev/null </dev/null)
done
for unit in "${!units[@]}"; do
  case $(unit_ctl "${unit% *}" is-active "${unit#* }.service" 2>/dev/null) in
    active | activating | deactivating | reloading) printf 'file\tsystemd unit %s\n' "${unit#* }" ;;
  esac
done
[[ ! -r $PD_STATE/baseline ]] || while read -r id mib; do printf 'baseline\t%s\t%s\n' "$id" "$mib"; done <"$PD_STATE/baseline"
[[ ! -e $PD_STATE ]] || printf 'file\t%s\n' "$PD_STATE"
if [[ -r $PD_STATE/outside ]]; then
  while IFS= read -r file; do [[ ! -e $file && ! -L $file ]] || printf 'file\t%s\n' "$file"; done <"$PD_STATE/outside"
fi
exit 0
