# shellcheck shell=bash disable=SC2154
# Which services of PD_STATE listen on the ports PD_PORTS, and which are connected to them, wherever they are; one record per line:
# `seen SERVICE`, `listens SERVICE PORT`, `joined SERVICE PORT`, `dials SERVICE PORT` (no answer yet). One that is not `seen` cannot be read.
shopt -s nullglob
marked
declare -A table=() socket=() told=()
tell() { [[ -n ${told["$1 $2 ${3-}"]-} ]] || { printf '%s\t%s%s\n' "$1" "$2" "${3:+$'\t'$3}" && told["$1 $2 ${3-}"]=1; }; }
for pid in "${!RUN_OF[@]}"; do # a container may have a network of its own; socket numbers are the kernel's, hence one map
  net=$(readlink "/proc/$pid/ns/net") && [[ -z ${table[$net]-} ]] || continue
  table[$net]=1
  while read -r kind port number; do socket[$number]="$kind $port"; done < <(
    cat "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null | awk -v ports="${PD_PORTS[*]}" '
      BEGIN { n = split(ports, list, " "); for (i = 1; i <= n; i++) wanted[sprintf("%04X", list[i])] = list[i] }
      { split($2, own, ":"); split($3, peer, ":") }
      $4 == "0A" && own[2] in wanted { print "listens", wanted[own[2]], $10 }
      $4 == "01" && peer[2] in wanted { print "joined", wanted[peer[2]], $10 }
      $4 == "02" && peer[2] in wanted { print "dials", wanted[peer[2]], $10 }'
  )
done
for pid in "${!RUN_OF[@]}"; do
  service=${RUN_OF[$pid]#*/}
  [[ -r /proc/$pid/fd && -x /proc/$pid/fd ]] || continue
  tell seen "$service"
  while read -r link; do
    number=${link##*socket:[} && found=${socket[${number%%]*}]-}
    [[ -z $found ]] || tell "${found% *}" "$service" "${found#* }"
  done < <(stat -c %N -- "/proc/$pid/fd/"* 2>/dev/null | grep -F 'socket:[')
done
exit 0
