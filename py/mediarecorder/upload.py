"""Recordings on their way to a server: in one request, or as an upload that can be resumed (tus).

The page sends a request (`Transfer` in static/library/upload/transfer.js). An `Upload` runs in Python's realm
(static/library/upload/tus.js): tus-js-client speaks the protocol, and `Upload` gives it one piece of the
data after the other, and decides what to do after a failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._checks import check_progress, checked_int
from ._host.bridge import page_services
from ._host.browser import (
    JsException,
    is_nullish,
    js,
    js_object,
    now,
    require_browser,
    settle,
    translated,
)
from ._host.modules import load_module
from ._reminder import Reminding
from .errors import AbortError, MediaError, UploadError
from .event_target import call_handler
from .media_file import MediaFile, read
from .outcome import Outcome, spawn

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Sequence

    Progress = Callable[[float], Any]
    Value = str | int | float

PATIENCE = 60.0
"""Give up after so many seconds without an answer. The upload of a take in a store goes on, once its server
has answered, and that of a running take in any case: its data is safe."""
PATIENCE_WITH_ERRORS = 15.0
"""The same for a server that answers with errors, or that has never answered."""
PAUSE, LONGEST_PAUSE = 0.25, 10.0
"""Seconds before the next attempt; each time twice as long."""
PASSING = {408, 409, 423, 425, 429, 500, 502, 503, 504}
"""Statuses after which another attempt may succeed."""
ABSENT = {502, 503, 504}
"""Statuses with which a proxy answers for a server that is down."""
FORGOTTEN = {404, 410}
OPTIONS = {"endpoint", "metadata", "headers", "chunk_size", "on_progress"}
FIRST_PIECE, LIVE_PIECE = 1 << 20, 8 << 20
"""Bytes of the first request, and of one request at most while the data is still being recorded."""
PACE = 2.0
"""Seconds that a request should take: its end is the progress that the server confirms."""
REST = 10.0
"""Seconds: if all that is left takes no longer, one request sends it. (Firefox sends parts of a file more
slowly than a whole one.)"""

_ADVICE = {
    401: 'It wants credentials: pass headers={"Authorization": …}.',
    403: "It does not accept these credentials, or has let them expire.",
    404: "There is nothing at this address.",
    405: "It does not accept this method at this address.",
    409: "It is busy with the same upload, or has another one there.",
    413: "The recording is too large for it. Raise the server's limit, or send a shorter part.",
    415: "It does not accept this type of file.",
    429: "It wants fewer requests. Wait, then try again.",
}

log = logging.getLogger("mediarecorder")


class _AddressError(UploadError, ValueError):
    """An address that no recording can be sent to."""

    @property
    def name(self) -> str:
        return "UploadError"


class Headers(dict[str, str]):
    """The headers of an answer, with names in lower case; any case finds them."""

    def __missing__(self, name: str) -> str:
        if name == name.lower():
            raise KeyError(name)
        return self[name.lower()]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class Response(Reminding):
    """A server's answer to `Recording.post` and `Recording.put`.

    Attributes
    ----------
    status
        The HTTP status, such as 200.
    headers
        A dictionary. Names in any case find their header. A server of another origin must list the headers
        that a page may see in ``Access-Control-Expose-Headers``.
    url
        The address that answered, after redirects.
    """

    def __init__(self, answer: Any) -> None:
        self.status = int(answer.status)
        self.url = str(answer.url)
        self.headers = Headers({str(name).lower(): str(value) for name, value in answer.headers})
        self._body = answer.body

    async def bytes(self) -> builtins.bytes:
        """The content of the answer."""
        return await read(self._body)

    async def text(self) -> str:
        """The content of the answer, decoded as UTF-8."""
        return (await read(self._body)).decode(errors="replace")

    async def json(self) -> Any:
        """The content of the answer, parsed as JSON; `ValueError` if it is something else."""
        return json.loads(await read(self._body))

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


# Checks


def checked_address(doing: str, address: str | None) -> str:
    """An absolute address with http or https, and without credentials."""
    require_browser()
    if not isinstance(address, str):
        raise TypeError(f"{doing}: the address must be a string, not {address!r}")
    url = None
    with contextlib.suppress(JsException):
        url = js.URL.new(address)
    if url is None or not re.match("https?://", address, re.IGNORECASE):
        raise _AddressError(
            f"{doing}: the address must be absolute and begin with https:// or http://, as in "
            f'"https://example.org/files/", not {address!r}'
        )
    if url.username or url.password:
        raise _AddressError(
            f"{doing}: leave name and password out of the address, and pass "
            'headers={"Authorization": …}, which are not stored.'
        )
    return str(url.href)


def checked_headers(doing: str, headers: Mapping[str, str] | None) -> dict[str, str]:
    checked = _checked_texts("headers", headers)
    with translated(doing):  # a JavaScript TypeError says which one is wrong
        js.Headers.new(js_object(checked))
    return checked


def checked_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    checked = _checked_texts("metadata", metadata)
    for key in checked:
        if not re.fullmatch(r"[!-+\--~]+", key):
            raise ValueError(f"a key of metadata must be ASCII without spaces and commas, not {key!r}")
    return checked


def checked_options(upload: Any, store: object, is_wav: bool) -> dict[str, Any]:
    """The argument ``upload`` of a recorder as arguments of `Upload`."""
    options: Any = {"endpoint": upload} if isinstance(upload, str) else upload
    if not isinstance(options, Mapping) or not {"endpoint"} <= options.keys() <= OPTIONS:
        names = ", ".join(sorted(OPTIONS))
        raise TypeError(f"upload must be an address, or a dictionary of {names}, not {upload!r}")
    if store is None:
        raise ValueError("upload= needs store=: what is not sent yet waits on disk")
    if is_wav:
        raise ValueError(
            "a WAV is made at the end of a take, so it cannot be uploaded while it is recorded. Record "
            "another type, or call store.upload(recording.id, endpoint) afterwards."
        )
    checked_address("upload", options["endpoint"])
    checked_metadata(options.get("metadata"))
    checked_headers("upload", options.get("headers"))
    checked_int("chunk_size", options.get("chunk_size"), 1, 2**53)
    check_progress(options.get("on_progress"))
    return dict(options)


def _checked_texts(what: str, texts: Mapping[str, str] | None) -> dict[str, str]:
    if texts is None:
        return {}
    if not isinstance(texts, Mapping):
        raise TypeError(f"{what} must be a dictionary, not {texts!r}")
    for pair in texts.items():
        if not all(isinstance(text, str) for text in pair):
            raise TypeError(f"{what} must have strings as keys and values, not {pair!r}")
    return dict(texts)


def _pairs(data: Mapping[str, Value | Sequence[Value]] | None) -> list[list[str]]:
    """The fields of a form."""
    if data is not None and not isinstance(data, Mapping):
        raise TypeError(f"data must be a dictionary of the form's other fields, not {data!r}")
    pairs = []
    for key, values in (data or {}).items():
        for value in values if isinstance(values, list | tuple) else [values]:
            if not isinstance(key, str) or not isinstance(value, str | int | float):
                raise TypeError(f"data must have strings and numbers, not {key!r}: {value!r}")
            pairs.append([key, value if isinstance(value, str) else json.dumps(value)])
    return pairs


# Failures


async def _refusal(doing: str, answer: Any) -> UploadError:
    """The error for an answer."""
    response = Response(answer)
    status = response.status
    if status < 300:
        advice = (
            "It lacks the headers of tus. Is this the endpoint of a tus server? One of another origin must "
            "list Location, Upload-Offset and Upload-Length in Access-Control-Expose-Headers."
        )
    else:
        advice = _ADVICE.get(status, "It has failed; try again later." if status >= 500 else "")
    said = "" if "html" in response.headers.get("content-type", "") else (await response.text()).strip()[:300]
    text = " ".join(part for part in (advice, f"It says: {said}" if said else "") if part)
    return UploadError(f"{doing}: the server answered with status {status}. {text}", response)


async def _readable(doing: str, blob: Any) -> None:
    """Check that the data is there. (Firefox waits forever when it sends data that is gone.
    quirk: firefox-sends-gone-data-forever)"""
    try:
        await read(blob.slice(0, 1), doing)
    except MediaError as error:
        raise UploadError(str(error)) from error


async def _silence(doing: str, reason: str, address: str, file: MediaFile | None) -> UploadError:
    """The error if there was no answer (`reasonOf` in static/library/upload/reason.js)."""
    if file is not None:
        try:
            await _readable(doing, file.blob)
        except UploadError as error:
            return error
    there, here = str(js.URL.new(address).origin), str(js.origin)
    allow = f"answer with Access-Control-Allow-Origin: {here}, and allow the method and the headers"
    maybe = f" Or it does not allow this page ({here}) to use it (CORS)." if there != here else ""
    why = {
        "offline": "the browser is offline. Try again when it is online.",
        "mixed": f"this page came over https, so the browser sends nothing to {there}. Use https there, too.",
        "policy": f"the Content-Security-Policy of this page forbids it. Add {there} to its connect-src.",
        "cors": f"{there} does not allow this page to use it (CORS), or cut the connection. It must {allow}.",
        "cut": f"{there} gave no answer. The connection was cut or refused, or the server redirected to "
        "another origin, where nothing was sent.",
        "redirect": f"{there} redirects to another address, where nothing was sent. Is that address the "
        "right one? Then pass it. (Servers also redirect if the address lacks its last slash.)",
        "elsewhere": f"{there} named an address of another origin for the data, where nothing was sent. A "
        "server behind a proxy must heed X-Forwarded-Host and -Proto (@tus/server: respectForwardedHeaders).",
        "idle": f"{there} has confirmed none of the data that it was sent.",
        "unreachable": f"{there} does not answer. It is down, or the address is wrong.{maybe}",
    }
    return UploadError(f"{doing}: {why[reason]}")


# One request


async def transfer(
    doing: str,
    file: MediaFile,
    address: str,
    headers: Mapping[str, str] | None,
    on_progress: Progress | None,
    **order: Any,
) -> Response:
    """Send a file. `order` completes the `Order` of transfer.js."""
    address = checked_address(doing, address)
    order["headers"] = [[*pair] for pair in checked_headers(doing, headers).items()]
    check_progress(on_progress)
    await _readable(doing, file.blob)
    order |= {"url": address, "blob": file.blob, "reports": on_progress is not None}
    request = (await page_services()).transfer(js_object(order))
    try:
        await settle(request, "begin", doing=doing)
        while isinstance(news := await settle(request, "next", doing=doing), int | float):
            if on_progress and news < 1:
                call_handler(on_progress, float(news))
    finally:
        request.close()
    if is_nullish(news):
        raise AbortError(f"{doing}: the page has ended the request")
    if not is_nullish(reason := getattr(news, "reason", None)):
        raise await _silence(doing, str(reason), address, file)
    if not 200 <= news.status < 300:
        raise await _refusal(doing, news)
    if on_progress:
        call_handler(on_progress, 1.0)
    return Response(news)


async def post(
    file: MediaFile,
    address: str,
    field: str,
    name: str | None,
    data: Mapping[str, Value | Sequence[Value]] | None,
    headers: Mapping[str, str] | None,
    on_progress: Progress | None,
) -> Response:
    if not isinstance(field, str):
        raise TypeError(f"field must be the name of the form's field, not {field!r}")
    if any(key.lower() == "content-type" for key in _checked_texts("headers", headers)):
        raise ValueError("post: the browser itself must set the Content-Type of a form. Leave it out.")
    form = {"field": field, "name": file.file_name(name), "data": _pairs(data)}
    return await transfer("post", file, address, headers, on_progress, method="POST", **form)


# Uploads


class Source:
    """The data of an upload: a file."""

    is_stored = False
    """Whether the data and the upload's address survive this page."""

    def __init__(self, file: MediaFile | None) -> None:
        self.file = file
        """The whole file; None while it is recorded."""

    @property
    def size(self) -> int:
        """Bytes that can be sent now."""
        return self.file.size if self.file else 0

    def grow(self, size: int) -> None:
        """So many more bytes are there."""

    def end(self, file: MediaFile) -> None:
        """The file is complete."""
        self.file = file

    async def open(self, upload: Upload) -> MediaFile:
        """Wait until there is something to send. Returns the file, or its beginning."""
        assert self.file
        return self.file

    async def reach(self, size: int) -> None:
        """Wait until there are so many bytes, or all."""

    async def part(self, start: int, end: int) -> Any:
        assert self.file
        return self.file.blob.slice(start, end)

    async def remember(self, url: str, complete: bool = False) -> None:
        """Keep what another session needs to go on."""

    async def forget(self) -> None:
        """Keep nothing of it."""

    def close(self) -> None:
        """The upload is over."""


class Upload(Outcome[str]):
    """A recording on its way to a server, by tus 1.0 (https://tus.io): the result of `Recording.upload` and
    `RecordingStore.upload`.

    Await it to wait until the server has all of it; the result is the address that the server gave it.
    Without ``await`` it runs in the background. Cancelling a task that awaits it does not end it.

    ::

        upload = recording.upload("https://example.org/files/")
        print(upload.sent, "of", upload.size)
        print(await upload)  # https://example.org/files/24e533e02ec3bc40c387f1a0e460e216

    If the connection is cut, or the server is down, it waits and goes on where the server is. A server that
    has forgotten the upload gets it again from the beginning.

    Attributes
    ----------
    endpoint
        Where the upload was created.
    sent
        Bytes that the server has confirmed.
    error
        While it waits for another attempt: the `UploadError` of the last one. Otherwise None.
    """

    def __init__(
        self,
        source: Source,
        endpoint: str | None,
        *,
        metadata: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        chunk_size: int | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        super().__init__()
        is_known = endpoint is None and source.is_stored
        self.endpoint = "" if is_known else checked_address("upload", endpoint)
        self._metadata = checked_metadata(metadata)
        self._headers = checked_headers("upload", headers)
        self._chunk_size = checked_int("chunk_size", chunk_size, 1, 2**53)
        check_progress(on_progress)
        self._on_progress = on_progress
        self._source = source
        self.sent = 0
        self.error: UploadError | None = None
        self.url: str | None = None
        """The address that the server gave the upload; None before that."""
        self._client: Any = None
        self._paused = self._answered = self._renewed = self._aborted = False
        self._failures = 0
        self._since = now()
        """When the failures began."""
        self._at_once = self._chunk_size or FIRST_PIECE
        self._asked = math.inf, 0
        self._task = spawn(self._run())

    @property
    def size(self) -> int:
        """Bytes to send; while the take is recorded, so far."""
        return self._source.size

    @property
    def progress(self) -> float:
        """The fraction of `size` that the server has confirmed, from 0 to 1."""
        return 1.0 if self.done() and not self._error else self.sent / max(self.size, self.sent, 1)

    def pause(self) -> None:
        """Send nothing until `resume`. The server keeps what it has."""
        if not self.done() and not self._paused:
            self._paused = True
            if self._client is not None:
                self._client.pause()

    def resume(self) -> None:
        """Go on after `pause`, where the server is."""
        if self._paused and not self.done():
            self._paused, self._since = False, now()
            self._begin()

    def abort(self) -> None:
        """End the upload for good; awaiting it raises `AbortError`. A store forgets it; the server keeps what
        it has until that expires there. The recording stays as it is."""
        if not self.done():
            self.pause()
            self._aborted = True
            self._fail(AbortError("upload: it was aborted"))

    def _whole(self, file: MediaFile) -> None:
        """The take has ended, with this file."""
        self._since = now()
        self._source.end(file)

    async def _forget(self) -> None:
        try:
            await self._source.forget()
        except MediaError as error:
            log.info("The store still has the aborted upload. %s", error)

    def _fail(self, error: BaseException) -> None:
        self._reject(error)
        # (Not at once: a task that has not begun would never clean up.)
        asyncio.get_running_loop().call_soon(self._task.cancel)

    def _begin(self) -> None:
        if self._client is not None and not self._paused:
            self._client.begin()

    async def _run(self) -> None:
        try:
            file = await self._source.open(self)
            self._client = (await load_module("tus")).open(js_object(self._order(file)))
            self._begin()
            while not self.done():
                news = await settle(self._client, "next", doing="upload")
                await getattr(self, f"_on_{news.type}")(news)
        except asyncio.CancelledError:
            self._reject(AbortError("upload: it was interrupted"))
            if self._aborted:
                await self._forget()
            raise
        except UploadError as error:
            self._reject(error)
        except (MediaError, ValueError) as error:
            failed = UploadError(str(error))
            failed.__cause__ = error
            self._reject(failed)
        except BaseException as error:
            self._reject(error)
            raise
        finally:
            self.error = None
            if self._client is not None:
                self._client.close()
            self._source.close()
            if isinstance(self._error, UploadError):
                log.info("%s", self._error)

    def _order(self, file: MediaFile) -> dict[str, Any]:
        """The `Order` of tus.js. Some servers need both items of the metadata."""
        about = {"filename": file.file_name(), "filetype": file.mime_type or "application/octet-stream"}
        order: dict[str, Any] = {"endpoint": self.endpoint, "headers": self._headers}
        order["metadata"] = about | self._metadata
        if self.url:
            order["url"] = self.url
        if self._source.file:
            order["size"] = self._source.file.size
        return order

    # What the client says (`News` in tus.js)

    async def _on_url(self, news: Any) -> None:
        self._answered = True
        if self.url != str(news.url):
            self.url = str(news.url)
            await self._source.remember(self.url)

    async def _on_at(self, news: Any) -> None:
        """The server has `offset` bytes."""
        offset, whole = int(news.offset), self._source.file
        told = news.length >= 0
        if not 0 <= offset <= self.size or (told and (whole is None or news.length != whole.size)):
            raise UploadError(
                f"upload: the server has {offset} bytes of another state of this recording, which was "
                "changed since. Upload it anew, with the endpoint."
            )
        if offset > self.sent:
            self._failures, self._renewed = 0, False
        begun, asked = self._asked
        if not self._chunk_size and (took := now() - begun) > 0:
            rate, rest = asked / took, self.size - offset
            most = rest if rest < REST * rate and asked > FIRST_PIECE else min(8 * self._at_once, PACE * rate)
            self._at_once = int(max(FIRST_PIECE, most))
        self._asked = math.inf, 0
        self.sent, self._answered, self.error = offset, True, None
        if self._on_progress and whole and offset < whole.size:
            call_handler(self._on_progress, self.progress)

    async def _on_wants(self, news: Any) -> None:
        """The client wants the bytes from `offset` on."""
        offset = int(news.offset)
        await self._source.reach(offset + (self._chunk_size or 1))
        whole = self._source.file
        most = self._at_once if whole or self._chunk_size else min(self._at_once, LIVE_PIECE)
        end = min(self.size, offset + most)
        part = await self._source.part(offset, end)
        await _readable("upload", part)
        self._asked = now(), end - offset
        news.give(part, whole is not None and end == whole.size)

    async def _on_done(self, news: Any) -> None:
        if self.sent != self.size:
            raise UploadError(
                f"upload: the server has ended the upload after {self.sent} of {self.size} bytes"
            )
        await self._source.remember(str(news.url), complete=True)
        if self._on_progress:
            call_handler(self._on_progress, 1.0)
        self._resolve(str(news.url))

    async def _on_failed(self, news: Any) -> None:
        answer: Any = getattr(news, "answer", None)
        reason = str(getattr(news, "reason", None) or "")
        status = 0 if is_nullish(answer) else int(answer.status)
        if status:
            error = await _refusal("upload", answer)
        else:
            error = await _silence("upload", reason, self.endpoint, self._source.file)
        if status in FORGOTTEN and news.method != "POST" and not self._renewed:
            log.info("The server has forgotten the upload, which begins anew.")
            self._renewed, self.sent, self.url = True, 0, None
            await self._source.remember("")
            self._client.forget()
            self._begin()
            return
        self._failures += 1
        if self._failures == 1:
            self._since = now()
        if error.__cause__ or not self._may_pass(status, reason):
            raise error
        self.error = error
        log.info("The upload waits. %s", error)
        pause = min(LONGEST_PAUSE, PAUSE * 2 ** (self._failures - 1))
        await settle(self._client, "wait", pause * 1000, doing="upload")
        self._begin()

    def _may_pass(self, status: int, reason: str) -> bool:
        """Whether another attempt may succeed."""
        if reason == "cors":
            return self._failures < 3
        if status not in PASSING if status else reason not in ("cut", "unreachable", "offline", "idle"):
            return False
        patience, stored = PATIENCE_WITH_ERRORS, self._source.is_stored
        if self._source.file is None:  # it is still recorded
            patience = math.inf
        elif (reason or status in ABSENT) and reason != "idle" and (self._answered or stored):
            patience = math.inf if self._answered and stored else PATIENCE
        return now() - self._since < patience

    def __repr__(self) -> str:
        return f"<Upload {'over' if self.done() else 'running'}, {self.sent} of {self.size} bytes>"
