#!/usr/bin/env bash
# What pdctl works with besides engines, each into a place of its own, by name from the package index that pip is set to.
#   scripts/peers/install.sh router     vllm-router               → ~/.cache/pdctl/vllm-router     10 s, 130 MB
#   scripts/peers/install.sh mooncake   mooncake_master, client   → ~/.cache/pdctl/mooncake        10 s, 190 MB
#   scripts/peers/install.sh scripts    the Python proxies of vLLM, UCM and vllm-ascend, out of their source packages
#                                                                 → ~/.cache/pdctl/proxy-scripts   10 s, 60 MB to fetch
#   scripts/peers/install.sh clients    openai and langchain-openai for Python
#                                                                 → ~/.cache/pdctl/clients         10 s, 90 MB
#   scripts/peers/install.sh all
# Exit codes: 0 there, 1 the installation failed, 8 this machine cannot have it (the last line says why).
set -euo pipefail

ROUTER=0.1.17 MOONCAKE=0.3.13.post1
OPENAI=3.52.0 LANGCHAIN=1.7.3
VLLM=0.33.0 ASCEND=0.18.0 UCM=0.5.0 # the last releases that have their scripts in a source package
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pdctl
here=$(cd "$(dirname "$0")" && pwd)

say() { printf 'peers: %s\n' "$*"; }
cannot() { say "$*" >&2; exit 8; }

# environment DIRECTORY STAMP: 1 when that is there already; else an empty Python environment
environment() {
  local venv=$1 stamp=$2 python=${PYTHON:-python3}
  if [[ -f $venv/pdctl-made && $(<"$venv/pdctl-made") == "$stamp" ]]; then
    say "already in $venv ($stamp)"
    return 1
  fi
  [[ $(uname -sm) == "Linux x86_64" ]] || cannot "the packages are built for Linux on x86-64, this is $(uname -sm)"
  command -v "$python" > /dev/null || cannot "no $python: install Python 3.10 or newer, or name one with PYTHON=/path/to/python"
  "$python" -c 'import venv, ensurepip' 2> /dev/null ||
    cannot "$python cannot make environments: install its venv module (Debian, Ubuntu: apt install python3-venv)"
  [[ ! -e $venv || -f $venv/pyvenv.cfg ]] || cannot "$venv is there and is no Python environment"
  "$python" -m venv --clear "$venv"
}

pip_install() {
  local venv=$1
  shift
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"
}

router() {
  local venv=$cache/vllm-router stamp="vllm-router $ROUTER"
  environment "$venv" "$stamp" || return 0
  pip_install "$venv" "vllm-router==$ROUTER"
  "$venv/bin/vllm-router" --help | grep -q -- --vllm-pd-disaggregation || { say "$stamp does not start" >&2; exit 1; }
  printf '%s\n' "$stamp" > "$venv/pdctl-made"
  say "$stamp in $venv"
}

# missing FILE: the shared libraries that it wants and the loader does not find
missing() { ldd "$1" | awk '/not found/ { print $1 }' | sort -u; }

declare -A package=(
  [libibverbs.so.1]=libibverbs1 [libnl-3.so.200]=libnl-3-200 [libnl-route-3.so.200]=libnl-route-3-200
  [libnuma.so.1]=libnuma1 [libcurl.so.4]=libcurl4)

# The wheel leaves out what every RDMA machine has. Where it is not installed, it goes beside the wheel's own libraries.
libraries() (
  binary=$1 into=$2 work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  before=
  while lacks=$(missing "$binary") && [[ -n $lacks && $lacks != "$before" ]]; do # a library brings its own wants
    before=$lacks
    for name in $lacks; do
      [[ -n ${package[$name]-} ]] || cannot "mooncake_master needs $name, which this machine does not have"
      command -v apt-get > /dev/null || cannot "mooncake_master needs $name: install the package that has it (rdma-core, libibverbs)"
      (cd "$work" && apt-get -qq download "${package[$name]}" 2> /dev/null) ||
        cannot "mooncake_master needs $name: apt install ${package[$name]}"
      dpkg-deb -x "$work/${package[$name]}"_*.deb "$work/root"
    done
    find "$work/root" -name '*.so.*' -exec cp -a {} "$into/" \;
  done
  [[ -z $lacks ]] || cannot "mooncake_master still lacks $lacks"
)

mooncake() {
  local venv=$cache/mooncake stamp="mooncake-transfer-engine-non-cuda $MOONCAKE" packages
  environment "$venv" "$stamp" || return 0
  pip_install "$venv" "mooncake-transfer-engine-non-cuda==$MOONCAKE"
  packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  libraries "$packages/mooncake/mooncake_master" "$packages/mooncake_transfer_engine_non_cuda.libs"
  "$venv/bin/python" -c 'from mooncake.store import MooncakeDistributedStore' || { say "$stamp does not load" >&2; exit 1; }
  printf '%s\n' "$stamp" > "$venv/pdctl-made"
  say "$stamp in $venv"
}

# release NAME VERSION, then pairs PATH-IN-IT NAME-HERE
release() {
  local name=$1 version=$2 top
  shift 2
  "$venv/bin/python" "$here/source.py" "$name" "$version" "$venv/archive.tar.gz"
  top=${name//-/_}-$version
  for (( ; $# > 1; )); do
    tar -xzOf "$venv/archive.tar.gz" "$top/$1" > "$venv/scripts/$2.py"
    shift 2
  done
  rm "$venv/archive.tar.gz"
}

scripts() {
  local venv=$cache/proxy-scripts stamp="vllm $VLLM vllm-ascend $ASCEND uc-manager $UCM"
  environment "$venv" "$stamp" || return 0
  pip_install "$venv" fastapi httpx uvicorn # what they import; UCM's also asks vllm for a logger
  mkdir "$venv/scripts"
  release vllm "$VLLM" tests/v1/kv_connector/nixl_integration/toy_proxy_server.py vllm-toy
  release uc-manager "$UCM" ucm/pd/toy_proxy_server.py ucm-toy
  release vllm-ascend "$ASCEND" \
    examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py ascend \
    examples/disaggregated_prefill_v1/load_balance_proxy_layerwise_server_example.py ascend-layerwise
  printf '%s\n' "$stamp" > "$venv/pdctl-made"
  say "$stamp in $venv/scripts"
}

clients() {
  local venv=$cache/clients stamp="openai $OPENAI langchain-openai $LANGCHAIN"
  environment "$venv" "$stamp" || return 0
  pip_install "$venv" "openai==$OPENAI" "langchain-openai==$LANGCHAIN" "langchain-core<$LANGCHAIN"
  "$venv/bin/python" -c 'import openai, langchain_openai' || { say "$stamp does not load" >&2; exit 1; }
  printf '%s\n' "$stamp" > "$venv/pdctl-made"
  say "$stamp in $venv"
}

case ${1-} in
  router | mooncake | scripts | clients) "$1" ;;
  all) router && mooncake && scripts && clients ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
