"""Writes the archives of ``tests/corpus/zip``: ``python -m tests.corpus.make``.

Every file has one fault. The same run gives the same bytes.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.corpus.writer import (
    BIT_ENCRYPTED,
    BIT_MASKED,
    BIT_PATCHED,
    DIRECTORY,
    FIFO,
    LINK,
    MANIFEST,
    REGULAR,
    SCRIPT,
    Member,
    deflated,
    extra,
    folder,
    inside,
    known,
    local_header,
    manifest,
    pack,
    script,
    streamed,
    unicode_path,
    wide_sizes,
)

FOLDER = Path(__file__).parent / "zip"
TABLE = FOLDER / "table.tsv"

OF_EXTENSIONS: Mapping[str, Any] = {
    "action": 1,
    "background": {"service_worker": "gone.js"},
    "chrome_settings_overrides": {"homepage": "nowhere"},
    "chrome_url_overrides": {"newtab": "gone.html"},
    "commands": 1,
    "content_scripts": [{"matches": ["nowhere"], "js": ["gone.js"]}],
    "content_security_policy": {"extension_pages": "script-src *", "sandbox": 1},
    "cross_origin_embedder_policy": 1,
    "declarative_net_request": {"rule_resources": [{"id": "r", "path": "gone.json", "enabled": True}]},
    "devtools_page": "//example.com/p.html",
    "externally_connectable": {"matches": ["nowhere"]},
    "homepage_url": "nowhere",
    "host_permissions": 1,
    "incognito": "sometimes",
    "oauth2": {},
    "offline_enabled": 1,
    "omnibox": {},
    "optional_host_permissions": [1],
    "optional_permissions": [1],
    "options_page": "gone.html",
    "options_ui": {"page": "gone.html", "chrome_style": True},
    "permissions": 1,
    "requirements": {"plugins": {"npapi": True}},
    "sandbox": {"pages": ["gone.html", 1]},
    "side_panel": {"default_path": "gone.html"},
    "storage": {"managed_schema": "gone.json"},
    "tts_engine": {"voices": 1},
    "web_accessible_resources": ["a.js"],
}
"""Keys that the browser reads in extensions only, each with a value for which it or a store refuses one."""


def accepted() -> Iterator[tuple[str, bytes]]:
    """What honest packers write."""
    yield "deflated", pack([manifest(), script()])
    yield "stored", pack([manifest(method=0), script(method=0)])
    yield "comment", pack([manifest()], comment=b"built by nobody")
    yield "entry-comment", pack([manifest(comment=b"the manifest"), script()])
    yield "descriptor", pack([streamed(manifest()), streamed(script())])
    yield "descriptor-unsigned", pack([streamed(manifest(), signature=b""), script()])
    yield "descriptor-zip64", pack([streamed(manifest(), form="<LQQ"), script()])
    yield "descriptor-sizes-known", pack([known(streamed(script())), manifest()])
    yield "stored-descriptor", pack([streamed(manifest(method=0)), script()])
    yield "zip64-local-extra", pack([wide_sizes(manifest(), local=True, central=False)])
    yield "zip64-extras", pack([wide_sizes(manifest(), local=True, central=True), script()])
    yield "zip64-end-record", pack([manifest(), script()], zip64={})
    yield (
        "extra-fields",
        pack(
            [
                manifest(
                    local_extra=extra(0x5455, b"\x03" + bytes(8)),
                    central_extra=extra(0x5455, b"\x03" + bytes(4)),
                ),
                script(local_extra=b"\0\0\0"),
            ]
        ),
    )
    yield (
        "unicode-path-same",
        pack(
            [
                manifest(),
                script(
                    central_extra=unicode_path(b"a.js", b"a.js"), local_extra=unicode_path(b"a.js", b"a.js")
                ),
            ]
        ),
    )
    yield "utf8-name", pack([manifest(), script("bücher/日本.js".encode(), flags=1 << 11)])
    yield (
        "directory-entries",
        pack([manifest(), folder(b"js/"), folder(b"js/x/", method=8), script(b"js/x/a.js")]),
    )
    yield (
        "dos-made-by",
        pack([manifest(made_by=20, mode=0), folder(b"js/", made_by=20, mode=0), script(b"js/a.js")]),
    )
    yield "mode-zero", pack([manifest(mode=0), script(mode=0)])
    yield (
        "empty-files",
        pack([manifest(), Member(b"a.js"), Member(b"b.js", method=0), Member(b"c.js", packed=b"")]),
    )
    for kind in ("theme", "export"):
        keys = json.loads(MANIFEST) | {kind: {}} | OF_EXTENSIONS
        yield f"{kind}-ignored-keys", pack([Member(b"manifest.json", json.dumps(keys).encode())])
    yield "enclosing-folder", pack([folder(b"ext/"), inside(b"ext/", manifest()), script(b"ext/a.js")])
    yield (
        "enclosing-folder-macos",
        pack(
            [inside(b"ext/", manifest()), script(b"ext/.DS_Store"), script(b"__MACOSX/ext/._manifest.json")]
        ),
    )
    yield "nested-archive", pack([manifest(), Member(b"inner.zip", pack([manifest()]), method=0)])
    yield "one-well-compressed-file", pack([manifest(), Member(b"zeros.bin", bytes(400_000))])
    yield "folders-differ-by-case", pack([manifest(), script(b"img/a.js"), script(b"IMG/b.js")])
    yield (
        "windows-like-names",
        pack([manifest(), script(b"console.js"), script(b"nullable/com10.js"), script(b".aux.js")]),
    )


def rejected() -> Iterator[tuple[str, str, bytes]]:
    """File, rule, bytes."""
    yield from _no_archives()
    yield from _bad_ends()
    yield from _bad_headers()
    yield from _bad_data()
    yield from _bad_layout()
    yield from _bad_names()
    yield from _bad_manifests()


def _no_archives() -> Iterator[tuple[str, str, bytes]]:
    good = pack([manifest(), script()])
    yield "empty-body", "PackageEmpty", b""
    yield "one-byte", "PackageNotZip", b"P"
    yield "text", "PackageNotZip", b"This is no archive.\n" * 9
    yield "gzip", "PackageNotZip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + deflated(good) + bytes(8)
    yield "crx", "PackageIsCrx", b"Cr24\x03\0\0\0\x04\0\0\0\x82\xf1\x04\0" + good
    yield "no-entries", "ZipEmpty", pack([])
    for cut in (1, 21, 22, 60, len(good) - 4):
        yield f"cut-{cut}", "ZipTruncated", good[:-cut]
    yield "comment-cut", "ZipTruncated", pack([manifest()], comment=b"a comment")[:-3]


def _bad_ends() -> Iterator[tuple[str, str, bytes]]:
    members = [manifest(), script()]
    good = pack(members)
    yield "disk-1", "ZipMultiDisk", pack(members, end={"disk": 1, "directory_disk": 1})
    yield "entry-on-disk-2", "ZipMultiDisk", pack([manifest(), script(central={"disk": 2})])
    yield "zip64-two-disks", "ZipMultiDisk", pack(members, zip64={"disks": 2})
    yield "counts-differ", "ZipCorrupt", pack(members, end={"here": 1})
    yield "count-too-small", "ZipCorrupt", pack(members, end={"here": 1, "count": 1})
    yield "count-too-great", "ZipCorrupt", pack(members, end={"here": 3, "count": 3})
    yield "directory-too-short", "ZipCorrupt", pack(members, end={"size": 99})
    yield "directory-too-long", "ZipCorrupt", pack(members, end={"size": 101 + 200})
    yield "directory-at-zero", "ZipCorrupt", pack(members, end={"offset": 0})
    yield "directory-nowhere", "ZipTruncated", pack(members, end={"offset": 1 << 30, "size": 1 << 20})
    yield "directory-signature", "ZipCorrupt", pack([manifest(), script(central={"signature": 0x02014B51})])
    yield "zip64-count-lies", "ZipCorrupt", pack(members, zip64={}, end={"here": 1, "count": 1})
    yield "zip64-locator-lies", "ZipCorrupt", pack(members, zip64={"at": 7})
    yield "zip64-locator-huge", "ZipCorrupt", pack(members, zip64={"at": (1 << 64) - 1})
    yield "zip64-directory-huge", "ZipCorrupt", pack(members, zip64={"offset": (1 << 64) - 1})
    yield "trailing-newline", "ZipTrailingData", good + b"\n"
    yield "comment-longer-than-told", "ZipTrailingData", pack(members, comment=b"abc", end={"comment": 1})
    yield "archive-in-comment", "ZipAmbiguous", pack(members, comment=pack([manifest()]))
    yield "end-record-in-comment", "ZipAmbiguous", pack(members, comment=b"PK\x05\x06" + bytes(18))


def _bad_headers() -> Iterator[tuple[str, str, bytes]]:
    def one(name: str, rule: str, member: Member) -> tuple[str, str, bytes]:
        return name, rule, pack([manifest(), member])

    yield one("encrypted", "ZipEncryptedEntry", script(flags=BIT_ENCRYPTED))
    yield one("headers-masked", "ZipEncryptedEntry", script(flags=BIT_MASKED))
    yield one("aes", "ZipEncryptedEntry", script(method=99))
    for method, name in ((1, "shrink"), (9, "deflate64"), (12, "bzip2"), (14, "lzma"), (93, "zstd")):
        yield one(name, "ZipUnsupportedCompression", script(method=method))
    yield one("patched-data", "ZipUnsupportedFeature", script(flags=BIT_PATCHED))
    yield one("version-needed-64", "ZipUnsupportedFeature", script(needed=64))
    yield one("symlink", "ZipSymlink", Member(b"a.js", b"/etc/passwd", method=0, mode=LINK))
    yield one("fifo", "ZipSpecialFile", Member(b"pipe", mode=FIFO))
    yield one("folder-mode-without-slash", "ZipSpecialFile", script(mode=DIRECTORY))
    yield one("file-mode-with-slash", "ZipSpecialFile", Member(b"dir/", mode=REGULAR, method=0))
    yield one("folder-with-content", "ZipCorrupt", folder(b"dir/", data=SCRIPT))
    yield one("folder-with-hidden-bytes", "ZipCorrupt", folder(b"dir/", packed=b"hidden"))
    yield one("local-name-differs", "ZipHeaderMismatch", script(local_name=b"b.js"))
    yield one("local-name-longer", "ZipHeaderMismatch", script(local_name=b"a.jsx"))
    yield one("local-method-differs", "ZipHeaderMismatch", script(local={"method": 0}))
    yield one("local-flags-differ", "ZipHeaderMismatch", script(local={"flags": BIT_ENCRYPTED}))
    yield one("local-size-differs", "ZipHeaderMismatch", script(local={"size": 5}))
    yield one("local-packed-differs", "ZipHeaderMismatch", script(local={"packed": 5}))
    yield one("local-crc-differs", "ZipHeaderMismatch", script(local={"crc": 5}))
    yield one(
        "unicode-path-central", "ZipHeaderMismatch", script(central_extra=unicode_path(b"a.js", b"b.js"))
    )
    yield one("unicode-path-local", "ZipHeaderMismatch", script(local_extra=unicode_path(b"a.js", b"b.js")))
    yield one("descriptor-crc-differs", "ZipHeaderMismatch", streamed(script(), crc=7))
    yield one("local-signature", "ZipCorrupt", script(local={"signature": 0x04034B51}))
    yield one("local-offset-far", "ZipCorrupt", script(central={"offset": 1 << 30}))
    yield one("extra-field-overlong", "ZipCorrupt", script(central_extra=b"\x55\x54\xff\0"))
    yield one("zip64-extra-missing", "ZipCorrupt", script(central={"size": 0xFFFFFFFF}))
    yield one("zip64-extra-twice", "ZipCorrupt", script(central_extra=extra(1, bytes(8)) * 2))


def _bad_data() -> Iterator[tuple[str, str, bytes]]:
    def one(name: str, rule: str, member: Member) -> tuple[str, str, bytes]:
        return name, rule, pack([manifest(), member])

    broken = bytearray(deflated(SCRIPT))
    broken[0] ^= 0b110
    yield one("deflate-block-type", "ZipCorrupt", script(packed=bytes(broken)))
    yield one("deflate-ends-early", "ZipCorrupt", script(packed=deflated(SCRIPT)[:-2]))
    yield one("deflate-goes-on", "ZipCorrupt", script(packed=deflated(SCRIPT) + b"more"))
    zeros = bytes(400_000)
    yield one(
        "deflate-goes-on-behind-pieces",
        "ZipCorrupt",
        Member(b"zeros", zeros, packed=deflated(zeros) + b"more"),
    )
    yield one("deflate-empty", "ZipCorrupt", script(packed=b""))
    yield one("stored-crc", "ZipCrcMismatch", script(method=0, both={"crc": 1}))
    yield one("deflated-crc", "ZipCrcMismatch", script(both={"crc": 1}))
    yield one("longer-than-told", "ZipSizeMismatch", script(both={"size": 10}))
    yield one("shorter-than-told", "ZipSizeMismatch", script(both={"size": 1000}))
    yield one("stored-sizes-differ", "ZipSizeMismatch", script(method=0, both={"size": 1000}))


def _bad_layout() -> Iterator[tuple[str, str, bytes]]:
    members = [manifest(), script()]
    good = pack(members)
    yield "two-archives", "ZipPrefixData", pack([manifest()]) + good
    yield "prefix", "ZipPrefixData", b"#!/bin/sh\n" + good
    yield "prefix-offsets-adjusted", "ZipPrefixData", pack(members, prefix=b"<html>")
    yield "prefix-zip64", "ZipPrefixData", b"#!/bin/sh\n" + pack(members, zip64={})
    yield "gap-before-directory", "ZipHiddenData", pack(members, before_directory=b"hidden")
    yield "gap-behind-directory", "ZipHiddenData", pack(members, before_end=b"hidden")
    yield (
        "unlisted-entry",
        "ZipHiddenData",
        pack([manifest(descriptor=local_header(script()) + script().body), script(b"b.js")]),
    )
    yield "same-entry-twice", "ZipOverlap", pack([manifest(), script(central={"offset": 0})], prefix=b"")
    kernel = script(b"b.js", method=0)
    quoted = local_header(kernel) + kernel.body
    quoting = Member(b"a.js", quoted, method=0, packed=b"", both={"packed": len(quoted)})
    yield "quoted-entry", "ZipOverlap", pack([manifest(), quoting, kernel])
    bomb = Member(b"zeros.bin", packed=b"", both={"size": 600 << 20})
    yield "one-file-of-600-mib", "ZipBomb", pack([manifest(), bomb])
    zeros = [Member(b"%d.bin" % i, packed=bytes(64), both={"size": 300 << 20}) for i in range(4)]
    yield "sum-of-1200-mib", "ZipBomb", pack([manifest(), *zeros])
    yield (
        "ratio-above-100",
        "ZipBomb",
        pack([manifest(), Member(b"0.bin", packed=bytes(999), both={"size": 101 << 20})]),
    )


def _bad_names() -> Iterator[tuple[str, str, bytes]]:
    named = {
        "ZipPathTraversal": (b"../a.js", b"x/../../a.js", b"x/.."),
        "ZipAbsolutePath": (b"/a.js", b"//host/a.js", b"C:/a.js", b"c:a.js"),
        "ZipBackslashPath": (b"x\\a.js", b"..\\a.js", b"C:\\a.js"),
        "ZipInvalidPath": (
            b"",
            b"/",
            b"x//a.js",
            b"x/./a.js",
            b"./a.js",
            b"x/.",
            b"a\0.js",
            b"a\n.js",
            b"a\x7f.js",
            b"x//",
        ),
        "ZipNameTooLong": (b"n" * 256, b"x/" * 511 + b"abc", b"y" * 65_535),
        "ZipNameEncoding": (b"\xff.js", b"x\xc0\xafa.js", b"\xed\xa0\x80.js"),
        "ZipReservedName": (
            b"CON",
            b"x/nul.txt",
            b"Aux.tar.gz",
            b"lpt9 .js",
            "com¹.js".encode(),
            b"a:b",
            b"a?.js",
            b"a*",
            b"x./a",
            b"a ",
        ),
    }
    for rule, names in named.items():
        for index, name in enumerate(names):
            yield f"name-{rule.removeprefix('Zip').lower()}-{index}", rule, pack([manifest(), script(name)])
    yield "twice", "ZipDuplicateEntry", pack([manifest(), script(), script()])
    yield "manifest-twice", "ZipDuplicateEntry", pack([manifest(), manifest()])
    yield "case", "ZipCaseCollision", pack([manifest(), script(b"img/A.js"), script(b"IMG/a.js")])
    yield (
        "case-sharp-s",
        "ZipCaseCollision",
        pack([manifest(), script("stra\u00dfe".encode()), script(b"STRASSE")]),
    )
    yield "case-file-and-folder", "ZipCaseCollision", pack([manifest(), script(b"lib"), script(b"LIB/a.js")])
    yield (
        "file-and-folder",
        "ZipFileDirectoryConflict",
        pack([manifest(), script(b"lib"), script(b"lib/a.js")]),
    )
    yield (
        "file-and-folder-entry",
        "ZipFileDirectoryConflict",
        pack([manifest(), script(b"lib"), folder(b"lib/")]),
    )


def _bad_manifests() -> Iterator[tuple[str, str, bytes]]:
    yield "no-manifest", "ManifestMissing", pack([script()])
    yield "manifest-upper-case", "ManifestMissing", pack([Member(b"Manifest.json", MANIFEST)])
    yield "manifest-is-a-folder", "ManifestMissing", pack([folder(b"manifest.json/")])
    yield "manifest-two-folders-down", "ManifestNotAtRoot", pack([inside(b"a/b/", manifest())])
    yield (
        "file-beside-folder",
        "FilesOutsideManifestRoot",
        pack([inside(b"ext/", manifest()), script(b"README.md")]),
    )
    yield (
        "two-extensions",
        "FilesOutsideManifestRoot",
        pack([inside(b"a/", manifest()), inside(b"b/", manifest())]),
    )
    yield (
        "manifest-too-large",
        "ManifestTooLarge",
        pack([Member(b"manifest.json", MANIFEST + b" " * (1 << 20))]),
    )
    texts: dict[str, tuple[bytes, ...]] = {
        "ManifestJson": (
            b"",
            b'{"a": 1,}',
            b"\xff{}",
            b"{} {}",
            "\ufeff\ufeff{}".encode(),
            MANIFEST.decode().encode("utf-16"),
        ),
        "ManifestNotObject": (b"[]", b"null", b'"x"'),
        "InvalidManifestVersion": (
            b"{}",
            b'{"manifest_version": "3"}',
            b'{"manifest_version": 3.0}',
            b'{"manifest_version": 1}',
        ),
        "ManifestVersionUnsupported": (b'{"manifest_version": 2}', b'{"manifest_version": 4}'),
        "InvalidName": (b'{"manifest_version": 3}', b'{"name": ""}', b'{"name": 5}'),
        "VersionInvalid": (
            b'{"name": "x"}',
            b'{"version": 1}',
            b'{"version": "1.0.0.0.0"}',
            b'{"version": "0.0"}',
            b'{"version": "01"}',
        ),
    }
    for rule, contents in texts.items():
        for index, text in enumerate(contents):
            yield f"{rule.lower()}-{index}", rule, pack([Member(b"manifest.json", text), script()])


def main() -> None:
    """Write all files and the table."""
    rows = []
    for name, data in accepted():
        (FOLDER / "accept" / f"{name}.zip").write_bytes(data)
        rows.append(f"accept/{name}.zip\t")
    for name, rule, data in rejected():
        (FOLDER / "reject" / f"{name}.zip").write_bytes(data)
        rows.append(f"reject/{name}.zip\t{rule}")
    TABLE.write_text("".join(f"{row}\n" for row in rows))


if __name__ == "__main__":
    main()
