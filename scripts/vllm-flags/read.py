"""Writes the options of `vllm serve` as the real parser of the vLLM on PYTHONPATH has them: read.py FILE, one JSON object per line.

The parser object is asked, not its help: hidden spellings (`--no-enable-x` beside `--disable-x`), types and choices are only there.
"""

import json
import sys

from parser import serve_parser

# The innermost conversion of a value → what pdctl calls it.
KINDS = {
    "str": "text",
    "int": "int",
    "float": "float",
    "loads": "json",  # any JSON
    "parse_dataclass": "object",  # JSON of a configuration class
    "union_dict_and_str": "text-or-object",
    "human_readable_int": "size",
    "human_readable_int_or_auto": "size-or-auto",
    "parse_reasoning_parser": "text",
    "bool": "text",  # Python's: every word but the empty one is true
}


def nameless(convert):
    """A lambda is known by what it does."""
    if convert("A-b") == "a_b":
        return {"kind": "text", "folded": True}  # case does not matter, nor does dash or underscore
    if convert("1,2") in (["1", "2"], [1, 2]):
        return {"kind": "commas"}
    sys.exit(f"{convert} is unlike any conversion that {__file__} knows")


def conversion(convert):
    """(name of the innermost conversion, whether "" and None mean unset): `optional_type(parse_type(int))` → int, True."""
    name = getattr(convert, "__qualname__", type(convert).__name__).split(".")[-1]
    if name in ("_optional_type", "_parse_type"):
        inner = convert.__closure__[0].cell_contents
        found, optional = conversion(inner)
        return found, optional or name == "_optional_type"
    return name, False


def kind(action):
    if action.nargs == 0:
        return {"kind": "negatable" if negatives(action) else "switch"}
    name, optional = ("str", False) if action.type is None else conversion(action.type)
    if name == "<lambda>":
        return nameless(action.type)
    if name not in KINDS:
        sys.exit(f"{action.option_strings}: values are read by {name}, which {__file__} does not know")
    return {"kind": KINDS[name], **({"optional": True} if optional else {})}


def negatives(action):
    known = getattr(action, "negative_option_strings", None)
    if known is not None:
        return sorted(known)
    return [s for s in spellings[id(action)] if type(action).__name__ == "BooleanOptionalAction" and s.startswith("--no-")]


def default(value):
    if isinstance(value, (bool, int, float, str)) and value not in ("==SUPPRESS==", ""):
        # an enumeration that is a str or an int is its value here
        return {"default": getattr(value, "value", value)}
    return {}


_, parser = serve_parser()
spellings = {}  # of an action, also those that the help does not show
for spelling, action in parser._option_string_actions.items():
    spellings.setdefault(id(action), []).append(spelling)
deprecated = {id(action) for action in getattr(parser, "_deprecated", ())}

rows = []
for action in parser._actions:
    if not action.option_strings:
        continue  # the model
    against = negatives(action)
    names = [s for s in spellings[id(action)] if s not in against]
    name = next((s for s in names if s.startswith("--")), names[0])
    if type(action).__name__ == "_HelpAction":
        described = {"kind": "help"}
    else:
        described = {**kind(action), **default(action.default)}
        if action.nargs in ("+", "*", "?"):
            described["words"] = action.nargs
        if type(action).__name__ == "_AppendAction":
            described["repeats"] = True
        if action.choices:
            described["choices"] = sorted(str(getattr(c, "value", c)) for c in action.choices)
        if id(action) in deprecated or getattr(action, "deprecated", False) or "Deprecated" in type(action).__name__:
            described["deprecated"] = True
    rows.append(
        {
            "name": name.lstrip("-"),
            **({"aliases": [s for s in names if s != name]} if len(names) > 1 else {}),
            **({"negatives": against} if against else {}),
            **described,
        }
    )

# Not to stdout: while it is imported, vLLM logs there.
with open(sys.argv[1], "w") as out:
    out.writelines(json.dumps(row) + "\n" for row in rows)
