"""Regions that were verified, with both texts: so that a verdict finds the new code also after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loopless.verify import Verdict, cache_folder, from_json, load, save

_MOST = 200


@dataclass(frozen=True, slots=True)
class Verified:
    """A verdict with the two texts that it is about, in whole lines."""

    uri: str
    before: str
    after: str
    verdict: Verdict


class VerifiedRegions:
    """The verified regions of all programs, the latest last; in the user's cache folder, and never too many."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = (folder or cache_folder()) / "regions.json"
        self._regions: dict[tuple[str, str], Verified] | None = None

    def get(self, uri: str, before: str) -> Verified | None:
        """What is known of a region of a program, by the text of its loop."""
        return self._known().get((uri, before))

    def of_program(self, uri: str) -> Iterator[Verified]:
        """Everything known of a program that left code behind."""
        for (owner, _), region in self._known().items():
            if owner == uri and region.after.strip():
                yield region

    def put(self, region: Verified) -> None:
        """Keep a region; the oldest goes when there are too many."""
        known = self._known()
        known.pop((region.uri, region.before), None)
        known[region.uri, region.before] = region
        while len(known) > _MOST:
            del known[next(iter(known))]
        self._save()

    def clear(self) -> None:
        """Forget everything."""
        self._regions = {}
        self._save()

    def _known(self) -> dict[tuple[str, str], Verified]:
        if self._regions is None:
            found = [_read(entry) for entry in load(self._file).values()]
            self._regions = {(each.uri, each.before): each for each in found}
        return self._regions

    def _save(self) -> None:
        # What was not run says something of this session alone.
        lasting = [each for each in self._known().values() if each.verdict.status != "not-run"]
        save(self._file, {str(at): _entry(each) for at, each in enumerate(lasting)})


def _entry(region: Verified) -> dict[str, Any]:
    texts = {"uri": region.uri, "before": region.before, "after": region.after}
    return {**texts, "verdict": region.verdict.to_json()}


def _read(entry: dict[str, Any]) -> Verified:
    uri, before, after = (str(entry.get(name, "")) for name in ("uri", "before", "after"))
    return Verified(uri, before, after, from_json(entry["verdict"]))
