"""Verdicts kept on disk: bounded, in the right folder, and never a reason to fail."""

from __future__ import annotations

from pathlib import Path

from loopless.verify import Store, Verdict, prepare
from loopless.verify.request import Request
from loopless.verify.store import cache_folder
from tests.verify.pairs import function


def request(number: int) -> Request:
    made = prepare(
        *function(f"# x\nfor i in range(len(x)):\n    x[i] = {number}", f"x[:] = {number}")
    )
    assert isinstance(made, Request)
    return made


def test_the_folder_of_each_platform() -> None:
    home = {"HOME": "/home/me"}
    assert cache_folder(home, "linux") == Path("/home/me/.cache/loopless")
    assert cache_folder({**home, "XDG_CACHE_HOME": "/c"}, "linux") == Path("/c/loopless")
    assert cache_folder({**home, "XDG_CACHE_HOME": "relative"}, "linux").parts[1] == "home"
    assert cache_folder(home, "darwin") == Path("/home/me/Library/Caches/loopless")
    assert cache_folder({"LOCALAPPDATA": "/local"}, "win32") == Path("/local/loopless/Cache")


def test_the_last_verdict_counts_and_old_ones_go(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("loopless.verify.store._MOST", 3)
    store = Store(tmp_path)
    for number in range(5):
        store.remember(request(number), Verdict("agreed", device=str(number)))
    store.remember(request(4), Verdict("differed", "now it does"))
    again = Store(tmp_path)
    assert again.of_request(request(0)) is None
    assert again.of_request(request(3)) == Verdict("agreed", device="3")
    found = again.of_new_text(request(4).new_hash)
    assert found is not None
    assert found.status == "differed"


def test_a_broken_or_forbidden_file_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "verdicts.json").write_text("{not json")
    assert Store(tmp_path).of_old_text("x") is None
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = Store(blocked / "inside")
    store.remember(request(1), Verdict("agreed"))
    assert store.of_request(request(1)) == Verdict("agreed")
