# What only this node knows, as "key value" lines. Values arrive as PD_PATHS (absolute paths to look for, or below ~), PD_HOST (name of
# this node when its address is not in the topology), PD_PYTHON (interpreter whose packages are asked for versions, ~ allowed, or empty),
# PD_MODULES (Python modules to look for, with PD_PYTHON), PD_MODEL (the model's directory, ~ allowed, or empty), PD_DIRECTORIES (where KV
# is kept), PD_CONTAINERS ("docker NAME") and PD_IMAGES ("docker IMAGE"). What is not asked may be unset.
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
  line reserved-ports "$(cat /proc/sys/net/ipv4/ip_local_reserved_ports 2>/dev/null)"
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
  "$python" - "${PD_MODULES[@]}" 2>/dev/null <<'PY'
import sys
from importlib import metadata, util
for name in ("vllm", "vllm-ascend", "vllm-gaudi", "nixl", "rixl", "mooncake-transfer-engine", "mooncake-transfer-engine-non-cuda",
             "uc-manager", "torch"):
    try:
        print("version", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        pass
for name in sys.argv[1:]:
    print("module", int(util.find_spec(name) is not None), name)  # found, not imported: that would take the device
PY
fi
# what the services will inherit from this very session
line memlock "$(ulimit -l)"
line shm "$(df -B1 --output=size,avail /dev/shm 2>/dev/null | sed 1d)"
line memory "$(awk '$1 == "MemTotal:" { total = $2 } $1 == "MemAvailable:" { free = $2 } END { print total, free }' /proc/meminfo 2>/dev/null)"
for name in http_proxy https_proxy all_proxy no_proxy; do
  upper=${name^^}
  [[ -z ${!name:-${!upper-}} ]] || line "$name" "${!name:-${!upper}}"
done
model=${PD_MODEL/#\~\//$HOME/}
if [[ -n $model && -r $model/config.json ]]; then
  line model-config "$(<"$model/config.json")"
  line model-digest "$(sha256sum <"$model/config.json" | cut -d' ' -f1)"
  index=$model/model.safetensors.index.json
  if [[ -r $index ]]; then
    line model-index "$(sha256sum <"$index" | cut -d' ' -f1)"
    grep -o '"[^"/]*\.safetensors"' "$index" | sort -u | while read -r shard; do
      [[ -e $model/${shard//\"/} ]] || line model-missing "${shard//\"/}"
    done
  fi
fi
for directory in "${PD_DIRECTORIES[@]}"; do
  # a file server that is gone would hold the shell for ever
  if ! inode=$(timeout 5 stat -c %i -- "$directory" 2>/dev/null); then
    line directory "0 0 0 0 - - $directory"
    continue
  fi
  [[ -w $directory ]] && writable=1 || writable=0
  free=$(timeout 5 df -B1 --output=avail -- "$directory" 2>/dev/null | sed 1d)
  read -r type source < <(timeout 5 findmnt -no FSTYPE,SOURCE -T "$directory" 2>/dev/null)
  line directory "1 $writable $inode ${free// /} ${type:--} ${source// /_} $directory"
done
for container in "${PD_CONTAINERS[@]}"; do
  mode=$(timeout 8 ${container%% *} inspect -f '{{.HostConfig.NetworkMode}}' "${container#* }" 2>/dev/null)
  [[ -z $mode ]] || line container "$mode ${container#* }"
done
for image in "${PD_IMAGES[@]}"; do # a tool that is not there or does not answer tells nothing
  if said=$(timeout 8 "${image%% *}" image inspect -f '{{.Id}}' "${image#* }" 2>&1 </dev/null); then
    line image "sha256:${said#sha256:} $image"
  elif [[ ${said,,} == *'no such image'* || ${said,,} == *'image not known'* ]]; then
    line image "- $image"
  fi
done
line end ok
