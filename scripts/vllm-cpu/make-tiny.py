#!/usr/bin/env python3
"""A model of half a million random parameters that vLLM serves, made on this machine: nothing comes from a hub.

    make-tiny.py DIRECTORY [--moe]      Qwen3, or with --moe Qwen3-MoE with eight experts

The same call makes the same bytes. Its answers mean nothing, but they follow from every token of the prompt, so that two
engines which answer alike have seen the same prompt.
"""

import argparse
import hashlib
import pathlib

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM

SEED = 611
CONTEXT = 8192
TRAINED_ON = [
    "Prefill reads the prompt and decode writes the answer; the keys and values travel between them.",
    "hello, tell me something about ships, harbours and the weather of tomorrow.",
    "zero one two three four five six seven eight nine ten hundred thousand",
    # syllables of pdctl's own trial prompts: one token each keeps 600 such words short
    " ".join(a + b for a in "bdfgklmnprstvwz" for b in "aeiou"),
]
TEMPLATE = """{% for message in messages %}<|im_start|>{{ message['role'] }}
{{ message['content'] }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Pairs of bytes over all 256 of them: it takes any text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=504,
        min_frequency=2,
        show_progress=False,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(TRAINED_ON * 16, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|pad|>",
        model_max_length=CONTEXT,
        chat_template=TEMPLATE,
    )


def make_model(eos: int, pad: int, moe: bool) -> torch.nn.Module:
    shape = {
        "vocab_size": 512,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "max_position_embeddings": CONTEXT,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "eos_token_id": eos,
        "pad_token_id": pad,
        "bos_token_id": None,
    }
    experts = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "norm_topk_prob": True}
    torch.manual_seed(SEED)
    model = Qwen3MoeForCausalLM(Qwen3MoeConfig(**shape, **experts)) if moe else Qwen3ForCausalLM(Qwen3Config(**shape))
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.15)  # at the usual 0.02 all prompts would get much the same answer
    return model.to(torch.bfloat16)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("directory", type=pathlib.Path)
    asked.add_argument("--moe", action="store_true", help="eight experts, two of them per token")
    ask = asked.parse_args()
    tokenizer = make_tokenizer()
    model = make_model(tokenizer.eos_token_id, tokenizer.pad_token_id, ask.moe)
    ask.directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(ask.directory)
    model.save_pretrained(ask.directory, safe_serialization=True)
    parameters = sum(weight.numel() for weight in model.parameters())
    digest = hashlib.sha256((ask.directory / "model.safetensors").read_bytes()).hexdigest()
    print(f"{ask.directory}: {parameters} parameters, weights {digest[:16]}")


if __name__ == "__main__":
    main()
