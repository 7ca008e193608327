"""A running emulator as a test sees it: where it is, whose credentials it takes, and its controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx2

    from openaddons.client import AsyncEdgeAddons, EdgeAddons


class EmulatorRefused(Exception):  # noqa: N818 - the emulator's own answer
    """A control was used wrongly; the message says how."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request that the emulator got. ``status`` is None where no answer was sent."""

    number: int
    method: str
    path: str
    endpoint: str | None
    product_id: str | None
    status: int | None
    headers: Mapping[str, str]
    body_size_bytes: int
    correlation_id: str
    fault: Mapping[str, Any] | None
    """What was done to it, if anything."""


@dataclass(frozen=True, slots=True)
class EdgeStore:
    """An emulator. The credentials are those of its publisher, of both generations."""

    url: str
    control_url: str
    publisher_name: str
    client_id: str
    api_key: str = field(repr=False)
    client_secret: str = field(repr=False)
    token_url: str
    product_id: str
    """A product that is in the store, so that the API can publish it."""
    crx_id: str
    http: httpx2.Client = field(repr=False, compare=False)
    """How the controls are reached; its base URL is the emulator's."""

    def environment(self) -> dict[str, str]:
        """The variables by which ``openaddons publish`` and the SDK find the emulator. They hold the key."""
        return {
            "EDGE_ADDONS_BASE_URL": self.url,
            "EDGE_ADDONS_PRODUCT_ID": self.product_id,
            "EDGE_ADDONS_CLIENT_ID": self.client_id,
            "EDGE_ADDONS_API_KEY": self.api_key,
        }

    def client(self, *, timeout_seconds: float = 60.0) -> EdgeAddons:
        """A client with the API key. The caller closes it."""
        from openaddons.client import ApiKey, EdgeAddons

        return EdgeAddons(
            ApiKey(self.client_id, self.api_key), base_url=self.url, timeout_seconds=timeout_seconds
        )

    def async_client(self, *, timeout_seconds: float = 60.0) -> AsyncEdgeAddons:
        """The same for asyncio. The caller closes it."""
        from openaddons.client import ApiKey, AsyncEdgeAddons

        return AsyncEdgeAddons(
            ApiKey(self.client_id, self.api_key), base_url=self.url, timeout_seconds=timeout_seconds
        )

    def reserved(self, name: str) -> str:
        """The id of a reserved product. KeyError for a name that is none."""
        from openaddons.surfaces.emulator.reserved import RESERVED_BY_NAME

        return RESERVED_BY_NAME[name].id

    def package(self, version: str, *, name: str = "Sample") -> bytes:
        """A small good package of that version, as a zip file."""
        from openaddons.surfaces.emulator.seed import sample_package

        return sample_package(version, name=name)

    def reset(self) -> None:
        """Put everything back to where it began: products, clock, progress, faults, journal."""
        self._control("POST", "/reset")

    def seed(self, publishers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Add publishers with products, until the next reset. Returns them with their credentials."""
        added: list[dict[str, Any]] = self._control("POST", "/seed", {"publishers": publishers})["publishers"]
        return added

    def clock(self) -> datetime:
        """What time it is there."""
        return datetime.fromisoformat(self._control("GET", "/clock")["now"])

    def set_clock(self, now: datetime) -> None:
        """Have it be ``now``, an aware time."""
        self._control("PUT", "/clock", {"now": now.isoformat()})

    def advance_clock(self, seconds: float) -> None:
        """Have it be later by so many seconds: reviews become due, keys and tokens expire."""
        self._control("PUT", "/clock", {"advanceSeconds": seconds})

    def freeze_clock(self) -> None:
        """Stop the clock."""
        self._control("PUT", "/clock", {"frozen": True})

    def run_clock(self) -> None:
        """Let the clock run on from where it stands."""
        self._control("PUT", "/clock", {"frozen": False})

    def progress(self, *, seconds: float | None = 0.0, polls: int = 0) -> None:
        """Keep operations InProgress for so long and for so many status requests; ``seconds=None``: for ever."""
        self._control("PUT", "/progress", {"seconds": seconds, "polls": polls})

    def fail(
        self,
        endpoint: str | None = None,
        *,
        product_id: str | None = None,
        times: int | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        drop: str | None = None,
        truncate: bool = False,
        delay_seconds: float = 0.0,
    ) -> None:
        """Have something happen to requests: docs/emulator.md, "Faults". The first rule that fits decides."""
        rule: dict[str, Any] = {
            "endpoint": endpoint,
            "productId": product_id,
            "times": times,
            "status": status,
            "headers": headers or {},
            "body": body,
            "drop": drop,
            "truncate": truncate,
            "delaySeconds": delay_seconds,
        }
        self._control("POST", "/faults", rule)

    def clear_faults(self) -> None:
        """Have nothing happen any more, but to reserved products."""
        self._control("DELETE", "/faults")

    def journal(self) -> list[JournalEntry]:
        """The requests since the last reset, at most a thousand, oldest first."""
        return [_entry(value) for value in self._control("GET", "/journal")["entries"]]

    def _control(self, method: str, path: str, value: object = None) -> Any:
        answer = self.http.request(method, f"{self.control_url}{path}", json=value)
        if answer.status_code >= 400:
            raise EmulatorRefused(answer.json()["message"])
        return answer.json() if answer.content else None


def _entry(value: dict[str, Any]) -> JournalEntry:
    return JournalEntry(
        number=value["number"],
        method=value["method"],
        path=value["path"],
        endpoint=value["endpoint"],
        product_id=value["productId"],
        status=value["status"],
        headers=value["headers"],
        body_size_bytes=value["bodySizeBytes"],
        correlation_id=value["correlationId"],
        fault=value["fault"],
    )
