"""store-client.py hold|read MASTER HOST KEY SIZE: one client of a Mooncake store over TCP; `hold` keeps its memory until it is killed."""

import hashlib
import sys
import time

from mooncake.store import MooncakeDistributedStore

verb, master, host, key, size = sys.argv[1:]
value = hashlib.shake_256(key.encode()).digest(int(size))
store = MooncakeDistributedStore()
assert store.setup(host, "P2PHANDSHAKE", (64 << 20) if verb == "hold" else 0, 16 << 20, "tcp", "", master) == 0, "setup"
if verb == "hold":
    assert store.put(key, value) == 0, "put"
    print("held", flush=True)
    time.sleep(3600)
began = time.perf_counter()
assert store.get(key) == value, "another value than was put"
print(f"equal {len(value)} bytes in {(time.perf_counter() - began) * 1000:.1f} ms", flush=True)
assert store.is_exist("nobody has put this") == 0, "a key that is not there"
