"""A client over stdio that does what editors do, and refuses what its capabilities do not announce."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from loopless.finding import Edit, Span
from loopless.source.edits import applied
from loopless.source.text import Encoding, Position, SourceText

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TIMEOUT = 30.0

Json = Any


def capabilities(name: str) -> Json:
    """What the editor of that name announces, as recorded from it; `minimal` announces nothing."""
    if name == "minimal":
        return {}
    return json.loads((HERE / f"capabilities-{name}.json").read_text("utf-8"))


class RequestFailed(Exception):
    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]


class Client:
    """A server process and what it was told."""

    def __init__(
        self,
        announced: str | Json = "vscode",
        folder: Path | None = None,
        settings: Json = None,
        options: Json = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.capabilities = capabilities(announced) if isinstance(announced, str) else announced
        self.folder, self.settings = folder, settings or {}
        self.texts: dict[str, SourceText] = {}
        self.versions: dict[str, int] = {}
        self.published: dict[str, list[Json]] = {}
        self.events: list[Json] = []
        self.applied: list[Json] = []
        self._answers: dict[int, Json] = {}
        self._news = threading.Condition()
        self._writing = threading.Lock()
        self._next = 0
        paths = f"{ROOT / 'server'}{os.pathsep}{ROOT / 'patterns'}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loopless", "server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {}), "PYTHONPATH": paths},
        )
        self.stderr = b""
        self._threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        folders = [{"uri": folder.as_uri(), "name": folder.name}] if folder else None
        self.server = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder.as_uri() if folder else None,
                "workspaceFolders": folders,
                "capabilities": self.capabilities,
                "initializationOptions": options,
            },
        )["capabilities"]
        self.encoding: Encoding = self.server.get("positionEncoding", "utf-16")
        self.notify("initialized", {})

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            assert self.stop() == 0, self.stderr.decode()
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def stop(self) -> int:
        """Shut the server down; its exit status."""
        if self.process.poll() is None:
            self.request("shutdown")
            self.notify("exit")
        return self.process.wait(TIMEOUT)

    # Messages

    def notify(self, method: str, params: Json = None) -> None:
        self._send(
            {"method": method, "params": params} if params is not None else {"method": method}
        )

    def send(self, method: str, params: Json = None) -> int:
        """Send a request; its id, for `answer`."""
        self._next += 1
        message = {"id": self._next, "method": method}
        self._send(message if params is None else {**message, "params": params})
        return self._next

    def answer(self, number: int, timeout: float = TIMEOUT) -> Json:
        """The result of a request."""
        end = time.monotonic() + timeout
        with self._news:
            while number not in self._answers:
                assert self.process.poll() is None, self.stderr.decode()
                assert time.monotonic() < end, f"no answer; stderr: {self.stderr.decode()}"
                self._news.wait(0.2)
            message = self._answers.pop(number)
        if "error" in message:
            raise RequestFailed(message["error"])
        return message["result"]

    def request(self, method: str, params: Json = None) -> Json:
        return self.answer(self.send(method, params))

    def wait(self, method: str, count: int = 1) -> list[Json]:
        """The parameters of the notifications and requests of a kind, once there are so many."""
        end = time.monotonic() + TIMEOUT
        with self._news:
            while True:
                found = [event.get("params") for event in self.events if event["method"] == method]
                if len(found) >= count:
                    return found
                assert time.monotonic() < end, f"{method} did not come"
                self._news.wait(0.2)

    # Documents

    def open(self, uri: str, text: str, language: str = "python") -> str:
        self.texts[uri], self.versions[uri] = SourceText.of(text), 1
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def change(self, uri: str, *edits: tuple[Span, str]) -> None:
        """Make edits, one after the other."""
        changes: list[Json] = []
        for span, text in edits:
            changes.append({"range": self.range(uri, span), "text": text})
            self.texts[uri] = self.texts[uri].replaced(span, text)
        self._changed(uri, changes)

    def replace(self, uri: str, text: str) -> None:
        """Put another text in place of the whole."""
        self.texts[uri] = SourceText.of(text)
        self._changed(uri, [{"text": text}])

    def close(self, uri: str) -> None:
        del self.texts[uri]
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def range(self, uri: str, span: Span) -> Json:
        start, end = (self.texts[uri].position(at, self.encoding) for at in (span.start, span.end))
        return {
            "start": {"line": start.line, "character": start.column},
            "end": {"line": end.line, "character": end.column},
        }

    def position(self, uri: str, text: str) -> Json:
        """Where `text` first stands in the document."""
        at = self.texts[uri].text.index(text)
        return self.range(uri, Span(at, at))["start"]

    def applied_to(self, uri: str, edit: Json) -> str:
        """The document after a workspace edit, which must be about its current version."""
        if "documentChanges" in edit:
            for change in edit["documentChanges"]:
                assert (
                    change["textDocument"]["version"]
                    == self.versions[change["textDocument"]["uri"]]
                )
            changes = {c["textDocument"]["uri"]: c["edits"] for c in edit["documentChanges"]}
        else:
            changes = edit["changes"]
        source = self.texts[uri]
        edits = [
            Edit(self._span(source, one["range"]), one["newText"]) for one in changes.get(uri, [])
        ]
        return applied(source.text, edits)

    # What editors ask

    def diagnostics(self, uri: str) -> list[Json]:
        """The diagnostics of the document as it is, pulled or pushed as the client announced."""
        if "diagnosticProvider" in self.server:
            params = {"textDocument": {"uri": uri}}
            return self.request("textDocument/diagnostic", params)["items"]
        # A request about the whole document is answered once it was looked at; what is pushed comes before.
        end = time.monotonic() + TIMEOUT
        with self._news:
            while not self._is_published(uri):
                assert time.monotonic() < end, "no diagnostics"
                self._news.wait(0.2)
            return self.published[uri][-1]["diagnostics"]

    def actions(
        self, uri: str, at: str, only: list[str] | None = None, diagnostics: Json = ()
    ) -> list[Json]:
        """The code actions where `at` first stands."""
        position = self.position(uri, at)
        context: Json = {"diagnostics": list(diagnostics), "triggerKind": 1}
        if only is not None:
            context["only"] = only
        params = {
            "textDocument": {"uri": uri},
            "range": {"start": position, "end": position},
            "context": context,
        }
        return self.request("textDocument/codeAction", params)

    def resolve(self, action: Json) -> Json:
        return action if "edit" in action else self.request("codeAction/resolve", action)

    def hover(self, uri: str, at: str) -> str:
        params = {"textDocument": {"uri": uri}, "position": self.position(uri, at)}
        found = self.request("textDocument/hover", params)
        return found["contents"]["value"] if found else ""

    def lenses(self, uri: str) -> list[Json]:
        return self.request("textDocument/codeLens", {"textDocument": {"uri": uri}})

    def execute(self, command: str, *arguments: Json) -> Json:
        params = {"command": command, "arguments": list(arguments)}
        return self.request("workspace/executeCommand", params)

    # Below

    def _is_published(self, uri: str) -> bool:
        """Whether diagnostics came for what the document is now: by version, where that is sent."""
        versions = [item.get("version") for item in self.published.get(uri, ())]
        return bool(versions) and versions[-1] in (None, self.versions[uri])

    def _changed(self, uri: str, changes: list[Json]) -> None:
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def _span(self, source: SourceText, found: Json) -> Span:
        places = (Position(found[end]["line"], found[end]["character"]) for end in ("start", "end"))
        return Span(*(source.offset(place, self.encoding) for place in places))

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        with self._writing:
            self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self.process.stdin.flush()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr += line

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            assert header.startswith(b"Content-Length: "), header
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            self._take(json.loads(stream.read(length)))

    def _take(self, message: Json) -> None:
        with self._news:
            if "method" not in message:
                self._answers[message["id"]] = message
            else:
                self.events.append(message)
                if message["method"] == "textDocument/publishDiagnostics":
                    uri = message["params"]["uri"]
                    self.published.setdefault(uri, []).append(message["params"])
            self._news.notify_all()
        if "method" in message and "id" in message:
            with suppress(OSError, ValueError):  # the server has gone meanwhile
                self._send({"id": message["id"], "result": self._answer(message)})

    def _answer(self, message: Json) -> Json:
        if message["method"] != "workspace/configuration":
            return None
        return [self.settings.get(item["section"]) for item in message["params"]["items"]]
