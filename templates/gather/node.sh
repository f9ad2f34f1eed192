# What only this node knows, as "key value" lines. Values arrive as PD_PATHS (absolute paths to look for, or below ~), PD_HOST (name of
# this node when its address is not in the topology), PD_PYTHON (interpreter whose packages are asked for versions, ~ allowed, or empty).
export LC_ALL=C
line() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }
line home "${HOME:-$(cd ~ && pwd)}"
line user "$(id -un)"
line uid "$(id -u)"
line boot "$(cat /proc/sys/kernel/random/boot_id)"
line clock "$(date +%s%3N)"
line platform "$(uname -sm)"
line bash "${BASH_VERSION%%(*}"
if [[ -r /proc/sys/net/ipv4/ip_local_port_range ]]; then
  read -r first last </proc/sys/net/ipv4/ip_local_port_range
  line ephemeral "$first $last"
fi
if command -v ip >/dev/null 2>&1; then
  while read -r _ name _ address _; do line interface "$name ${address%%/*}"; done < <(ip -o -4 addr show 2>/dev/null)
else # no iproute2: the routing trie knows the addresses, not their interfaces
  line iproute missing
fi
if [[ -n $PD_HOST ]]; then
  line hostip "$(getent ahostsv4 "$PD_HOST" 2>/dev/null | awk 'NR == 1 { print $1 }')"
fi
for candidate in "$(command -v node 2>/dev/null)" /usr/local/bin/node /usr/bin/node; do
  [[ -x $candidate ]] || continue
  version=$("$candidate" --version 2>/dev/null)
  version=${version#v}
  if [[ ${version%%.*} =~ ^[0-9]+$ ]] && ((${version%%.*} >= 20)); then
    line node "$candidate"
    break
  fi
done
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || libc=$(ldd --version 2>&1 | grep -qi musl && echo musl)
[[ -z $libc ]] || line libc "$libc"
# /proc/net/tcp*: hex address and port; state 0A is LISTEN
for table in /proc/net/tcp /proc/net/tcp6; do
  [[ -r $table ]] && awk '$4 == "0A" { print "listen " $2 }' "$table"
done
for path in "${PD_PATHS[@]}"; do
  if [[ -e ${path/#\~\//$HOME/} ]]; then line path "1 $path"; else line path "0 $path"; fi
done
python=${PD_PYTHON/#\~\//$HOME/}
if [[ -n $python ]] && command -v "$python" >/dev/null 2>&1; then
  "$python" - 2>/dev/null <<'PY'
from importlib import metadata
for name in ("vllm", "vllm-ascend", "vllm-gaudi", "nixl", "mooncake-transfer-engine", "ucm", "torch"):
    try:
        print("version", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        pass
PY
fi
line end ok
