"""A review as people read it."""

from openaddons.cli.reviews import review_text
from openaddons.packages.findings import Finding
from openaddons.packages.permissions import Content, difference, in_words, optional, required
from openaddons.store.certification.reviews import Review, Reviewed

OLD = Content(
    {"manifest_version": 3, "permissions": ["storage"], "host_permissions": ["https://old.com/*"]},
    {"a.js": "1", "b.js": "2", "manifest.json": "3"},
)
NEW = Content(
    {
        "manifest_version": 3,
        "permissions": ["storage", "tabs"],
        "optional_permissions": ["bookmarks"],
    },
    {"b.js": "9", "c.js": "4", "manifest.json": "5"},
)
WARNING = Finding("DynamicCode", "warning", "eval does not work.", "Rewrite it.", "c.js", 12)


def reviewed(version: str) -> Reviewed:
    return Reviewed(id=version, name="Sample", version=version, digest="0" * 64, size_bytes=1)


def review(
    new: Content = NEW, old: Content | None = None, findings: tuple[Finding, ...] = (), total: int = 0
) -> Review:
    return Review(
        package=reviewed("1.1"),
        base=None if old is None else reviewed("1.0"),
        required=in_words(required(new.manifest)),
        optional=in_words(optional(new.manifest)),
        difference=None if old is None else difference(old, new),
        findings=findings,
        finding_total=total,
    )


def test_an_update_is_told_in_full() -> None:
    assert (
        review_text(review(old=OLD, findings=(WARNING,), total=1))
        == """\
Permissions
  Read your browsing history
  permissions
    storage
    tabs

Permissions that may be asked for later
  Read and change your bookmarks
  permissions
    bookmarks

Changes since 1.0, which was in the store
  warnings
    + Read your browsing history
    - Read and change your data on old.com
  permissions
    + tabs
  hosts
    - https://old.com/*
  warnings that may be asked for later
    + Read and change your bookmarks
  permissions that may be asked for later
    + bookmarks
  files: 1 added, 1 removed, 2 changed
    + c.js
    - a.js
    ~ b.js
    ~ manifest.json

Warnings of the check: 1
  c.js:12: DynamicCode: eval does not work. Rewrite it."""
    )


def test_a_first_version_without_permissions_says_so() -> None:
    assert (
        review_text(review(Content({"manifest_version": 3}, {})))
        == """\
Permissions
  none

Permissions that may be asked for later
  none

Changes: nothing was in the store, so all of it is new

Warnings of the check: none"""
    )


def test_files_that_cannot_be_compared_are_not_said_to_be_the_same() -> None:
    text = review_text(review(old=Content(OLD.manifest, None)))

    assert "  files: not known, for one of the two was uploaded before the store kept what it takes" in text
    assert "    + tabs" in text


def test_of_long_lists_the_first_are_shown_and_the_rest_is_counted() -> None:
    many = Content(NEW.manifest, {f"{number:03}.js": "1" for number in range(100)})
    findings = tuple(WARNING._replace(line=number) for number in range(1, 101))

    lines = review_text(review(many, old=OLD, findings=findings, total=250)).splitlines()

    assert "  files: 100 added, 3 removed, 0 changed" in lines
    assert [line for line in lines if "more" in line] == ["    + … and 70 more", "  … and 220 more"]
    assert len([line for line in lines if "DynamicCode" in line]) == 30


def test_no_warning_in_words_is_left_out_however_many_hosts_there_are() -> None:
    hosts = [f"https://{number}.example/*" for number in range(1000)]
    keys = {"manifest_version": 3, "host_permissions": hosts, "permissions": ["tabs", "nativeMessaging"]}

    lines = review_text(review(Content(keys, {}))).splitlines()

    assert lines[1].startswith("  Read and change your data on a number of websites: 0.example, 1.example")
    assert lines[1].endswith("… and 970 more")
    assert lines[2:4] == [
        "  Read your browsing history",
        "  Communicate with cooperating native applications",
    ]


def test_what_a_package_brings_moves_no_cursor_and_begins_no_line() -> None:
    hostile = "x\n::error::\x1b[2Jy"
    keys = {"manifest_version": 3, "permissions": [hostile], "optional_permissions": [hostile]}
    finding = Finding("JunkFile", "warning", hostile, hostile, hostile)

    text = review_text(review(Content(keys, {hostile: "1"}), Content({}, {}), (finding,), 1))

    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line.startswith("::")]
    assert "    + x ::error:: [2Jy" in text.splitlines()
