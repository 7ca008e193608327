"""The bodies of forms: fields in memory, files in memory or on their way into the object store, all within limits.

``application/x-www-form-urlencoded`` and ``multipart/form-data`` (RFC 7578), as browsers send them (HTML, "Form
submission"). Everything else is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers

from openaddons.errors import BodyTooLarge, FormUnreadable
from openaddons.objects import Incoming, StoredObject

FIELDS_BYTES_LIMIT: Final = 1_000_000
_FIELDS_LIMIT: Final = 2_000
_FILES_LIMIT: Final = 10
_NAME_BYTES_LIMIT: Final = 1_000
_PIECE_BYTES: Final = 1 << 20
_READ_ON: Final = 4
"""So many times its limit may a file be that a page takes in memory, before the whole form is refused."""


@dataclass(slots=True)
class FormFile:
    """A file of a form."""

    name: str
    """As the sender's computer calls it: foreign text, perhaps none."""
    size_bytes: int = 0
    content: bytearray = field(default_factory=bytearray)
    """The bytes, where the page takes them in memory."""
    incoming: Incoming | None = None
    """Where the page takes them into the object store: `keep` makes them an object."""

    def keep(self) -> StoredObject:
        """Make the bytes an object: durable on return. In a thread: it blocks."""
        assert self.incoming is not None
        return self.incoming.keep()


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and chosen. Leaving the ``with`` block discards the files that nobody kept."""

    fields: Mapping[str, list[str]]
    files: Mapping[str, list[FormFile]]

    def __getitem__(self, name: str) -> str:
        """The first value of a field, trimmed; an empty text where there is none."""
        return self.as_typed(name).strip()

    def as_typed(self, name: str) -> str:
        """The first value of a field with the blanks around it: they are part of a password."""
        return self.fields.get(name, [""])[0]

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def all(self, name: str) -> list[str]:
        """Every value of a field: of check boxes with one name."""
        return self.fields.get(name, [])

    def file(self, name: str) -> FormFile | None:
        """The file that was chosen; None: none was."""
        for each in self.files.get(name, []):
            if each.size_bytes:
                return each
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._all_files():
            if each.incoming is not None:
                each.incoming.discard()

    def _all_files(self) -> Iterator[FormFile]:
        for files in self.files.values():
            yield from files


NO_FORM: Final = Form({}, {})


@dataclass(frozen=True, slots=True)
class FileRule:
    """What files a page takes."""

    bytes_limit: int
    """Of one file. Of a larger one in memory a byte more is kept: its page refuses it and gives back what was typed."""
    begin: Callable[[], Incoming] | None = None
    """Where their bytes go; None: they are held in memory."""


async def read_form(pieces: AsyncIterator[bytes], headers: Headers, *, files: FileRule | None = None) -> Form:
    """The form in a request's body. Raises `FormUnreadable`, `BodyTooLarge`, and what ``pieces`` raises."""
    kind, options = parse_options_header(headers.get("content-type", "")[:_NAME_BYTES_LIMIT])
    if kind == b"application/x-www-form-urlencoded":
        body = bytearray()
        async for piece in pieces:
            body += piece
            if len(body) > FIELDS_BYTES_LIMIT:
                raise BodyTooLarge(limit_bytes=FIELDS_BYTES_LIMIT)
        return Form(_read_fields(bytes(body)), {})
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise FormUnreadable(problem="its Content-Type is none of a form's")
    reading = _Reading(options[b"boundary"], files)
    try:
        await reading.read(pieces)
    except BaseException:
        with reading.form:
            raise
    return reading.form


def _read_fields(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_LIMIT, errors="strict"
        )
    except ValueError:  # of UTF-8, and of too many fields
        raise FormUnreadable(problem="it is not UTF-8, or has too many fields") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(_plain(value))
    return fields


def _plain(text: str) -> str:
    """Browsers end lines by CR LF (HTML, "Constructing the entry list"); we keep LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Reading:
    """A multipart body that is being read. The parser runs in a thread: files may be large."""

    def __init__(self, boundary: bytes, files: FileRule | None) -> None:
        self._rule = files
        self._fields: dict[str, list[str]] = {}
        self._files: dict[str, list[FormFile]] = {}
        self.form = Form(self._fields, self._files)
        self._parts = self._fields_bytes = 0
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                    "on_end": self._finish,
                },
            )
        except FormParserError:
            raise FormUnreadable(problem="its boundary is too long") from None

    async def read(self, pieces: AsyncIterator[bytes]) -> None:
        """Read the body to its end."""
        gathered = bytearray()
        async for piece in pieces:
            gathered += piece
            if len(gathered) >= _PIECE_BYTES:
                await self._parse(bytes(gathered))
                gathered.clear()
        await self._parse(bytes(gathered))
        if not self._ended:
            raise FormUnreadable(problem="it ends before its last boundary")

    async def _parse(self, data: bytes) -> None:
        # Shielded: whoever gives up must not take a file away from the thread that writes it.
        parsing = asyncio.ensure_future(asyncio.to_thread(self._parser.write, data))
        try:
            await asyncio.shield(parsing)
        except FormParserError:
            raise FormUnreadable(problem="its parts cannot be told from each other") from None
        except asyncio.CancelledError:
            with suppress(Exception):
                await parsing
            raise

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _FIELDS_LIMIT:
            raise FormUnreadable(problem="it has too many fields")
        self._headers: dict[bytes, bytes] = {}
        self._head = bytearray(), bytearray()
        self._value = bytearray()
        self._file: FormFile | None = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._head[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._head[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._head
        self._headers[bytes(name).lower()] = bytes(value)
        self._head = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        kind, options = parse_options_header(disposition)
        if kind != b"form-data" or b"name" not in options or len(disposition) > _NAME_BYTES_LIMIT:
            raise FormUnreadable(problem="a part of it has no name")
        self._name = options[b"name"].decode("utf-8", "replace")
        if b"filename" not in options:
            return
        if self._rule is None or sum(map(len, self._files.values())) >= _FILES_LIMIT:
            raise FormUnreadable(problem="it has more files than are taken here")
        self._file = FormFile(options[b"filename"].decode("utf-8", "replace"))
        self._files.setdefault(self._name, []).append(self._file)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            self._fields_bytes += end - start
            if self._fields_bytes > FIELDS_BYTES_LIMIT:
                raise BodyTooLarge(limit_bytes=FIELDS_BYTES_LIMIT)
            self._value += memoryview(data)[start:end]
            return
        assert self._rule is not None
        self._file.size_bytes += end - start
        limit = self._rule.bytes_limit
        if self._file.size_bytes > (limit if self._rule.begin else _READ_ON * limit):
            raise BodyTooLarge(limit_bytes=limit)
        piece: Any = memoryview(data)[start:end]
        if self._rule.begin is None:
            self._file.content += piece[: limit + 1 - len(self._file.content)]
            return
        if self._file.incoming is None:
            self._file.incoming = self._rule.begin()
        self._file.incoming.write([piece])

    def _end(self) -> None:
        if self._file is not None:
            return
        try:
            value = self._value.decode("utf-8")
        except UnicodeDecodeError:
            raise FormUnreadable(problem="it is not UTF-8") from None
        self._fields.setdefault(self._name, []).append(_plain(value))

    def _finish(self) -> None:
        self._ended = True
