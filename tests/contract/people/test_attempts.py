"""Attempts: who guesses has to wait, and nobody is locked out for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from openaddons.errors import TooManyAttempts, ValueRefused
from openaddons.store.people.attempts import FOR_ACCOUNT, FOR_ADDRESS, FOR_CODE, Allowance, count_attempt
from openaddons.store.tables import attempts
from openaddons.work.signing_in import Browser, SecondFactorAsked, SignedIn
from tests.contract.people.conftest import BROWSER, Scene, exhaust


def test_who_guesses_a_password_has_to_wait_and_then_may_go_on(scene: Scene) -> None:
    scene.joins("ann@example.com")

    seconds = exhaust(lambda: scene.signs_in("Ann@example.com", "a guess"), FOR_ACCOUNT)

    with pytest.raises(TooManyAttempts):
        scene.signs_in("ann@example.com")
    scene.clock.advance(timedelta(seconds=seconds))
    assert isinstance(scene.signs_in("ann@example.com"), SignedIn)
    exhaust(lambda: scene.signs_in("ann@example.com", "a guess"), FOR_ACCOUNT)


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

    seconds = exhaust(lambda: scene.finishes(scene.signs_in("ann@example.com"), wrong), FOR_CODE)

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
