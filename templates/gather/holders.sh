# Who listens on PD_PORTS: "port pid user command" lines, as far as this user may see. Values: PD_PORTS (array of numbers).
export LC_ALL=C
declare -A wanted
for port in "${PD_PORTS[@]}"; do wanted[$(printf '%04X' "$port")]=$port; done
declare -A inode
for table in /proc/net/tcp /proc/net/tcp6; do
  [[ -r $table ]] || continue
  while read -r _ local _ state _ _ _ _ _ node _; do
    [[ $state == 0A && -n ${wanted[${local##*:}]-} ]] && inode["socket:[$node]"]=${wanted[${local##*:}]}
  done <"$table"
done
((${#inode[@]} > 0)) || exit 0
for fd in /proc/[0-9]*/fd/*; do
  target=$(readlink "$fd" 2>/dev/null) || continue
  [[ $target == socket:* && -n ${inode[$target]-} ]] || continue
  pid=${fd#/proc/}
  pid=${pid%%/*}
  printf '%s %s %s %s\n' "${inode[$target]}" "$pid" "$(stat -c %U "/proc/$pid" 2>/dev/null)" "$(tr '\0' ' ' <"/proc/$pid/comm" 2>/dev/null)"
done | sort -u
