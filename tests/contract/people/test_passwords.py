"""Passwords: what is taken for one, what a wrong one hears, and how a new one is chosen."""

from datetime import timedelta

import pytest

from openaddons.errors import LinkInvalid, ValueRefused
from openaddons.store.events import list_events
from openaddons.store.people.accounts import disable_person, make_reset, set_password
from openaddons.store.people.attempts import FOR_ACCOUNT
from openaddons.store.people.passwords import hash_password
from openaddons.work.signing_in import SignedIn, confirm_password, reset_password
from tests.contract.people.conftest import BROWSER, PASSWORD, Scene, exhaust


@pytest.mark.parametrize(
    "password", ["", "elevenchars", "a" * 201, "aaaaaaaaaaaaaaaa", "longenough@example.com"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(ValueRefused, match="password: "):
        hash_password(password, email="longenough@example.com")


def test_a_password_is_the_same_however_a_keyboard_composes_it(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    scene.database.run(
        set_password,
        person=ann,
        password_hash=hash_password("caf\u00e9 au lait, s'il", email=ann.email),
        kept_session_id=None,
        actor="test",
    )

    assert isinstance(scene.signs_in("ann@example.com", "cafe\u0301 au lait, s'il"), SignedIn)


def test_a_stranger_and_a_wrong_password_hear_the_same(scene: Scene) -> None:
    disabled = scene.joins("gone@example.com")
    scene.joins("ann@example.com")
    scene.database.run(disable_person, person_id=disabled.id, actor="test")
    heard = []

    for email, password in (
        ("ann@example.com", "another password"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("a\0b", PASSWORD),
    ):
        with pytest.raises(ValueRefused) as refused:
            scene.signs_in(email, password)
        heard.append(str(refused.value))

    assert len(set(heard)) == 1
    assert [(each.verb, each.correlation_id) for each in scene.database.read(list_events, limit=4)] == [
        ("session.refused", BROWSER.correlation_id)
    ] * 4


def test_a_person_says_the_password_again(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")

    confirm_password(scene.workshop.tools, person=ann, password=PASSWORD, browser=BROWSER)

    exhaust(
        lambda: confirm_password(scene.workshop.tools, person=ann, password="a guess", browser=BROWSER),
        FOR_ACCOUNT,
    )


def test_a_new_password_ends_all_other_sessions_and_links(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    here, there = scene.signs_in("ann@example.com"), scene.signs_in("ann@example.com")
    visitor = scene.visitor(here)
    assert visitor is not None
    _, reset = scene.database.run(make_reset, person=ann, actor="test")

    scene.database.run(
        set_password,
        person=ann,
        password_hash=hash_password("quite another one", email=ann.email),
        kept_session_id=visitor.session_id,
        actor="test",
    )

    assert (scene.visitor(here) is None, scene.visitor(there) is None) == (False, True)
    with pytest.raises(LinkInvalid):
        reset_password(scene.workshop.tools, token=reset, password="a third password", browser=BROWSER)


def test_a_reset_signs_in_once_also_while_others_guess(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    before = scene.signs_in("ann@example.com")
    exhaust(lambda: scene.signs_in("ann@example.com", "a guess"), FOR_ACCOUNT)
    _, token = scene.database.run(make_reset, person=ann, actor="test")

    came = reset_password(scene.workshop.tools, token=token, password="quite another one", browser=BROWSER)

    assert (scene.visitor(came) is None, scene.visitor(before) is None) == (False, True)
    assert isinstance(scene.signs_in("ann@example.com", "quite another one"), SignedIn)
    with pytest.raises(LinkInvalid):
        reset_password(scene.workshop.tools, token=token, password="a third password", browser=BROWSER)


def test_a_reset_ends_after_a_day(scene: Scene) -> None:
    _, token = scene.database.run(make_reset, person=scene.joins("ann@example.com"), actor="test")
    scene.clock.advance(timedelta(days=1))

    with pytest.raises(LinkInvalid):
        reset_password(scene.workshop.tools, token=token, password="quite another one", browser=BROWSER)
