"""The certification queue in the browser: what a reviewer sees and does, and what the publisher sees of it."""

import hashlib
import re
from typing import Any

import pytest

from openaddons.store.certification.queue import add_internal_note, take_submission
from openaddons.store.people.visitors import Role
from openaddons.store.products import Product, set_certification
from openaddons.store.submissions import Submission, list_submissions, read_submission
from tests.stores import Account, RunningStore, make_draft, make_published, make_zip
from tests.wire.dashboard.conftest import Browser, counting_queries, sign_in

HOSTILE = '<img src=x onerror="alert(1)">'
ESCAPED = "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;"


def do(store: RunningStore, verb: Any, **facts: Any) -> Any:
    return store.workshop.tools.database.run(verb, actor="test", **facts)


def send_in(store: RunningStore, account: Account, product: Product, package: bytes) -> Submission:
    """A submission of the package that waits for a reviewer."""
    do(store, set_certification, product_id=product.id, policy="manual", delay_seconds=None)
    uploaded = store.status(account, product.id, store.upload(account, product.id, package), kind="upload")
    assert uploaded["status"] == "Succeeded", uploaded
    ended = store.status(
        account, product.id, store.publish(account, product.id, b'{"notes": "test: secret"}')
    )
    assert ended["status"] == "Succeeded", ended
    return newest(store, product)


def newest(store: RunningStore, product: Product) -> Submission:
    found = store.workshop.tools.database.read(list_submissions, product_id=product.id, limit=1)
    return found[0]


def now(store: RunningStore, submission: Submission) -> Submission:
    return store.workshop.tools.database.read(read_submission, submission_id=submission.id)


def asked(store: RunningStore, browser: Browser, path: str) -> int:
    """How often a page asks the database: the least of three, for what the store does beside it can only add."""
    counts = []
    for _ in range(3):
        with counting_queries(store) as statements:
            browser.get(path)
        counts.append(len(statements))
    return min(counts)


@pytest.fixture
def submission(store: RunningStore, account: Account) -> Submission:
    """An update that waits for a reviewer."""
    first = make_zip(files={"old.js": b"1", "same.js": b"2", "popup.js": b"let a = 1\nlet b = 2\n"})
    product = make_published(store.workshop, account, first, name="Tab Tally")
    update = make_zip(
        "1.1.0",
        files={"new.js": b"\neval('1')\n", "same.js": b"2", "popup.js": b"let a = 1\nlet b = 3\n"},
        permissions=["tabs"],
    )
    return send_in(store, account, product, update)


def at(submission: Submission, *path: str) -> str:
    return "/".join(("/dashboard/queue", submission.id, *path))


def own(submission: Submission, *path: str) -> str:
    return "/".join(("/dashboard/products", submission.product_id, "submissions", submission.id, *path))


# ---- the queue


def test_the_queue_shows_what_waits_since_when_and_who_has_it(
    store: RunningStore, reviewer: Browser, submission: Submission
) -> None:
    reviewer.send(at(submission, "take"), page=at(submission))

    mine = reviewer.get("/dashboard/queue?show=mine").text
    free = reviewer.get("/dashboard/queue?show=unassigned").text

    taken_by = now(store, submission).taken_by
    assert taken_by is not None
    assert (f'href="{at(submission)}"' in mine, f"<bdi>{taken_by}</bdi>" in mine) == (True, True)
    assert at(submission) not in free


@pytest.mark.parametrize(
    "query", ["show=none", "after=x", "after=%00", "show=all&after=1", "show=%F0%9F%98%80"]
)
def test_a_part_of_the_queue_that_is_none_is_not_there(reviewer: Browser, query: str) -> None:
    reviewer.get(f"/dashboard/queue?{query}", 404)


def test_the_queue_has_pages(store: RunningStore, reviewer: Browser, submission: Submission) -> None:
    page = reviewer.get(f"/dashboard/queue?after={submission.id}").text

    assert at(submission) not in page
    assert "To the oldest" in page or "Nothing waits" in page


def test_two_reviewers_do_not_take_the_same_submission(
    store: RunningStore, reviewer: Browser, submission: Submission
) -> None:
    other = sign_in(store, reviewer=True)
    proof = other.proof(at(submission))
    reviewer.send(at(submission, "take"), page=at(submission))

    late = other.http.post(at(submission, "take"), data={"csrf": proof})
    taken_over = other.send(
        at(submission, "take"), {"instead_of": now(store, submission).taken_by}, page=at(submission)
    )

    assert (late.status_code, taken_over.status_code) == (409, 303)
    assert "You, since" in other.get(at(submission)).text


# ---- a submission


def test_a_reviewer_sees_what_it_may_do_what_changed_and_every_check(
    reviewer: Browser, submission: Submission
) -> None:
    page = reviewer.get(at(submission)).text

    for words in (
        "Read your browsing history",
        "What changed since 1.0.0",
        "Files: 1 added, 1 removed, 2 changed.",
        "DynamicCode",
        "Every rule and its result",
        "test: secret",
        "a reviewer&#39;s decision",
    ):
        assert words in page, words


def test_the_package_can_be_downloaded_and_its_hash_is_told(
    store: RunningStore, reviewer: Browser, submission: Submission
) -> None:
    page = reviewer.get(at(submission)).text
    path = f"/dashboard/products/{submission.product_id}/packages/{submission.package_id}"

    assert f'href="{path}"' in page
    downloaded = reviewer.get(path)
    assert f"<code>{hashlib.sha256(downloaded.content).hexdigest()}</code>" in page


def test_a_file_is_shown_beside_what_it_was(reviewer: Browser, submission: Submission) -> None:
    page = reviewer.get(at(submission, "files?file=popup.js")).text

    assert '<td class="removed">let b = 2</td>' in page.replace("\n", "")
    assert '<td class="added">let b = 3</td>' in page.replace("\n", "")


def test_the_files_of_a_first_version_are_all_new_and_a_long_one_is_shown_page_by_page(
    store: RunningStore, account: Account, reviewer: Browser
) -> None:
    product = make_draft(store.workshop, account)
    do(store, set_certification, product_id=product.id, policy="manual", delay_seconds=None)
    script = b"let a\n" + b"let b\n" * 1_000
    make_published(store.workshop, account, make_zip(files={"a.js": script}), product=product)
    submission = newest(store, product)

    listed = reviewer.get(at(submission, "files")).text
    shown = reviewer.get(at(submission, "files?file=a.js")).text

    assert listed.count(">added</td>") == 3
    assert "nothing was in the store" in shown
    assert '<td class="added">let a</td>' in shown
    assert f'href="{at(submission, "files?file=a.js&amp;row=1000")}"' in shown
    rest = reviewer.get(at(submission, "files?file=a.js&row=1000")).text
    assert re.findall(r'<td class="line">(\d+)</td>', rest) == ["1001"]
    assert 'rel="next"' not in rest


@pytest.mark.parametrize(
    "file",
    ["none.js", "../worker.js", "a" * 1025, "%00", "%F0%9F%98%80", "/etc/passwd", "popup.js&row=-1"],
)
def test_a_file_that_is_not_in_the_package_is_not_there(
    reviewer: Browser, submission: Submission, file: str
) -> None:
    reviewer.get(at(submission, f"files?file={file}"), 404)


def test_what_is_hostile_in_a_package_is_shown_as_text(
    store: RunningStore, account: Account, reviewer: Browser, owner: Browser
) -> None:
    product = make_published(store.workshop, account)
    name = "'onclick='&lt;b&gt;.js"
    update = make_zip(
        "1.1.0",
        name=HOSTILE,
        files={
            name: f"// {HOSTILE}\n// \u202e hidden \x07\n".encode(),
            "image.bin": b"\x00\x01",
            "latin.js": b"\xff\xfe\xfd",
            "line.js": b"x" * 10_000_000,
            "minified.js": b"y" * 100_000,
        },
        short_name=HOSTILE,
    )
    submission = send_in(store, account, product, update)

    for browser, home in ((reviewer, at), (owner, own)):
        page = browser.get(home(submission)).text
        files = browser.get(home(submission, "files")).text
        assert (HOSTILE in page, ESCAPED in page) == (False, True)
        assert (name in files, "&#39;onclick=&#39;&amp;lt;b&amp;gt;.js" in files) == (False, True)
        shown = browser.http.get(home(submission, "files"), params={"file": name}).text
        assert (HOSTILE in shown, ESCAPED in shown) == (False, True)
        assert "⟨U+202E⟩ hidden ⟨U+0007⟩" in shown
    for file, said in (
        ("image.bin", "It is no text in UTF-8"),
        ("latin.js", "It is no text in UTF-8"),
        ("line.js", "It is larger than"),
        ("minified.js", "It is minified"),
    ):
        answer = reviewer.get(at(submission, f"files?file={file}"))
        assert said in answer.text, file
        assert len(answer.content) < 20_000


# ---- decisions


def test_an_approved_update_is_in_the_store(
    store: RunningStore, reviewer: Browser, submission: Submission
) -> None:
    answer = reviewer.send(at(submission, "approve"), page=at(submission))

    assert answer.headers["location"] == "/dashboard/queue?notice=approved"
    store.wait_for(lambda: now(store, submission).state == "In the store")


def test_of_two_reviewers_who_decide_the_second_is_told(
    store: RunningStore, reviewer: Browser, submission: Submission
) -> None:
    other = sign_in(store, reviewer=True)
    proof = other.proof(at(submission))
    reviewer.send(at(submission, "reject"), {"reason": "It does nothing."}, page=at(submission))

    late = other.http.post(at(submission, "approve"), data={"csrf": proof})

    assert (late.status_code, "It has changed meanwhile" in late.text) == (409, True)
    assert now(store, submission).state == "Review failed"


def test_a_rejection_names_policies_and_the_publisher_reads_them(
    store: RunningStore, reviewer: Browser, owner: Browser, submission: Submission
) -> None:
    fields = {"reason": f"It reads tabs. {HOSTILE}", "policies": ["1.6", "1.1.1"]}
    reviewer.send(at(submission, "reject"), fields, page=at(submission))

    page = owner.get(own(submission)).text

    assert now(store, submission).policies == ("1.1.1", "1.6")
    assert ("1.1.1 Single purpose" in page, "1.6 Permissions" in page) == (True, True)
    assert f"It reads tabs. {ESCAPED}" in page


@pytest.mark.parametrize(
    ("form", "fields", "kept"),
    [
        ("reject", {"reason": " "}, ""),
        ("reject", {"reason": "No good.", "policies": "9.9"}, "No good."),
        ("ask", {"question": ""}, ""),
        ("note", {"note": "x" * 10_001}, "x" * 10_001),
    ],
)
def test_what_is_refused_is_said_beside_its_field_and_what_was_typed_stays(
    store: RunningStore,
    reviewer: Browser,
    submission: Submission,
    form: str,
    fields: dict[str, str],
    kept: str,
) -> None:
    answer = reviewer.send(at(submission, form), fields, page=at(submission), status=400)

    assert 'class="problem"' in answer.text
    assert kept in answer.text
    assert now(store, submission).state == "In review"


def test_a_question_is_answered_and_meanwhile_the_submission_waits_for_its_publisher(
    store: RunningStore, account: Account, reviewer: Browser, owner: Browser, submission: Submission
) -> None:
    reviewer.send(at(submission, "ask"), {"question": f"Why tabs? {HOSTILE}"}, page=at(submission))
    waiting = owner.get(own(submission)).text
    viewer = sign_in(store, account=account, role=Role.VIEWER)
    empty = owner.send(own(submission, "answer"), {"answer": ""}, page=own(submission), status=400)
    answered = owner.send(own(submission, "answer"), {"answer": HOSTILE}, page=own(submission))
    late = owner.send(
        own(submission, "answer"),
        {"answer": "And."},
        page="/dashboard/products/" + submission.product_id,
        status=409,
    )

    assert "the publisher&#39;s answer" in waiting
    assert f"Why tabs? {ESCAPED}" in waiting
    assert "write something" in empty.text
    assert answered.headers["location"] == own(submission) + "?notice=answered"
    assert late.status_code == 409
    assert 'action="' + own(submission, "answer") not in viewer.get(own(submission)).text
    for browser, page in ((reviewer, at(submission)), (owner, own(submission))):
        assert ESCAPED in browser.get(page).text
        assert "a reviewer&#39;s decision" in browser.get(page).text


def test_the_publisher_sees_everything_but_the_notes_and_the_names_of_reviewers(
    store: RunningStore, owner: Browser, reviewer: Browser, submission: Submission
) -> None:
    reviewer.send(at(submission, "take"), page=at(submission))
    reviewer.send(at(submission, "note"), {"note": "Looks like spyware."}, page=at(submission))
    reviewer.send(at(submission, "ask"), {"question": "Why tabs?"}, page=at(submission))

    theirs, ours = owner.get(own(submission)).text, reviewer.get(at(submission)).text

    taken_by = now(store, submission).taken_by
    assert ("Looks like spyware." in ours, "Looks like spyware." in theirs) == (True, False)
    assert taken_by is not None
    assert (taken_by in ours, taken_by in theirs) == (True, False)
    for words in ("Why tabs?", "DynamicCode", "Every rule and its result", "What changed since 1.0.0"):
        assert words in theirs, words


def test_a_held_submission_is_let_go_by_the_reviewer(
    store: RunningStore, reviewer: Browser, submission: Submission
) -> None:
    reviewer.send(at(submission, "hold"), page=at(submission))
    held = now(store, submission).held
    reviewer.send(at(submission, "release"), page=at(submission))

    assert (held, now(store, submission).held) == (True, False)


def test_the_publisher_is_told_its_place_and_how_long_it_takes(
    owner: Browser, submission: Submission
) -> None:
    page = owner.get(own(submission)).text

    for words in ("Place in the queue", "How long it takes", "A reviewer approves it", "Due"):
        assert words in page, words


# ---- how much a page asks


def test_pages_ask_a_fixed_number_of_times(
    store: RunningStore, account: Account, reviewer: Browser, owner: Browser, submission: Submission
) -> None:
    paths = [(reviewer, "/dashboard/queue"), (reviewer, at(submission)), (owner, own(submission))]
    before = [asked(store, *each) for each in paths]
    for number in range(3):
        do(store, add_internal_note, submission_id=submission.id, text=f"Note {number}")
        product = make_published(store.workshop, account, name=f"Another {number}")
        other = send_in(store, account, product, make_zip("1.1.0"))
        do(store, take_submission, submission_id=other.id)

    assert [asked(store, *each) for each in paths] == before


# ---- policies


def test_an_administrator_chooses_who_approves(
    store: RunningStore, account: Account, administrator: Browser
) -> None:
    path = "/dashboard/admin/policies"
    product = make_draft(store.workshop, account)
    try:
        administrator.send(path, {"policy": "delayed", "delay": "2"})
        chosen = administrator.get(path).text
    finally:
        administrator.send(path, {"policy": "setting"})
    own = f"/dashboard/admin/products/{product.id}"
    administrator.send(f"{own}/policy", {"policy": "delayed", "delay": "0.0125"}, page=own)
    refused = administrator.send(f"{own}/policy", {"policy": "none", "delay": "3"}, page=own, status=400).text

    assert "<strong>delayed</strong> after 2 hours" in chosen
    assert 'name="delay" type="text" value="2"' in chosen
    assert "by the setting <code>OPENADDONS_CERTIFICATION</code>" in administrator.get(path).text
    assert f'href="{own}"' in administrator.get(path).text
    delayed = administrator.get(own).text
    assert "<strong>delayed</strong> after 45 seconds" in delayed
    assert 'name="delay" type="text" value="0.0125"' in delayed
    assert (store.product(product.id).certification, "choose one of them." in refused) == ("delayed", True)
    administrator.send(f"{own}/policy", {"policy": "store"}, page=own)
    assert store.product(product.id).certification is None


@pytest.mark.parametrize(
    "fields",
    [
        {"policy": "none"},
        {"policy": "delayed", "delay": "-1"},
        {"policy": "delayed", "delay": "99999"},
        {"policy": "delayed", "delay": "1e3"},
    ],
)
def test_a_policy_that_is_none_is_refused_beside_its_field(
    administrator: Browser, fields: dict[str, str]
) -> None:
    path = "/dashboard/admin/policies"

    assert 'class="problem"' in administrator.send(path, fields, status=400).text
