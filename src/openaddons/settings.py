"""The settings: one frozen tree. Name, default and help stand here; docs/settings.md derives from it.

Each is read from the environment as ``OPENADDONS_<NAME>``; the command line overrides it.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from openaddons.policies import CertificationPolicy, EngineKind, Requirement

# RFC 3986 section 2.3: what needs no escape anywhere in a URL.
_TOKENS: Final = re.compile(r"[A-Za-z0-9._~-]{16,200}(?:,[A-Za-z0-9._~-]{16,200})*")

SMTP_PORTS: Final = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}
"""Ways to a mail server, with the port of each (RFC 8314 section 3.3, RFC 6409)."""


Network: TypeAlias = IPv4Network | IPv6Network


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())


def ring_update_url(update_url: str, ring: str) -> str:
    """The update URL of a ring, from the one that is for all; the query, which may hold a token, stays."""
    address, mark, query = update_url.partition("?")
    return f"{address}/{ring}{mark}{query}" if ring else update_url


class Settings(BaseSettings):
    """Everything an operator can choose."""

    model_config = SettingsConfigDict(env_prefix="OPENADDONS_", frozen=True, extra="forbid")

    data: Annotated[
        Path, Field(description="folder of the embedded database, the objects and the master key")
    ] = Path("data")
    database: Annotated[
        str | None,
        Field(
            description="database URL: sqlite:///PATH or postgresql://…; default: SQLite in the data folder"
        ),
    ] = None
    objects: Annotated[
        str | None,
        Field(
            description="where bytes live: a folder, memory:// or s3://bucket/prefix; default: in the data folder"
        ),
    ] = None
    host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="port to listen on; 0 lets the system choose")] = (
        8787
    )
    public_url: Annotated[
        str | None, Field(description="the store's URL as others see it; default: the address it listens on")
    ] = None
    trusted_proxies: Annotated[
        str,
        Field(
            description="addresses and networks of the proxies before the store, comma-separated: attempts to sign in "
            "are counted by the address in their X-Forwarded-For; default: nobody's is believed"
        ),
    ] = ""
    update_tokens: Annotated[
        SecretStr | None,
        Field(
            description="private store: update checks, downloads and pages need ?token=…; comma-separated, all are "
            "accepted, the first is written into packages and policies; default: nobody needs one"
        ),
    ] = None
    master_key: Annotated[
        SecretStr | None,
        Field(
            description="base64 of 32 bytes that seal the signing keys; default: master.key in the data folder"
        ),
    ] = None
    engine: Annotated[
        EngineKind,
        Field(
            description="who carries operations out: inline (the serving process), queue (workers) or auto"
        ),
    ] = EngineKind.AUTO
    work_threads: Annotated[
        int, Field(ge=1, le=64, description="operations carried out at a time by one process")
    ] = 2
    lease_seconds: Annotated[
        float, Field(gt=0, le=60, description="a worker that is silent this long is taken for dead")
    ] = 15.0
    attempts_limit: Annotated[
        int, Field(ge=1, le=100, description="how often an operation is tried before it fails")
    ] = 10
    read_only: Annotated[
        bool,
        Field(
            description="answer uploads, publishing, changes by /manage/v1 and forms of the dashboard with 503 "
            "(for maintenance)"
        ),
    ] = False
    drain_seconds: Annotated[
        float,
        Field(
            ge=0, le=600, description="time that work under way gets to end when the store is told to stop"
        ),
    ] = 30.0
    package_bytes_limit: Annotated[int, Field(gt=0, description="largest package in bytes")] = 500_000_000
    upload_idle_seconds: Annotated[
        float, Field(gt=0, description="an upload that sends nothing this long is ended (408)")
    ] = 30.0
    upload_total_seconds: Annotated[
        float, Field(gt=0, description="an upload that takes longer is ended (408)")
    ] = 900.0
    header_seconds: Annotated[
        float, Field(gt=0, description="a connection that sends no whole request head this long is closed")
    ] = 30.0
    uploads_per_minute: Annotated[
        int, Field(gt=0, description="uploads per client ID and minute before 429")
    ] = 60
    publishes_per_minute: Annotated[
        int,
        Field(
            gt=0,
            description="publish requests per client ID and minute before 429; as many changes by /manage/v1, "
            "and forms of the dashboard per person",
        ),
    ] = 60
    tokens_per_minute: Annotated[
        int, Field(gt=0, description="token requests per client ID and minute before 429")
    ] = 600
    uploads_at_once: Annotated[
        int, Field(gt=0, description="uploads under way per client ID, or person, before 429")
    ] = 16
    status_wait_seconds: Annotated[
        float, Field(ge=0, le=25, description="how long a status request waits for a running operation")
    ] = 10.0
    check_seconds: Annotated[float, Field(gt=0, description="time limit of a package check")] = 120.0
    allow_manifest_v2: Annotated[bool, Field(description="accept Manifest V2 packages")] = False
    required_fields: Annotated[
        Requirement,
        Field(
            description="what a draft must fill in: package (that is enough) or store (what Microsoft asks for)"
        ),
    ] = Requirement.PACKAGE
    certification: Annotated[
        CertificationPolicy,
        Field(description="who approves: automatic, manual, or delayed; a product may have its own"),
    ] = CertificationPolicy.AUTOMATIC
    certification_delay_seconds: Annotated[
        int, Field(ge=0, description="delayed: time in which a person can stop the approval")
    ] = 86_400
    review_days: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="business days (Monday to Friday, UTC) in which a person should decide about a submission",
        ),
    ] = 7
    key_days: Annotated[
        int, Field(ge=1, le=3650, description="lifetime of a new API key or client secret")
    ] = 72
    webhook_private_addresses: Annotated[
        bool,
        Field(
            description="let webhooks be at http:// and at private addresses: for tests, and for a network whose "
            "publishers are all trusted"
        ),
    ] = False
    smtp_url: Annotated[
        SecretStr | None,
        Field(
            description="server that takes mail: smtps://USER:PASSWORD@HOST (TLS), smtp+starttls://… (STARTTLS, "
            "required) or smtp://HOST (in the clear, without a password); default: no mail is sent"
        ),
    ] = None
    mail_from: Annotated[str, Field(description="sender of mails: store@example.org")] = ""
    fast_answers: Annotated[
        bool,
        Field(
            description="below the ASGI layer: answer update checks and the status of ended operations, and send "
            "packages by sendfile; same answers"
        ),
    ] = True
    log_level: Annotated[str, Field(description="debug, info, warning or error")] = "info"

    @field_validator("update_tokens")
    @classmethod
    def _tokens_fit_into_urls(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKENS.fullmatch(value.get_secret_value()):
            raise ValueError("tokens are letters, digits, '-', '.', '_' and '~', 16 to 200 of them each")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server_is_named(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in SMTP_PORTS or not parts.hostname or parts.path.strip("/"):
                raise ValueError(f"a URL that begins with {', '.join(SMTP_PORTS)} and names a host is needed")
            if parts.scheme == "smtp" and parts.username is not None:
                raise ValueError(
                    "a password is not sent in the clear: begin with smtps:// or smtp+starttls://"
                )
        return value

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.smtp_url is not None and "@" not in self.mail_from:
            raise ValueError("OPENADDONS_MAIL_FROM must name a sender: store@example.org")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, value: str) -> str:
        _networks(value)
        return value

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """Where the proxies are that are trusted."""
        return _networks(self.trusted_proxies)

    @property
    def base_url(self) -> str:
        """Where browsers and publishers find the store, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    def update_url(self, ring: str = "") -> str:
        """Where browsers ask for updates, those of a ring at a URL of their own. It may hold an update token."""
        return ring_update_url(self.with_token(f"{self.base_url}/updates"), ring)

    def with_token(self, url: str) -> str:
        """The URL with the first update token in its query, if the store has one."""
        return f"{url}?token={self.tokens[0]}" if self.tokens else url

    @property
    def tokens(self) -> tuple[str, ...]:
        """The update tokens that are accepted; none: nobody needs one."""
        return () if self.update_tokens is None else tuple(self.update_tokens.get_secret_value().split(","))

    @property
    def database_url(self) -> str:
        """The database in force."""
        return self.database or f"sqlite:///{self.data.absolute() / 'openaddons.sqlite3'}"

    @property
    def objects_url(self) -> str:
        """The object store in force."""
        return self.objects or str(self.data.absolute() / "objects")

    @property
    def engine_kind(self) -> EngineKind:
        """The engine in force: ``auto`` is inline on SQLite and the queue on PostgreSQL."""
        if self.engine is not EngineKind.AUTO:
            return self.engine
        return EngineKind.INLINE if self.database_url.startswith("sqlite") else EngineKind.QUEUE
