"""The parser of `vllm serve`, of the vLLM on PYTHONPATH, built as its command line builds it."""

import vllm.entrypoints.cli.serve as serve

try:
    from vllm.utils.argparse_utils import FlexibleArgumentParser
except ImportError:  # before 0.12
    from vllm.utils import FlexibleArgumentParser


def serve_parser():
    """(the parser of `vllm`, its part for `serve`)"""
    whole = FlexibleArgumentParser(prog="vllm")
    return whole, serve.ServeSubcommand().subparser_init(whole.add_subparsers(required=False, dest="subparser"))
