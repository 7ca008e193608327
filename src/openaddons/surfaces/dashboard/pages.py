"""What a page of the dashboard is: a row of a table, from which it is routed, guarded and tested."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar

from openaddons.objects import Objects
from openaddons.settings import Settings
from openaddons.store.people.visitors import Role, Visitor
from openaddons.store.products import Product
from openaddons.store.publishers import Publisher
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Database, Transaction, traced
from openaddons.surfaces.dashboard.cookies import Cookies
from openaddons.surfaces.dashboard.forms import NO_FORM, Form
from openaddons.work.tools import Tools

P = ParamSpec("P")
T = TypeVar("T")

HeaderLines: TypeAlias = tuple[tuple[bytes, bytes], ...]

NOTICES: Final[Mapping[str, str]] = {
    "saved": "Saved.",
    "product-created": "The product is made. Give it its first package.",
    "submitted": "Submitted to certification.",
    "cancelled": "The submission is cancelled. The draft can be submitted again as it is.",
    "held": "It is held: it is not offered to browsers until somebody releases it.",
    "released": "It is held no longer.",
    "taken": "You have it.",
    "given-back": "Nobody has it now.",
    "approved": "Approved. Unless it is held, it is signed and released within a moment.",
    "rejected": "Rejected. The publisher reads why.",
    "asked": "Asked. Until the answer it waits for its publisher.",
    "answered": "Answered. The review goes on.",
    "noted": "Noted. Reviewers alone see it.",
    "offered": "It is offered.",
    "withdrawn": "It is withdrawn: nobody is offered it any more.",
    "rolling-back": "The earlier content comes back. Browsers get it with their next update check.",
    "key-revoked": "The key is revoked: the next request with it is refused.",
    "webhook-deleted": "The webhook and its log are gone.",
    "webhook-disabled": "It is disabled: nothing is posted to it.",
    "webhook-enabled": "It is enabled: from now on it is told what happens.",
    "webhook-posting": "It is being posted. Reload the page to see how that went.",
    "unpublishing": "The product is being taken out of the store.",
    "reset-mailed": "If there is an account with that e-mail address, a mail with a link is on its way.",
    "signed-out": "You are signed out.",
    "joined": "Welcome. Your account has the rights of the invitation.",
    "password-set": "The password is changed. All other sessions have ended.",
    "session-ended": "What you ended is signed out now.",
    "second-factor-removed": "The second factor is removed. The password alone is enough again.",
    "invitation-withdrawn": "The invitation is withdrawn. Its link is of no use any more.",
    "member-removed": "The person is no member of the publisher any more.",
    "person-disabled": "The account is disabled. All its sessions and links have ended.",
    "publisher-created": "The publisher is created. Invite its first owner.",
    "kept-back": "The product is kept back from now on.",
    "let-back": "The product is let back.",
    "ring-made": "The ring is made.",
    "language-removed": "The language is removed from the listing.",
}
"""What a page says at its top after a form was sent, by the key in its address: no text of others is shown there."""


class Who(StrEnum):
    """Who may open a page. The first roles are those of the publisher whose page it is."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed in"
    VIEWER = "viewer"
    DEVELOPER = "developer"
    OWNER = "owner"
    READER = "viewer or reviewer"
    """A member of the publisher, or any reviewer."""
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


ROLES: Final[Mapping[Who, Role]] = {
    Who.VIEWER: Role.VIEWER,
    Who.DEVELOPER: Role.DEVELOPER,
    Who.OWNER: Role.OWNER,
    Who.READER: Role.VIEWER,
}
"""The pages of a publisher, and the role that each needs."""


@dataclass(frozen=True, slots=True)
class Html:
    """A template with its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: HeaderLines = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """On to another page (303): what follows a form, so that "reload" sends nothing again."""

    path: str
    """Below the store's URL, beginning with ``/dashboard``; never text of others."""
    notice: str = ""
    """A key of `NOTICES`."""
    headers: HeaderLines = ()


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that a browser saves, or with ``inline`` a picture that it shows: they may do nothing in our name."""

    pieces: Iterable[bytes]
    size_bytes: int
    media_type: str
    file_name: str
    inline: bool = False
    immutable: bool = False
    """Whether the address names the bytes, so that a browser may keep them."""


Answer: TypeAlias = Html | Redirect | Download


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page, by somebody who may open it."""

    tools: Tools
    visitor: Visitor | None
    path: Mapping[str, str]
    """What the path names. Ids are well-formed: a malformed one has become one that names nothing."""
    query: Mapping[str, str]
    correlation_id: str
    address: str
    """The sender's network address, as the server saw it."""
    user_agent: str
    cookies: Mapping[str, str]
    jar: Cookies
    """Makes the ``Set-Cookie`` that an answer may bring along in its headers."""
    publisher: Publisher | None = None
    """Whose page it is, where the path names a publisher, product or submission."""
    product: Product | None = None
    """What the path names, where it names a product or a submission of one."""
    form: Form = NO_FORM

    @property
    def database(self) -> Database:
        """The store's database."""
        return self.tools.database

    @property
    def objects(self) -> Objects:
        """Where the bytes are."""
        return self.tools.objects

    @property
    def settings(self) -> Settings:
        """What the operator chose."""
        return self.tools.settings

    @property
    def master_key(self) -> MasterKey:
        """What opens sealed secrets."""
        return self.tools.master_key

    @property
    def actor(self) -> str:
        """How events name the visitor."""
        assert self.visitor is not None
        return self.visitor.person.email

    @property
    def own_product(self) -> Product:
        """The product whose page it is: there is one wherever the path names it."""
        assert self.product is not None
        return self.product

    @property
    def role(self) -> Role | None:
        """What the visitor may do for the publisher whose page it is."""
        if self.visitor is None or self.publisher is None:
            return None
        return self.visitor.role(self.publisher.id)

    def read(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a verb that only reads."""
        return self.database.read(verb, *args, **kwargs)

    def run(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a verb, and return after its commit; its events bear the correlation ID."""
        return self.database.run(traced(verb, self.correlation_id), *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Page:
    """One method of one path."""

    name: str
    method: str
    path: str
    """Below ``/dashboard``."""
    who: Who
    answer: Callable[[Visit], Answer]
    """Makes the answer, in a thread of its own. Raises `Refusal`."""
    file_bytes: Callable[[Settings], int] | None = None
    """Largest file that its form may hold; None: it takes no files."""
    into_objects: bool = False
    """Whether the files' bytes go straight into the object store; else they are held in memory."""
