"""JSON with the text of its numbers kept: 1.0 is not 1, and 2^53+1 is itself.

Two documents are equal when their values are, whatever the order of keys.
"""

import json


class Number(str):
    """A JSON number as its digits stand in the text."""

    def __repr__(self):
        return f"Number({str(self)})"

    def __eq__(self, other):
        return isinstance(other, Number) and str(self) == str(other)

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


def loads(text):
    return json.loads(
        text, parse_int=Number, parse_float=Number, parse_constant=Number
    )


def first_difference(left, right, path=""):
    """Where two documents differ first, for a person; None if they do not."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            if key not in left:
                return f"{path}.{key}: only on the right"
            if key not in right:
                return f"{path}.{key}: only on the left"
            found = first_difference(left[key], right[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return f"{path}: {len(left)} and {len(right)} elements"
        for index, pair in enumerate(zip(left, right)):
            found = first_difference(*pair, f"{path}[{index}]")
            if found:
                return found
        return None
    if type(left) is not type(right) or left != right:
        return f"{path}: {repr(left)[:80]} and {repr(right)[:80]}"
    return None


def dumps(value):
    """JSON text with the numbers as they were read."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k)}:{dumps(v)}" for k, v in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)
