"""Find inputs on which the loop runs: likeliest kinds, ranks and sizes first, then others."""

from __future__ import annotations

import heapq
import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .limits import Forbidden, OutOfTime
from .program import Program, Unreached, explain, out_of_memory
from .values import Option, Scenario, Variation

_NUMBER = re.compile(r"\d+")
PRIMES = (5, 7, 3, 11, 4, 13, 6, 17, 8, 19, 9, 23)
Assignment = tuple[tuple[tuple[str, Option], ...], int]


class NoSample(Exception):
    """No inputs were found on which the loop runs; the message says what it raised."""


def find(program: Program, roots: Sequence[Mapping[str, Any]], budget: float) -> Scenario:
    """The first scenario on which the original region runs without an error."""
    begin = time.perf_counter()
    first: BaseException | None = None
    seen = 0
    for picks in assignments(roots):
        likeliest: tuple[Scenario, BaseException] | None = None
        for scenario in arranged(picks):
            seen += 1
            error = attempt(program, scenario)
            if error is None:
                return scenario
            if isinstance(error, (Forbidden, OutOfTime)) or out_of_memory(error):
                raise NoSample(explain(error))
            if first is None or isinstance(first, Unreached):
                first = error
            if not scenario.merges and not scenario.pins:
                if not blames_sizes(error):
                    break
                likeliest = (scenario, error)
            if time.perf_counter() - begin > budget:
                raise NoSample(said(first, seen))
        else:
            asked = likeliest and as_told(program, *likeliest, begin + budget)
            if asked is not None:
                return asked
    raise NoSample(said(first, seen))


def said(error: BaseException | None, count: int) -> str:
    """Why the search ended without inputs."""
    if error is None:
        return "the region has no inputs to try"
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        return f"the slice lacks a name ({explain(error)})"
    return f"the loop raised on each of {count} guessed inputs; on the likeliest, {explain(error)}"


def plain(scenario: Scenario, seed: int = 0) -> Variation:
    """The scenario in its first sizes: unequal, small, mostly prime."""
    classes = scenario.classes()
    sizes = {c: PRIMES[k % len(PRIMES)] for k, c in enumerate(classes)}
    sizes.update({c: size for c, size in scenario.pins if c in sizes})
    return Variation(sizes=sizes, seed=seed)


def attempt(
    program: Program, scenario: Scenario, variation: Variation | None = None
) -> BaseException | None:
    """Run the loop once on the scenario; the exception if it raised."""
    try:
        live = program.make(scenario, variation or plain(scenario))
    except KeyError as error:
        return NameError(f"{error} is not bound before the region")
    except (Exception, Forbidden, OutOfTime) as error:
        return error
    try:
        return program.run("old", live, seconds=3.0).error
    except (Forbidden, OutOfTime) as error:
        return error


def blames_sizes(error: BaseException) -> bool:
    """Whether other sizes of the same ranks may help."""
    text = str(error).lower()
    words = (
        "size",
        "shape",
        "bounds",
        "range",
        "mismatch",
        "must match",
        "broadcast",
        "length",
        "expected",
        "invalid",
        "empty",
        "equal",
        "numel",
        "elements",
        "dimension",
    )
    return isinstance(
        error, (IndexError, RuntimeError, ValueError, AssertionError, Unreached)
    ) and (not text or any(w in text for w in words))


def as_told(
    program: Program, scenario: Scenario, error: BaseException, until: float
) -> Scenario | None:
    """The scenario in sizes that errors ask for: `shapes cannot be multiplied (1x7 and 6x4)` asks for a 6."""
    for _ in range(3):
        sizes = plain(scenario).sizes
        numbers = [int(n) for n in dict.fromkeys(_NUMBER.findall(str(error))) if 1 < int(n) < 513]
        following: tuple[Scenario, BaseException] | None = None
        for name in [c for c in scenario.classes() if c not in dict(scenario.pins)][:6]:
            for number in [n for n in numbers[:8] if n != sizes[name]]:
                if time.perf_counter() > until:
                    return None
                pinned = replace(scenario, pins=(*scenario.pins, (name, number)))
                found = attempt(program, pinned)
                if found is None:
                    return pinned
                if following is None and _further(error, found):
                    following = (pinned, found)
        if following is None:
            return None
        scenario, error = following
    return None


def _further(before: BaseException, after: BaseException) -> bool:
    """Whether another complaint came, so that the one before is met."""
    words = [_NUMBER.sub("", str(error)) for error in (before, after)]
    return blames_sizes(after) and words[0] != words[1]


def arranged(picks: tuple[tuple[str, Option], ...]) -> Iterator[Scenario]:
    """The picks with unequal sizes, then with two the same, then with all the same."""
    whole = Scenario(picks)
    yield whole
    classes = whole.classes()
    pairs = list(itertools.combinations(classes, 2))
    for one, other in pairs[:21]:
        yield Scenario(picks, ((other, one),))
    if len(classes) > 2:
        yield Scenario(picks, tuple((c, classes[0]) for c in classes[1:]))
        for left in itertools.combinations(classes, 2):
            rest = [c for c in classes if c not in left]
            if len(classes) <= 5:
                merges = ((left[1], left[0]), *((c, rest[0]) for c in rest[1:]))
                yield Scenario(picks, merges)
    yield from _roomy(picks, classes)


def _roomy(picks: tuple[tuple[str, Option], ...], classes: list[str]) -> Iterator[Scenario]:
    """Small whole numbers, or one input much larger than the others."""
    whole_numbers = [o["size"] for _, o in picks if o["kind"] == "int" and "size" in o]
    small = tuple((c, 2) for c in whole_numbers if isinstance(c, str))
    if small:
        yield Scenario(picks, (), small)
    for size in classes:
        if size not in dict(small):
            yield Scenario(picks, (), ((size, 101),))
    for place, (name, option) in enumerate(picks):
        if option["kind"] == "tensor" and option["sizes"]:
            alone = dict(option, sizes=[f"{name} alone", *option["sizes"][1:]])
            wider = (*picks[:place], (name, alone), *picks[place + 1 :])
            yield Scenario(wider, (), ((f"{name} alone", 101),))
    if small:
        others = [c for c in classes if c not in dict(small)]
        yield Scenario(picks, tuple((c, others[0]) for c in others[1:]), small)


def assignments(roots: Sequence[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, Option], ...]]:
    """Every choice of an option for each input, the cheapest sums of costs first."""
    choices = [costed(root["name"], root["options"]) for root in roots]
    if any(not c for c in choices):
        return
    start = tuple(0 for _ in choices)
    heap: list[tuple[float, tuple[int, ...]]] = [(0.0, start)]
    seen = {start}
    for count in itertools.count():
        if not heap or count > 600:
            return
        _, indexes = heapq.heappop(heap)
        yield tuple(
            (str(root["name"]), choice[k][1])
            for root, choice, k in zip(roots, choices, indexes, strict=False)
        )
        for position in range(len(indexes)):
            following = (*indexes[:position], indexes[position] + 1, *indexes[position + 1 :])
            if following[position] < len(choices[position]) and following not in seen:
                seen.add(following)
                total = sum(c[k][0] for c, k in zip(choices, following, strict=False))
                heapq.heappush(heap, (total, following))


def costed(name: str, options: Sequence[Option]) -> list[tuple[float, Option]]:
    """The options with ranks filled in, each with how unlikely it is."""
    found: list[tuple[float, Option]] = []
    for place, option in enumerate(options):
        base = place * 1.5
        found.append((base, option))
        if option["kind"] in ("tensor", "tensors") and option.get("open"):
            for extra in (1, 2, 3):
                added = [f"{name} axis {len(option['sizes']) + k}" for k in range(extra)]
                wider: dict[str, Any] = dict(option, sizes=[*option["sizes"], *added])
                found.append((base + extra * 0.9, wider))
        if option["kind"] == "tensor" and option.get("content") == "normal" and not option["dtype"]:
            found.append((base + 2.5, dict(option, content="positive")))
            found.append((base + 4, dict(option, dtype="int64")))
            found.append((base + 4.5, dict(option, dtype="bool", content="mask")))
        if option["kind"] == "tensor" and option.get("content") == "mask":
            found.append((base + 2.5, dict(option, content="normal")))
        if option["kind"] == "tensor" and option.get("content") in ("index", "count"):
            found.append((base + 2.5, dict(option, content="normal", dtype=None)))
    found.sort(key=lambda pair: pair[0])
    lowest = found[0][0] if found else 0.0
    return [(cost - lowest, option) for cost, option in found]
