"""A PD proxy in the shape of vLLM's example (FastAPI, httpx), without its logging. Arguments: port, prefill port, decode port."""

import itertools
import sys
import uuid
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

PORT, PREFILL, DECODE = (int(word) for word in sys.argv[1:4])
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)
TICKET = {
    "do_remote_decode": True,
    "do_remote_prefill": False,
    "remote_engine_id": None,
    "remote_block_ids": None,
    "remote_host": None,
    "remote_port": None,
}


@asynccontextmanager
async def lifespan(app: FastAPI):
    def client(port: int) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=None, base_url=f"http://127.0.0.1:{port}", limits=LIMITS)

    app.state.prefills, app.state.decodes = [client(PREFILL)], [client(DECODE)]
    app.state.prefill_turn, app.state.decode_turn = itertools.cycle(range(1)), itertools.cycle(range(1))
    yield
    for one in app.state.prefills + app.state.decodes:
        await one.aclose()


app = FastAPI(lifespan=lifespan)


async def prefill(client: httpx.AsyncClient, path: str, body: dict, headers: dict) -> dict:
    ask = {**body, "kv_transfer_params": TICKET, "stream": False, "max_tokens": 1}
    ask.pop("stream_options", None)
    answer = await client.post(path, json=ask, headers=headers)
    answer.raise_for_status()
    return answer.json()


async def decode(client: httpx.AsyncClient, path: str, body: dict, headers: dict):
    async with client.stream("POST", path, json=body, headers=headers) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            yield chunk


@app.post("/v1/completions")
async def completions(request: Request):
    body = await request.json()
    headers = {"X-Request-Id": str(uuid.uuid4())}
    p = request.app.state.prefills[next(request.app.state.prefill_turn)]
    answer = await prefill(p, "/v1/completions", body, headers)
    if ticket := answer.get("kv_transfer_params"):
        body["kv_transfer_params"] = ticket
    d = request.app.state.decodes[next(request.app.state.decode_turn)]
    media = "text/event-stream" if body.get("stream") else "application/json"
    return StreamingResponse(decode(d, "/v1/completions", body, headers), media_type=media)


@app.get("/health")
async def health() -> Response:
    return Response()


uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error", access_log=False, backlog=4096)
