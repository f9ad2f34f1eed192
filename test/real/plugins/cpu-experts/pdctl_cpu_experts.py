"""Experts that are spread over CPUs, for tests: vLLM 0.32 cannot do that by itself.

Its CPU communicator lacks the two collectives that take ranks of different sizes, and its CPU kernel takes every expert to be its own.
vLLM finds this through PYTHONPATH, as a general plugin, and calls `register` in every process. Nothing of it is for serving users.
"""

import functools
import inspect

import torch
import torch.distributed


def all_gatherv(self, input_, dim=0, sizes=None):
    """What every rank has, one after the other along the first dimension; ranks may differ in rows, `sizes` says how many each has."""
    if isinstance(input_, (list, tuple)):
        return [all_gatherv(self, one, dim, sizes) for one in input_]
    assert dim == 0, "rows only"
    parts = []
    for rank, rows in enumerate(sizes or [len(input_)] * self.world_size):
        mine = rank == self.rank_in_group
        part = input_.contiguous() if mine else input_.new_empty((rows, *input_.shape[1:]))
        torch.distributed.broadcast(part, src=self.ranks[rank], group=self.device_group)
        parts.append(part)
    return torch.cat(parts)


def reduce_scatterv(self, input_, dim=-1, sizes=None):
    """The sum over all ranks, of which each keeps its own rows."""
    assert dim == 0, "rows only"
    total = input_.contiguous().clone()
    torch.distributed.all_reduce(total, group=self.device_group)
    return total.split(sizes or len(total) // self.world_size)[self.rank_in_group].clone()


def only_experts_of_this_rank(apply):
    """Experts that live elsewhere get weight 0 here; the sum over the ranks has each expert once."""
    signature = inspect.signature(apply)

    @functools.wraps(apply)
    def applied(*args, **options):
        call = signature.bind(*args, **options)
        local = call.arguments["expert_map"]
        if local is not None:
            chosen = call.arguments["topk_ids"]
            here = local[chosen.long()]
            call.arguments["topk_weights"] = call.arguments["topk_weights"].masked_fill(here < 0, 0)
            call.arguments["topk_ids"] = here.clamp(min=0).to(chosen.dtype)
        return apply(*call.args, **call.kwargs)

    return applied


def register():
    from vllm.distributed.device_communicators.cpu_communicator import CpuCommunicator
    from vllm.model_executor.layers.fused_moe.experts.cpu_moe import CPUUnquantizedExperts

    if CpuCommunicator.all_gatherv is all_gatherv:
        return  # vLLM may call this twice in a process
    CpuCommunicator.all_gatherv = all_gatherv
    CpuCommunicator.reduce_scatterv = reduce_scatterv
    CPUUnquantizedExperts.apply = only_experts_of_this_rank(CPUUnquantizedExperts.apply)
