# shellcheck shell=bash disable=SC2016
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
