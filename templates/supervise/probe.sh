# shellcheck shell=bash disable=SC2016,SC2154
# probe 'KIND HOST PORT PATH': does it hold now? At most 2 s. A node needs no curl for this.
probe() {
  local kind host port path
  read -r kind host port path <<<"$1"
  case $kind in
    alive) return 0 ;;
    tcp) timeout 2 bash --noprofile --norc -c 'exec 3<>"/dev/tcp/$1/$2"' probe "$host" "$port" 2>/dev/null ;;
    http)
      # The request goes through cat, in one piece: bash writes line by line, and each waits for the other side's acknowledgement.
      timeout 2 bash --noprofile --norc -c 'exec 3<>"/dev/tcp/$1/$2" || exit
        printf "GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n" "$3" "$1" "$2" | cat >&3
        IFS= read -r line <&3 && [[ $line == "HTTP/1."?" 200"* ]]' probe "$host" "$port" "$path" 2>/dev/null
      ;;
    *) return 1 ;;
  esac
}

# Who listens on this node → HOLDS[port] = their pids, `?` for one that cannot be read. After `marked`.
listeners() {
  local address number link pid i
  local -A port=() by=()
  local -a names=(/proc/[0-9]*/fd/*)
  HOLDS=()
  while read -r address number; do
    port[$number]=$((16#${address##*:})) by[$number]='?'
  done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" { print $2, $10 }')
  for ((i = 0; i < ${#names[@]}; i += 5000)); do
    while read -r link; do
      number=${link##*socket:[} && number=${number%%]*}
      pid=${link#*/proc/} && pid=${pid%%/*}
      [[ -n ${port[$number]-} ]] && by[$number]="${by[$number]#\?} $pid"
    done < <(stat -c %N -- "${names[@]:i:5000}" 2>/dev/null | grep -F 'socket:[')
  done
  for number in "${!port[@]}"; do HOLDS[${port[$number]}]+=" ${by[$number]}"; done
}
declare -A HOLDS=()

# stranger RUN PORT: all who listen there are services of ours or of another cluster, and none of them is this one. vLLM has its port
# long before it listens on it, and whoever comes in between would answer for it. Of others than services nobody knows whose they are.
stranger() {
  local pid
  [[ -n ${HOLDS[$2]-} ]] || return 1 # another network's, or gone again
  for pid in ${HOLDS[$2]}; do
    [[ $pid != '?' && ${RUN_OF[$pid]-} != "$1" && -n ${RUN_OF[$pid]-}${ELSE_OF[$pid]-} ]] || return 1
  done
}
