"""A PD proxy on aiohttp and uvloop, as plain as it can be. Arguments: port, prefill port, decode port."""

import json
import sys
import uuid

import aiohttp
import uvloop
from aiohttp import web

PORT, PREFILL, DECODE = (int(word) for word in sys.argv[1:4])
TICKET = {"do_remote_decode": True, "do_remote_prefill": False}
session: aiohttp.ClientSession


async def completions(request: web.Request) -> web.StreamResponse:
    body = json.loads(await request.read())
    headers = {"X-Request-Id": str(uuid.uuid4())}
    ask = {**body, "kv_transfer_params": TICKET, "stream": False, "max_tokens": 1}
    async with session.post(f"http://127.0.0.1:{PREFILL}{request.path}", json=ask, headers=headers) as answer:
        answer.raise_for_status()
        body["kv_transfer_params"] = (await answer.json())["kv_transfer_params"]
    async with session.post(f"http://127.0.0.1:{DECODE}{request.path}", json=body, headers=headers) as answer:
        if not body.get("stream"):
            return web.Response(body=await answer.read(), status=answer.status, content_type="application/json")
        response = web.StreamResponse(status=answer.status, headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


async def health(_: web.Request) -> web.Response:
    return web.Response()


async def app() -> web.Application:
    global session
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None))
    made = web.Application(client_max_size=1 << 30)
    made.router.add_post("/v1/completions", completions)
    made.router.add_get("/health", health)
    return made


uvloop.install()
web.run_app(app(), host="127.0.0.1", port=PORT, print=None, access_log=None, backlog=4096)
