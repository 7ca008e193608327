"""People on both databases: links, sign-in, second factor, attempts, and who cannot be removed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from openaddons.app import open_store
from openaddons.clock import SettableClock
from openaddons.errors import (
    LinkInvalid,
    NotKnown,
    Refusal,
    TooManyAttempts,
    TransitionRefused,
    ValueRefused,
)
from openaddons.settings import Settings
from openaddons.store.events import Event, list_events
from openaddons.store.people.accounts import (
    disable_person,
    enable_person,
    find_account,
    make_reset,
    make_reset_of_member,
    read_account,
    set_flags,
    set_password,
)
from openaddons.store.people.attempts import FOR_ACCOUNT, FOR_ADDRESS, FOR_CODE, Allowance, count_attempt
from openaddons.store.people.invitations import (
    accept_as_person,
    find_invitation,
    invite_first_administrator,
    invite_person,
    list_invitations,
    withdraw_invitation,
)
from openaddons.store.people.links import LinkKind, make_link, use_link
from openaddons.store.people.members import add_member, list_members, remove_member, set_role
from openaddons.store.people.one_time_codes import make_recovery_codes, make_totp_secret
from openaddons.store.people.passwords import hash_password
from openaddons.store.people.second_factors import (
    remove_second_factor,
    set_second_factor,
    use_recovery_code,
    use_step,
)
from openaddons.store.people.sessions import ABSOLUTE, IDLE, end_session, list_sessions, see_session
from openaddons.store.people.visitors import Person, Role, Visitor, read_visitor
from openaddons.store.publishers import Publisher, create_publisher, digest_of
from openaddons.store.session import Database, Transaction
from openaddons.store.tables import attempts, links, people
from openaddons.work.signing_in import (
    Browser,
    SecondFactorAsked,
    SignedIn,
    confirm_password,
    finish_sign_in,
    join,
    reset_password,
    seal_totp_secret,
    sign_in,
)
from openaddons.work.workshop import Workshop
from tests.stores import make_account, wait_until

PASSWORD = "several words of mine"
BROWSER = Browser(
    address="192.0.2.7", user_agent="A browser", correlation_id="00000000-0000-4000-8000-000000000000"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A store with a publisher, whose clock stands still until a test moves it."""

    workshop: Workshop
    clock: SettableClock
    publisher: Publisher

    @property
    def database(self) -> Database:
        return self.workshop.tools.database

    def joins(
        self, email: str, role: Role | None = None, *, reviewer: bool = False, administrator: bool = False
    ) -> Person:
        """Somebody who was invited and has accepted; a reviewer, where nothing else is said."""
        publisher_id = None if role is None else self.publisher.id
        _, token = self.database.run(
            invite_person,
            email=email,
            publisher_id=publisher_id,
            role=role,
            reviewer=reviewer or (role is None and not administrator),
            administrator=administrator,
            actor="test",
        )
        came = join(
            self.workshop.tools, token=token, email="", name="Somebody", password=PASSWORD, browser=BROWSER
        )
        assert isinstance(came, SignedIn)
        return came.person

    def signs_in(
        self, email: str, password: str = PASSWORD, browser: Browser = BROWSER
    ) -> SignedIn | SecondFactorAsked:
        return sign_in(self.workshop.tools, email=email, password=password, browser=browser)

    def visitor(self, came: SignedIn | SecondFactorAsked) -> Visitor | None:
        assert isinstance(came, SignedIn)
        return self.database.read(read_visitor, digest=digest_of(came.token))

    def has_second_factor(self, person: Person) -> tuple[TOTP, list[str]]:
        """Give a person one; the code of the time step before this one was used for that."""
        secret, codes = make_totp_secret(), make_recovery_codes()
        self.database.run(
            set_second_factor,
            person=person,
            sealed_secret=seal_totp_secret(self.workshop.tools, secret=secret, person=person),
            step=int(self.clock.now().timestamp()) // 30 - 1,
            recovery_codes=codes,
        )
        return TOTP(secret, 6, SHA1(), 30), codes

    def code(self, totp: TOTP) -> str:
        return totp.generate(self.clock.now().timestamp()).decode()

    def finishes(self, asked: SignedIn | SecondFactorAsked, code: str) -> SignedIn:
        assert isinstance(asked, SecondFactorAsked)
        return finish_sign_in(self.workshop.tools, token=asked.token, code=code, browser=BROWSER)

    def event(self, verb: str) -> Event:
        return next(each for each in self.database.read(list_events) if each.verb == verb)


@pytest.fixture
def scene(settings: Settings) -> Iterator[Scene]:
    clock = SettableClock()
    clock.freeze()
    clock.set(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
    with open_store(settings, clock) as workshop:
        yield Scene(workshop, clock, make_account(workshop).publisher)


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

    assert _interleaved(scene, use, use) == [True, False]


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
    assert [each.verb for each in scene.database.read(list_events, limit=4)] == ["session.refused"] * 4


def test_each_sign_in_is_a_session_of_its_own(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    first, second = scene.signs_in("ann@example.com"), scene.signs_in(" ANN@example.com")
    visitor = scene.visitor(first)
    assert visitor is not None
    assert len(scene.database.read(list_sessions, person_id=ann.id)) == 3

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
    _exhaust(lambda: scene.signs_in("ann@example.com", "a guess"), FOR_ACCOUNT)
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


def test_a_reset_is_no_way_round_the_second_factor(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    totp, _ = scene.has_second_factor(ann)
    _, token = scene.database.run(make_reset, person=ann, actor="test")

    asked = reset_password(scene.workshop.tools, token=token, password="quite another one", browser=BROWSER)

    assert scene.visitor(scene.finishes(asked, scene.code(totp))) is not None


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


def test_the_second_factor_is_asked_for_and_each_code_is_good_once(scene: Scene) -> None:
    totp, _ = scene.has_second_factor(scene.joins("ann@example.com"))
    asked, again = scene.signs_in("ann@example.com"), scene.signs_in("ann@example.com")
    code = scene.code(totp)

    with pytest.raises(ValueRefused, match="code: "):
        scene.finishes(asked, "000000" if code != "000000" else "000001")
    assert scene.visitor(scene.finishes(asked, f"{code[:3]} {code[3:]}")) is not None
    with pytest.raises(LinkInvalid):
        scene.finishes(asked, code)
    with pytest.raises(ValueRefused, match="used already"):
        scene.finishes(again, code)
    scene.clock.advance(timedelta(seconds=30))
    assert scene.visitor(scene.finishes(again, scene.code(totp))) is not None


def test_a_code_of_the_time_step_before_is_used_up_by_a_later_one(scene: Scene) -> None:
    totp, _ = scene.has_second_factor(scene.joins("ann@example.com"))
    asked, again = scene.signs_in("ann@example.com"), scene.signs_in("ann@example.com")
    scene.clock.advance(timedelta(seconds=30))
    earlier = scene.code(totp)
    scene.clock.advance(timedelta(seconds=30))

    scene.finishes(asked, scene.code(totp))

    with pytest.raises(ValueRefused):
        scene.finishes(again, earlier)


def test_of_two_who_use_one_code_at_once_one_can(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    _, codes = scene.has_second_factor(ann)
    step = partial(use_step, person_id=ann.id, step=int(scene.clock.now().timestamp()) // 30)
    recovery = partial(use_recovery_code, person=ann, code=codes[0])

    assert _interleaved(scene, step, step) == [True, False]
    assert _interleaved(scene, recovery, recovery) == [True, False]


def test_of_two_recovery_codes_that_are_used_at_once_none_is_left(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    _, codes = scene.has_second_factor(ann)

    both = [partial(use_recovery_code, person=ann, code=code) for code in codes[:2]]

    assert _interleaved(scene, *both) == [True, True]
    assert scene.database.read(read_account, person_id=ann.id).recovery_code_count == 8


def test_a_recovery_code_is_good_once_however_it_is_typed(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    _, codes = scene.has_second_factor(ann)
    asked, again = scene.signs_in("ann@example.com"), scene.signs_in("ann@example.com")

    assert len(set(codes)) == 10
    assert scene.visitor(scene.finishes(asked, f" {codes[3].upper().replace('-', ' ')}")) is not None

    with pytest.raises(ValueRefused):
        scene.finishes(again, codes[3])
    assert scene.database.read(read_account, person_id=ann.id).recovery_code_count == 9
    assert scene.event("person.recovery-code-used").facts == {"left": 9}


def test_between_password_and_code_may_lie_ten_minutes(scene: Scene) -> None:
    totp, _ = scene.has_second_factor(scene.joins("ann@example.com"))
    asked = scene.signs_in("ann@example.com")
    scene.clock.advance(timedelta(minutes=10))

    with pytest.raises(LinkInvalid):
        scene.finishes(asked, scene.code(totp))


def test_the_secret_of_one_person_is_useless_in_the_row_of_another(scene: Scene) -> None:
    ann, eve = scene.joins("ann@example.com"), scene.joins("eve@example.com")
    totp, _ = scene.has_second_factor(eve)
    scene.has_second_factor(ann)
    stolen = scene.database.read(read_account, person_id=eve.id).totp_secret
    scene.database.run(
        lambda tx: tx.execute(people.update().where(people.c.id == ann.id).values(totp_secret=stolen))
    )

    with pytest.raises(Refusal):
        scene.finishes(scene.signs_in("ann@example.com"), scene.code(totp))


def test_without_a_second_factor_the_password_is_enough_again(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    scene.has_second_factor(ann)
    scene.database.run(remove_second_factor, person=ann, actor="test")

    assert isinstance(scene.signs_in("ann@example.com"), SignedIn)


def _exhaust(attempt: Callable[[], object], allowance: Allowance) -> int:
    """Try until it is too much, which must be when the allowance says; returns for how many seconds."""
    for _ in range(allowance.at_once):
        with pytest.raises(ValueRefused):
            attempt()
    with pytest.raises(TooManyAttempts) as refused:
        attempt()
    return int(dict(refused.value.headers)[b"retry-after"])


def test_who_guesses_a_password_has_to_wait_and_then_may_go_on(scene: Scene) -> None:
    scene.joins("ann@example.com")

    seconds = _exhaust(lambda: scene.signs_in("Ann@example.com", "a guess"), FOR_ACCOUNT)

    with pytest.raises(TooManyAttempts):
        scene.signs_in("ann@example.com")
    scene.clock.advance(timedelta(seconds=seconds))
    assert isinstance(scene.signs_in("ann@example.com"), SignedIn)
    _exhaust(lambda: scene.signs_in("ann@example.com", "a guess"), FOR_ACCOUNT)


def test_the_good_password_is_counted_as_any_other_until_it_is_in(scene: Scene) -> None:
    """Who knows one password must not get more guesses for codes by it."""
    totp, _ = scene.has_second_factor(scene.joins("ann@example.com"))
    for _ in range(FOR_ACCOUNT.at_once):
        asked = scene.signs_in("ann@example.com")

    with pytest.raises(TooManyAttempts):
        scene.signs_in("ann@example.com")
    scene.finishes(asked, scene.code(totp))
    assert isinstance(scene.signs_in("ann@example.com"), SecondFactorAsked)


def test_who_guesses_a_code_has_to_wait_whatever_passwords_they_send(scene: Scene) -> None:
    totp, _ = scene.has_second_factor(scene.joins("ann@example.com"))
    wrong = "000000" if scene.code(totp) != "000000" else "000001"

    seconds = _exhaust(lambda: scene.finishes(scene.signs_in("ann@example.com"), wrong), FOR_CODE)

    assert seconds == FOR_CODE.each.total_seconds()
    with pytest.raises(TooManyAttempts):
        scene.finishes(scene.signs_in("ann@example.com"), scene.code(totp))
    scene.clock.advance(FOR_CODE.each)
    assert scene.visitor(scene.finishes(scene.signs_in("ann@example.com"), scene.code(totp))) is not None


def test_an_address_is_counted_over_all_accounts_and_not_others(scene: Scene) -> None:
    scene.joins("ann@example.com")
    for number in range(FOR_ADDRESS.at_once):
        scene.database.run(
            count_attempt,
            allowances={f"account {number}": FOR_ACCOUNT, f"address {BROWSER.address}": FOR_ADDRESS},
        )

    with pytest.raises(TooManyAttempts):
        scene.signs_in("ann@example.com")
    elsewhere = Browser(address="198.51.100.1", user_agent="", correlation_id=BROWSER.correlation_id)
    assert isinstance(scene.signs_in("ann@example.com", browser=elsewhere), SignedIn)


def test_attempts_at_the_same_moment_are_each_counted(scene: Scene) -> None:
    allowance = Allowance(5, timedelta(minutes=1))

    def attempt(_number: int) -> bool:
        try:
            scene.database.run(count_attempt, allowances={"account x": allowance, "address y": allowance})
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(24))) == 5


def test_what_is_forgiven_leaves_no_row(scene: Scene) -> None:
    scene.joins("ann@example.com")
    with pytest.raises(ValueRefused):
        scene.signs_in("nobody@example.com")
    scene.clock.advance(timedelta(hours=1))

    scene.signs_in("ann@example.com")

    left = sa.select(sa.func.count()).select_from(attempts)
    assert scene.database.read(lambda tx: tx.execute(left).scalar_one()) == 1  # the address, just now


def test_links_whose_time_is_over_leave(scene: Scene) -> None:
    scene.database.run(invite_first_administrator)
    scene.clock.advance(timedelta(days=7))

    scene.database.run(invite_first_administrator)

    left = sa.select(sa.func.count()).select_from(links)
    assert scene.database.read(lambda tx: tx.execute(left).scalar_one()) == 1


def test_a_person_says_the_password_again(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")

    confirm_password(scene.workshop.tools, person=ann, password=PASSWORD, browser=BROWSER)

    _exhaust(
        lambda: confirm_password(scene.workshop.tools, person=ann, password="a guess", browser=BROWSER),
        FOR_ACCOUNT,
    )


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

    assert _interleaved(scene, *disable) == [True, False]


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

    assert _interleaved(scene, *remove) == [True, False]


def _interleaved(
    scene: Scene, first: Callable[[Transaction], object], second: Callable[[Transaction], object]
) -> list[bool]:
    """Whether each is allowed when the second begins before the first is committed.

    On SQLite, where one thread writes, it begins after that.
    """
    database = scene.database
    if database.engine.dialect.name == "sqlite":
        return [_allowed(partial(database.run, verb)) for verb in (first, second)]
    with database.engine.connect() as connection, ThreadPoolExecutor(1) as threads:
        with connection.begin():
            allowed = _allowed(partial(first, Transaction(connection, scene.clock.now())))
            later = threads.submit(_allowed, partial(database.run, second))
            wait_until(lambda: later.done() or _somebody_waits(database))
        return [allowed, later.result()]


def _allowed(verb: Callable[[], object]) -> bool:
    try:
        return verb() is not False
    except (LinkInvalid, TransitionRefused):
        return False


def _somebody_waits(database: Database) -> bool:
    """Whether a transaction of this database waits for another's lock."""
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return database.read(lambda tx: tx.execute(sa.text(query)).first() is not None)


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
