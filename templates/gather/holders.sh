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
owner=
while read -r line; do # one ls over all processes: "/proc/812/fd:", then "… 3 -> socket:[4711]"
  case $line in
    /proc/*/fd:) owner=${line#/proc/} owner=${owner%%/*} ;;
    *'-> socket:['*)
      port=${inode[${line##*-> }]-}
      [[ -z $port ]] || printf '%s %s %s %s\n' "$port" "$owner" "$(stat -c %U "/proc/$owner" 2>/dev/null)" "$(<"/proc/$owner/comm")"
      ;;
  esac
done < <(ls -l /proc/[0-9]*/fd 2>/dev/null) | sort -u
