"""Sessions: each sign-in begins one, and each ends."""

from openaddons.store.people.sessions import ABSOLUTE, IDLE, end_session, list_sessions, see_session
from tests.contract.people.conftest import BROWSER, Scene


def test_each_sign_in_is_a_session_of_its_own(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    first, second = scene.signs_in("ann@example.com"), scene.signs_in(" ANN@example.com")
    visitor = scene.visitor(first)
    assert visitor is not None
    assert len(scene.database.read(list_sessions, person_id=ann.id)) == 3
    assert scene.event("session.begun").correlation_id == BROWSER.correlation_id

    scene.database.run(end_session, person=ann, session_id=visitor.session_id)

    assert scene.visitor(first) is None
    assert scene.visitor(second) is not None


def test_nobody_ends_a_session_of_somebody_else(scene: Scene) -> None:
    scene.joins("ann@example.com")
    eve = scene.joins("eve@example.com")
    came = scene.signs_in("ann@example.com")
    visitor = scene.visitor(came)
    assert visitor is not None

    scene.database.run(end_session, person=eve, session_id=visitor.session_id)

    assert scene.visitor(came) is not None


def test_a_session_ends_when_it_is_idle_and_at_last(scene: Scene) -> None:
    scene.joins("ann@example.com")
    came, idle = scene.signs_in("ann@example.com"), scene.signs_in("ann@example.com")
    visitor = scene.visitor(came)
    assert visitor is not None
    begun = scene.clock.now()

    while scene.clock.now() + IDLE / 2 < begun + ABSOLUTE:
        scene.clock.advance(IDLE / 2)
        scene.database.run(see_session, session_id=visitor.session_id)
        assert scene.visitor(came) is not None

    assert scene.visitor(idle) is None
    scene.clock.set(begun + ABSOLUTE)
    scene.database.run(see_session, session_id=visitor.session_id)
    assert scene.visitor(came) is None
