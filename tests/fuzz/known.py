"""Programs of the fixed share that come out different today, each with the reason; an empty table is the aim."""

BOOL = "arithmetic that the dtype refuses stands in a loop that never runs (P5: bool operands are shown)"
GRAPH = "autograd saved what the whole-tensor store overwrites; the loop took a branch that saved nothing"
ROUNDING = "repeated addition of one value against one product: equal but for rounding in float64"
EMPTY_NUMBER = "T45: no iteration, and a number became a tensor"
EMPTY_BODY = "the body would raise, but no iteration runs it; the tensor form does"
ONE = "P4: a condition on an item of shape (1,) is taken for a condition on a number"
SHORTER = "P6: an operand is shorter, and no iteration that runs reads past its end"
LISTS = "P1: what is indexed beside a tensor is taken for a tensor, and the caller gives lists"

PROGRAMS = {
    31: GRAPH,
    57: BOOL,
    72: BOOL,
    77: BOOL,
    91: GRAPH,
    197: BOOL,
    212: ROUNDING,
    225: BOOL,
    229: ROUNDING,
    232: GRAPH,
}
TWINS = {
    36: GRAPH,
    37: BOOL,
    42: EMPTY_BODY,
    81: ONE,
    111: EMPTY_BODY,
    118: GRAPH,
    120: LISTS,
    134: SHORTER,
    163: EMPTY_BODY,
    173: EMPTY_BODY,
    185: GRAPH,
    222: EMPTY_BODY,
    238: EMPTY_BODY,
    250: EMPTY_BODY,
    253: BOOL,
    289: GRAPH,
}
