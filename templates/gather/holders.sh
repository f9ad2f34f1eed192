# Who listens on PD_PORTS: "port pid user command" lines, as far as this user may see. Values: PD_PORTS (array of numbers).
export LC_ALL=C
# awk, not bash: read takes procfs apart byte by byte, and the kernel makes the table anew for each
declare -A inode
while read -r port node; do inode["socket:[$node]"]=$port; done < <(
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v ports="${PD_PORTS[*]}" '
    BEGIN { n = split(ports, list, " "); for (i = 1; i <= n; i++) wanted[sprintf("%04X", list[i])] = list[i] }
    $4 == "0A" { split($2, at, ":"); if (at[2] in wanted) print wanted[at[2]], $10 }'
)
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
