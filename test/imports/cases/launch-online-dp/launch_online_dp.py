"""Starts the template once for each rank of this machine, with the words that the launcher of this name gives it."""
import argparse
import subprocess

parser = argparse.ArgumentParser()
for flag, kind, default in [
    ("dp-size", int, None), ("tp-size", int, 1), ("dp-size-local", int, -1), ("dp-rank-start", int, 0),
    ("dp-address", str, None), ("dp-rpc-port", str, "12345"), ("vllm-start-port", int, 9000),
]:
    parser.add_argument(f"--{flag}", type=kind, default=default)
own = parser.parse_args()
for i in range(own.dp_size if own.dp_size_local == -1 else own.dp_size_local):
    cards = ",".join(str(n) for n in range(i * own.tp_size, (i + 1) * own.tp_size))
    words = [cards, own.vllm_start_port + i, own.dp_size, own.dp_rank_start + i, own.dp_address, own.dp_rpc_port, own.tp_size]
    subprocess.run(["bash", "./run_dp_template.sh", *map(str, words)], check=True)
