"""NIXL without its progress thread, for tests: the thread never sleeps, and those of four workers leave two cores nothing to run on.

The engine itself then moves transfers on: it asks NIXL at every step, and steps every millisecond while it holds or awaits KV.
vLLM finds this through PYTHONPATH, as a general plugin, and calls `register` in every process. Nothing of it is for serving users.
"""

import functools


def register():
    from vllm.distributed import nixl_utils

    load = nixl_utils._load_nixl_attr
    if hasattr(load, "__wrapped__"):
        return  # vLLM may call this twice in a process

    @functools.wraps(load)
    def calmly(name):
        found = load(name)
        return functools.partial(found, enable_prog_thread=False) if name == "nixl_agent_config" else found

    nixl_utils._load_nixl_attr = calmly
