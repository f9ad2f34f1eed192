"""The parser of `vllm serve`, of the vLLM on PYTHONPATH, built as its command line builds it."""

import torch

# A few releases ask while they are imported what a later torch answers under another name. It has no bearing on the options.
if not hasattr(torch._C._cpu, "_is_avx512_supported"):
    torch._C._cpu._is_avx512_supported = lambda: False

import vllm.entrypoints.cli.serve as serve  # noqa: E402

try:
    from vllm.utils.argparse_utils import FlexibleArgumentParser
except ImportError:  # before 0.12
    from vllm.utils import FlexibleArgumentParser


def serve_parser():
    """(the parser of `vllm`, its part for `serve`)"""
    whole = FlexibleArgumentParser(prog="vllm")
    return whole, serve.ServeSubcommand().subparser_init(whole.add_subparsers(required=False, dest="subparser"))
