"""Rights: nobody gets any by another's link, and there is always an owner and an administrator left."""

from functools import partial

import pytest

from openaddons.errors import LinkInvalid, NotKnown, TransitionRefused, ValueRefused
from openaddons.store.people.accounts import (
    disable_person,
    enable_person,
    make_reset,
    make_reset_of_member,
    read_account,
    set_flags,
)
from openaddons.store.people.invitations import accept_as_person, invite_person
from openaddons.store.people.members import add_member, list_members, remove_member, set_role
from openaddons.store.people.visitors import Role
from openaddons.store.publishers import create_publisher
from openaddons.work.signing_in import SignedIn, reset_password
from tests.contract.people.conftest import BROWSER, Scene, interleaved


def test_the_last_administrator_stays(scene: Scene) -> None:
    ann, bob = (
        scene.joins("ann@example.com", administrator=True),
        scene.joins("bob@example.com", administrator=True),
    )
    scene.database.run(disable_person, person_id=bob.id, actor="test")

    with pytest.raises(TransitionRefused, match="last administrator"):
        scene.database.run(disable_person, person_id=ann.id, actor="test")
    with pytest.raises(TransitionRefused, match="last administrator"):
        scene.database.run(set_flags, person_id=ann.id, reviewer=True, administrator=False, actor="test")
    scene.database.run(enable_person, person_id=bob.id, actor="test")
    scene.database.run(set_flags, person_id=ann.id, reviewer=True, administrator=False, actor="test")

    now = scene.database.read(read_account, person_id=ann.id).person
    assert (now.reviewer, now.administrator) == (True, False)


def test_of_two_administrators_who_remove_each_other_one_stays(scene: Scene) -> None:
    both = [scene.joins(f"{name}@example.com", administrator=True) for name in ("ann", "bob")]

    disable = [partial(disable_person, person_id=person.id, actor="test") for person in both]

    assert interleaved(scene, *disable) == [True, False]


def test_the_last_owner_stays(scene: Scene) -> None:
    ann, bob = scene.joins("ann@example.com", Role.OWNER), scene.joins("bob@example.com", Role.OWNER)
    scene.database.run(disable_person, person_id=bob.id, actor="test")
    own = {"publisher_id": scene.publisher.id, "person_id": ann.id, "actor": "test"}

    with pytest.raises(TransitionRefused, match="last owner"):
        scene.database.run(remove_member, **own)
    with pytest.raises(TransitionRefused, match="last owner"):
        scene.database.run(set_role, role=Role.DEVELOPER, **own)
    scene.database.run(enable_person, person_id=bob.id, actor="test")
    scene.database.run(set_role, role=Role.DEVELOPER, **own)
    scene.database.run(remove_member, **own)

    left = scene.database.read(list_members, publisher_id=scene.publisher.id)
    assert [(each.person.email, each.role) for each in left] == [("bob@example.com", Role.OWNER)]


def test_of_two_owners_who_remove_each_other_one_stays(scene: Scene) -> None:
    both = [scene.joins(f"{name}@example.com", Role.OWNER) for name in ("ann", "bob")]

    remove = [
        partial(remove_member, publisher_id=scene.publisher.id, person_id=person.id, actor="test")
        for person in both
    ]

    assert interleaved(scene, *remove) == [True, False]


def test_a_disabled_person_is_out_at_once_and_their_links_are_dead(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    came = scene.signs_in("ann@example.com")
    _, reset = scene.database.run(make_reset, person=ann, actor="test")
    _, invitation = scene.database.run(invite_person, email=ann.email, administrator=True, actor="test")

    scene.database.run(disable_person, person_id=ann.id, actor="test")
    disabled = scene.database.read(read_account, person_id=ann.id).person
    with pytest.raises(TransitionRefused, match="disabled"):
        scene.database.run(make_reset, person=disabled, actor="test")
    scene.database.run(enable_person, person_id=ann.id, actor="test")

    assert scene.visitor(came) is None
    with pytest.raises(LinkInvalid):
        reset_password(scene.workshop.tools, token=reset, password="another password", browser=BROWSER)
    with pytest.raises(LinkInvalid):
        scene.database.run(accept_as_person, token=invitation, person=ann)
    assert isinstance(scene.signs_in("ann@example.com"), SignedIn)


@pytest.mark.parametrize("way", ["flags", "membership"])
def test_a_reset_link_that_somebody_has_brings_no_rights_that_come_later(scene: Scene, way: str) -> None:
    member = scene.joins("bob@example.com", Role.VIEWER)
    _, token = scene.database.run(
        make_reset_of_member, publisher_id=scene.publisher.id, person_id=member.id, actor="owner"
    )

    if way == "flags":
        scene.database.run(set_flags, person_id=member.id, reviewer=True, administrator=False, actor="test")
    else:
        other = scene.database.run(create_publisher, name="Other", actor="test")
        scene.database.run(add_member, publisher_id=other.id, person=member, role=Role.VIEWER, actor="test")

    with pytest.raises(LinkInvalid):
        reset_password(scene.workshop.tools, token=token, password="quite another one", browser=BROWSER)


def test_an_owner_gets_no_rights_by_a_reset_link_that_they_do_not_have(scene: Scene) -> None:
    other = scene.database.run(create_publisher, name="Other", actor="test")
    member, both = scene.joins("ann@example.com", Role.OWNER), scene.joins("bob@example.com", Role.VIEWER)
    reviewer = scene.joins("rob@example.com", Role.VIEWER, reviewer=True)
    stranger = scene.joins("eve@example.com")
    _, token = scene.database.run(
        invite_person, email=both.email, publisher_id=other.id, role=Role.VIEWER, actor="test"
    )
    scene.database.run(accept_as_person, token=token, person=both)
    by = {"publisher_id": scene.publisher.id, "actor": "test"}

    assert scene.database.run(make_reset_of_member, person_id=member.id, **by)
    for person in (both, reviewer):
        with pytest.raises(ValueRefused, match="only an administrator"):
            scene.database.run(make_reset_of_member, person_id=person.id, **by)
    with pytest.raises(NotKnown):
        scene.database.run(make_reset_of_member, person_id=stranger.id, **by)
