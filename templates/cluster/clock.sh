# This node's clock, ms since 1970, and its time zone as +hhmm.
printf '%s %s\n' "$(date +%s%3N)" "$(date +%z)"
