"""What verify would run with: interpreter, torch, devices, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loopless.verify.client import Limits, Verifier
from loopless.verify.interpreter import find_interpreter


@dataclass(frozen=True, slots=True)
class Doctor:
    """The state of the user's environment, as far as verify needs it."""

    interpreter: str
    found: str
    python: str = ""
    torch: str = ""
    devices: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    def lines(self) -> list[str]:
        """The same, for people to read."""
        said = [f"interpreter  {self.interpreter or 'none'} ({self.found})"]
        if self.python:
            said.append(f"python       {self.python}")
        if self.torch:
            said.append(f"torch        {self.torch}")
        said += [f"device       {device}  {name}" for device, name in self.devices]
        return said + ([f"problem      {self.problem}"] if self.problem else [])


def examine(setting: str = "", project: Path | None = None) -> Doctor:
    """Start the worker once and note what it says of itself."""
    interpreter = find_interpreter(setting, project)
    if interpreter is None:
        asked = f"the interpreter {setting!r} was not found" if setting else "no Python was found"
        return Doctor("", "not found", problem=asked)
    with Verifier(interpreter.path, limits=Limits(start_seconds=120)) as verifier:
        hello: dict[str, Any] = verifier.warm_up()
    devices = tuple((str(d["device"]), str(d["name"])) for d in hello.get("devices", []))
    return Doctor(
        interpreter.path,
        interpreter.found,
        str(hello.get("python", "")),
        str(hello.get("torch", "")),
        devices,
        str(hello.get("reason", "")),
    )
