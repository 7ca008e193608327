"""Links: who comes in by an invitation and with what rights; a link is good once, and for a while."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from openaddons.errors import LinkInvalid, NotKnown, ValueRefused
from openaddons.store.people.accounts import find_account, make_reset, read_account
from openaddons.store.people.invitations import (
    accept_as_person,
    accept_as_stranger,
    find_invitation,
    invite_first_administrator,
    invite_person,
    list_invitations,
    withdraw_invitation,
)
from openaddons.store.people.links import LinkKind, make_link, use_link
from openaddons.store.people.members import list_members
from openaddons.store.people.visitors import Role
from openaddons.store.tables import links
from openaddons.work.signing_in import SecondFactorAsked, SignedIn, finish_sign_in, join, reset_password
from tests.contract.people.conftest import BROWSER, PASSWORD, Scene, interleaved


def test_the_first_person_comes_by_a_link_and_administers(scene: Scene) -> None:
    token = scene.database.run(invite_first_administrator)
    later = scene.database.run(invite_first_administrator)
    assert token is not None
    assert later is not None

    came = join(
        scene.workshop.tools,
        token=token,
        email="Ann@Example.com ",
        name="Ann",
        password=PASSWORD,
        browser=BROWSER,
    )

    visitor = scene.visitor(came)
    assert visitor is not None
    assert (visitor.person.email, visitor.person.administrator) == ("ann@example.com", True)
    assert scene.database.run(invite_first_administrator) is None
    with pytest.raises(LinkInvalid):
        scene.database.read(find_invitation, token=later)


def test_nothing_that_opens_a_door_is_kept(scene: Scene) -> None:
    token = scene.database.run(invite_first_administrator)
    came = scene.joins("ann@example.com")
    signed_in = scene.signs_in("ann@example.com")
    assert isinstance(signed_in, SignedIn)

    with scene.database.engine.connect() as connection:
        kept = [
            str(row)
            for name in ("links", "people", "sessions", "attempts", "events")
            for row in connection.execute(sa.text(f"SELECT * FROM {name}"))
        ]

    assert came.email in "".join(kept)
    assert [secret for secret in (token, PASSWORD, signed_in.token) if str(secret) in "".join(kept)] == []


@pytest.mark.parametrize("role", list(Role))
def test_an_invitation_gives_its_role_once(scene: Scene, role: Role) -> None:
    _, token = scene.database.run(
        invite_person,
        email="bob@example.com",
        publisher_id=scene.publisher.id,
        role=role,
        actor="ann@example.com",
    )
    invited = [link.email for link in scene.database.read(list_invitations, publisher_id=scene.publisher.id)]

    came = join(
        scene.workshop.tools,
        token=token,
        email="eve@example.com",
        name="Bob",
        password=PASSWORD,
        browser=BROWSER,
    )

    visitor = scene.visitor(came)
    assert visitor is not None
    assert (visitor.person.email, dict(visitor.roles)) == ("bob@example.com", {scene.publisher.id: role})
    assert invited == ["bob@example.com"]
    assert scene.database.read(list_invitations, publisher_id=scene.publisher.id) == []
    with pytest.raises(LinkInvalid):
        join(scene.workshop.tools, token=token, email="", name="Eve", password=PASSWORD, browser=BROWSER)
    assert scene.event("member.added").actor == "ann@example.com"


def test_of_two_who_accept_one_invitation_at_once_one_can(scene: Scene) -> None:
    _, token = scene.database.run(invite_person, email="bob@example.com", reviewer=True, actor="test")
    use = partial(use_link, kinds=(LinkKind.INVITATION,), token=token)

    assert interleaved(scene, use, use) == [True, False]


def test_of_two_first_links_that_are_used_at_once_one_makes_an_administrator(scene: Scene) -> None:
    links = [scene.database.run(invite_first_administrator) for _ in range(2)]

    joins = [
        partial(accept_as_stranger, token=token or "", email=email, name="Somebody", password_hash="")
        for token, email in zip(links, ("ann@example.com", "eve@example.com"), strict=True)
    ]

    assert interleaved(scene, *joins) == [True, False]
    assert scene.database.read(find_account, email="eve@example.com") is None


def test_of_two_invitations_of_a_stranger_accepted_at_once_one_makes_the_account(scene: Scene) -> None:
    tokens = [
        scene.database.run(invite_person, email="bob@example.com", reviewer=True, actor="test")[1]
        for _ in range(2)
    ]

    joins = [
        partial(accept_as_stranger, token=token, email="", name="Bob", password_hash="") for token in tokens
    ]

    assert interleaved(scene, *joins) == [True, False]
    with pytest.raises(ValueRefused, match="somebody has an account with it already"):
        scene.database.run(joins[1])


def test_two_invitations_to_one_publisher_accepted_at_once_give_the_higher_role(scene: Scene) -> None:
    bob = scene.joins("bob@example.com")
    tokens = [
        scene.database.run(
            invite_person, email=bob.email, publisher_id=scene.publisher.id, role=role, actor="test"
        )[1]
        for role in (Role.VIEWER, Role.OWNER)
    ]

    accepts = [partial(accept_as_person, token=token, person=bob) for token in tokens]

    assert interleaved(scene, *accepts) == [True, True]
    assert [each.role for each in scene.database.read(list_members, person_id=bob.id)] == [Role.OWNER]


def test_an_invitation_ends_after_a_week_or_when_it_is_withdrawn(scene: Scene) -> None:
    link, withdrawn = scene.database.run(invite_person, email="bob@example.com", reviewer=True, actor="test")
    _, old = scene.database.run(invite_person, email="bob@example.com", reviewer=True, actor="test")

    with pytest.raises(NotKnown):
        scene.database.run(
            withdraw_invitation, publisher_id=scene.publisher.id, link_id=link.id, actor="test"
        )
    scene.database.run(withdraw_invitation, publisher_id=None, link_id=link.id, actor="test")

    with pytest.raises(LinkInvalid):
        scene.database.read(find_invitation, token=withdrawn)
    scene.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    scene.database.read(find_invitation, token=old)
    scene.clock.advance(timedelta(seconds=1))
    with pytest.raises(LinkInvalid):
        scene.database.read(find_invitation, token=old)


def test_who_has_an_account_keeps_it_and_never_loses_rights_by_an_invitation(scene: Scene) -> None:
    bob = scene.joins("bob@example.com", Role.OWNER, reviewer=True)
    _, token = scene.database.run(
        invite_person,
        email="BOB@example.com",
        publisher_id=scene.publisher.id,
        role=Role.VIEWER,
        administrator=True,
        actor="test",
    )
    eve = scene.joins("eve@example.com")

    with pytest.raises(ValueRefused, match="somebody has an account"):
        join(scene.workshop.tools, token=token, email="", name="Bob", password=PASSWORD, browser=BROWSER)
    with pytest.raises(LinkInvalid):
        scene.database.run(accept_as_person, token=token, person=eve)
    scene.database.run(accept_as_person, token=token, person=bob)

    now = scene.database.read(read_account, person_id=bob.id).person
    assert (now.reviewer, now.administrator) == (True, True)
    assert [each.role for each in scene.database.read(list_members, person_id=bob.id)] == [Role.OWNER]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "@example.com",
        "a b@example.com",
        "ann@example.com\r\nBcc: eve@example.com",
        "a\0@example.com",
        "<ann@example.com>",
        "ann@example.com, eve@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 200}.com",
    ],
)
def test_an_address_that_is_none_is_refused(scene: Scene, email: str) -> None:
    with pytest.raises(ValueRefused, match="email: must be"):
        scene.database.run(invite_person, email=email, reviewer=True, actor="test")
    assert scene.database.read(find_account, email=email) is None


@pytest.mark.parametrize("kind", ["INVITATION", "FIRST", "SECOND_FACTOR", "RESET"])
def test_a_link_of_one_kind_opens_nothing_else(scene: Scene, kind: str) -> None:
    ann = scene.joins("ann@example.com")
    scene.has_second_factor(ann)
    asked = scene.signs_in("ann@example.com")
    assert isinstance(asked, SecondFactorAsked)
    tools = scene.workshop.tools
    tokens = {
        "INVITATION": scene.database.run(invite_person, email="bob@example.com", reviewer=True, actor="test")[
            1
        ],
        "RESET": scene.database.run(make_reset, person=ann, actor="test")[1],
        "SECOND_FACTOR": asked.token,
        "FIRST": scene.database.run(make_link, kind=LinkKind.FIRST, actor="test")[1],
    }
    others: dict[str, Callable[[str], object]] = {
        "INVITATION": lambda token: scene.database.read(find_invitation, token=token),
        "RESET": lambda token: reset_password(
            tools, token=token, password="another password", browser=BROWSER
        ),
        "SECOND_FACTOR": lambda token: finish_sign_in(tools, token=token, code="1", browser=BROWSER),
    }

    for name, use in others.items():
        if name != kind:
            with pytest.raises(LinkInvalid):
                use(tokens[kind])


def test_links_whose_time_is_over_leave(scene: Scene) -> None:
    scene.database.run(invite_first_administrator)
    scene.clock.advance(timedelta(days=7))

    scene.database.run(invite_first_administrator)

    left = sa.select(sa.func.count()).select_from(links)
    assert scene.database.read(lambda tx: tx.execute(left).scalar_one()) == 1
