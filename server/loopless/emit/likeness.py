"""Results of unknown rank that are alike: the same operation, done the same way, on items of the same tensors."""

from __future__ import annotations

from loopless.ir.value import Apply, Const, Int, OnItem, Read, Ref, Temp, Tuple, Value, walk


def likeness(value: OnItem) -> frozenset[str]:
    """A name for the unknown rank of a result: two results of one name have the same number of dimensions."""
    words = [_word(inner) for inner in walk(value)]
    return frozenset({f"{' '.join(words)}#/"})


def _word(value: Value) -> str:
    """What a part of a value says of its rank; where its items lie does not matter."""
    match value:
        case Read(root, subs):
            return f"{root}[{' '.join(type(sub).__name__ for sub in subs)}]"
        case Ref(name) | Temp(name):
            return name
        case Apply(op) | OnItem(op):
            return op
        case Const(known):
            return repr(known)
        case Int(p):
            return str(p.constant)
        case Tuple(items):
            return f"({len(items)})"
        case _:
            return type(value).__name__
