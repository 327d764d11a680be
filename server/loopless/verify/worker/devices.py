"""Which devices torch has here, by name, and how to wait for them."""

from __future__ import annotations

import platform
from typing import Any

import torch


def available() -> list[dict[str, str]]:
    """Every device that can run samples, the fastest first, the CPU last."""
    found: list[dict[str, str]] = []
    if torch.cuda.is_available():
        kind = "ROCm" if getattr(torch.version, "hip", None) else "CUDA"
        for index in range(torch.cuda.device_count()):
            name = torch.cuda.get_device_name(index)
            found.append({"device": f"cuda:{index}", "name": name, "kind": kind})
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_available():
        for index in range(xpu.device_count()):
            found.append(
                {"device": f"xpu:{index}", "name": xpu.get_device_name(index), "kind": "XPU"}
            )
    if torch.backends.mps.is_available():
        found.append({"device": "mps", "name": "Apple GPU (MPS)", "kind": "MPS"})
    found.append({"device": "cpu", "name": cpu_name(), "kind": "CPU"})
    return found


def chosen(wanted: str) -> dict[str, str]:
    """The device asked for, or the first one for `auto`; raises LookupError where there is none."""
    devices = available()
    if wanted in ("", "auto"):
        return devices[0]
    for device in devices:
        if device["device"] == wanted or device["device"].split(":")[0] == wanted:
            return device
    have = ", ".join(d["device"] for d in devices)
    raise LookupError(f"torch sees no device {wanted!r} here; it has {have}")


def synchronize(device: str) -> None:
    """Wait until everything sent to the device is done."""
    kind = device.split(":")[0]
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "xpu":
        torch.xpu.synchronize()
    elif kind == "mps":
        torch.mps.synchronize()


def random_state(device: str) -> Any:
    """Where the generators stand, as something that compares."""
    states = [bytes(torch.get_rng_state().numpy().tobytes())]
    if device.startswith("cuda"):
        states.append(bytes(torch.cuda.get_rng_state(device).numpy().tobytes()))
    return states


def cpu_name() -> str:
    """The processor's name, from the system where it tells."""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip() + " (CPU)"
    except OSError:
        pass
    return (platform.processor() or platform.machine() or "CPU") + " (CPU)"
