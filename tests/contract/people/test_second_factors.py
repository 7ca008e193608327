"""The second factor: one-time codes and recovery codes, each good once."""

from datetime import timedelta
from functools import partial

import pytest

from openaddons.errors import LinkInvalid, Refusal, ValueRefused
from openaddons.store.people.accounts import make_reset, read_account
from openaddons.store.people.second_factors import remove_second_factor, use_recovery_code, use_step
from openaddons.store.tables import people
from openaddons.work.signing_in import SignedIn, reset_password
from tests.contract.people.conftest import BROWSER, Scene, interleaved


def test_a_reset_is_no_way_round_the_second_factor(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    totp, _ = scene.has_second_factor(ann)
    _, token = scene.database.run(make_reset, person=ann, actor="test")

    asked = reset_password(scene.workshop.tools, token=token, password="quite another one", browser=BROWSER)

    assert scene.visitor(scene.finishes(asked, scene.code(totp))) is not None


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

    assert interleaved(scene, step, step) == [True, False]
    assert interleaved(scene, recovery, recovery) == [True, False]


def test_of_two_recovery_codes_that_are_used_at_once_none_is_left(scene: Scene) -> None:
    ann = scene.joins("ann@example.com")
    _, codes = scene.has_second_factor(ann)

    both = [partial(use_recovery_code, person=ann, code=code) for code in codes[:2]]

    assert interleaved(scene, *both) == [True, True]
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
