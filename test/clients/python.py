"""What openai for Python and LangChain hand to their callers: one JSON object of answers by call. Words: the address, without /v1."""

import json
import sys

import openai
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI

url, seen = sys.argv[1], {}
client = openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0, timeout=120)
complete, chat = client.completions.create, client.chat.completions.create
greedy = {"model": "tiny", "temperature": 0}
nearly = {"model": "tiny", "temperature": 0.01, "seed": 1}  # several choices of a greedy one are refused
prompt = "two engines had one thought, and the one that had it first told the other what it was"
messages = [{"role": "user", "content": "say what one and two are, and three and four, and so on until ten and eleven"}]
parameters = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
tools = [{"type": "function", "function": {"name": "half", "description": "halves a number", "parameters": parameters}}]


def call(name, work):
    try:
        value = work()
    except openai.APIStatusError as error:
        value = {"error": type(error).__name__, "status": error.status_code, "body": error.body}
    seen[name] = value.model_dump() if hasattr(value, "model_dump") else value


def joined(stream):
    """How an answer is cut into events differs each time; what they add up to is the answer."""
    chunks = list(stream)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    texts = [getattr(choice, "text", None) or getattr(getattr(choice, "delta", None), "content", None) or "" for choice in choices]
    usage = chunks[-1].usage
    return {
        "text": "".join(texts),
        "finish": [choice.finish_reason for choice in choices if choice.finish_reason],
        "usage": usage and usage.model_dump(),
    }


def left(stream):
    first = next(iter(stream)).object
    stream.close()
    return first


call("models", lambda: [model.id for model in client.models.list()])
call("completion", lambda: complete(prompt=prompt, max_tokens=12, **greedy))
call("completion, logprobs", lambda: complete(prompt=prompt, max_tokens=4, logprobs=3, **greedy))
call("completion, stop", lambda: complete(prompt=prompt, max_tokens=40, stop=["e"], **greedy))
call("completion, n", lambda: complete(prompt=prompt, max_tokens=4, n=2, **nearly))
call("completion, best_of", lambda: complete(prompt=prompt, max_tokens=4, best_of=2, **greedy))
call("completion, echo", lambda: complete(prompt=prompt, max_tokens=4, echo=True, **greedy))
call("completion, echo with logprobs", lambda: complete(prompt=prompt, max_tokens=4, echo=True, logprobs=1, **greedy))
call("completion, two prompts", lambda: complete(prompt=[prompt, "and another"], max_tokens=4, **greedy))
call("completion, lists of tokens", lambda: complete(prompt=[list(range(40, 90)), list(range(60, 90))], max_tokens=4, **greedy))
call("completion, stream", lambda: joined(complete(prompt=prompt, max_tokens=8, stream=True, **greedy)))
call("chat", lambda: chat(messages=messages, max_tokens=12, **greedy))
call("chat, n", lambda: chat(messages=messages, max_tokens=4, n=3, **nearly))
call("chat, logprobs", lambda: chat(messages=messages, max_tokens=4, logprobs=True, top_logprobs=2, **greedy))
call("chat, tools", lambda: chat(messages=messages, tools=tools, max_tokens=12, **greedy))
call("chat, a tool is required", lambda: chat(messages=messages, tools=tools, tool_choice="required", max_tokens=40, **greedy))
call("chat, json", lambda: chat(messages=messages, response_format={"type": "json_object"}, max_tokens=20, **greedy))
usage = {"include_usage": True}
call("chat, stream with usage", lambda: joined(chat(messages=messages, max_tokens=8, stream=True, stream_options=usage, **greedy)))
call("response", lambda: client.responses.create(model="tiny", input=prompt, temperature=0, max_output_tokens=4).output_text)
call("another model", lambda: complete(prompt=prompt, model="another"))
call("a temperature that does not exist", lambda: complete(prompt=prompt, model="tiny", temperature=-4))
call("a stream that the client leaves", lambda: left(complete(prompt=prompt, max_tokens=400, stream=True, **greedy)))

there = {"base_url": f"{url}/v1", "api_key": "any", "max_retries": 0, "timeout": 120, "model": "tiny", "temperature": 0}
lang = ChatOpenAI(max_completion_tokens=12, **there)


@tool
def half(a: int) -> int:
    """halves a number"""
    return a // 2


call("langchain, chat", lambda: {"text": (said := lang.invoke(prompt)).content, "usage": said.usage_metadata["total_tokens"]})
call("langchain, stream", lambda: "".join(part.content for part in lang.stream(prompt)))
call("langchain, batch", lambda: [said.content for said in lang.batch([prompt, "and another"])])
call("langchain, tools", lambda: lang.bind_tools([half]).invoke(prompt).content)
call("langchain, completion", lambda: OpenAI(max_tokens=12, **there).invoke(prompt))
print(json.dumps(seen))
