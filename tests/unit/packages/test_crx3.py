import hashlib
import io
import os
import struct
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from openaddons.errors import CrxInvalid
from openaddons.packages.archive import Archive
from openaddons.packages.canonical import write_canonical
from openaddons.packages.crx3 import crx_id, verify_crx, write_crx
from tests.conftest import need_program
from tests.corpus.writer import manifest, pack, script

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

ZIP = pack([manifest(), script()])


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def signed(key: rsa.RSAPrivateKey) -> bytes:
    out = io.BytesIO()
    write_crx(io.BytesIO(ZIP), out, key)
    return out.getvalue()


def spki(private_key: PrivateKey) -> bytes:
    return private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def crx(*proofs: bytes, data: bytes, zip_bytes: bytes = ZIP) -> bytes:
    """A CRX3 file put together by hand."""
    header = b"".join(proofs) + field(10_000, data)
    return b"Cr24" + struct.pack("<LL", 3, len(header)) + header + zip_bytes


def proof(private_key: PrivateKey, data: bytes, zip_bytes: bytes = ZIP, pad: Any = None) -> bytes:
    message = b"CRX3 SignedData\0" + struct.pack("<L", len(data)) + data + zip_bytes
    if isinstance(private_key, rsa.RSAPrivateKey):
        signature = private_key.sign(message, pad or padding.PKCS1v15(), hashes.SHA256())
        return field(2, field(1, spki(private_key)) + field(2, signature))
    signature = private_key.sign(message, ec.ECDSA(hashes.SHA256()))
    return field(3, field(1, spki(private_key)) + field(2, signature))


def id_of(private_key: PrivateKey) -> bytes:
    return field(1, hashlib.sha256(spki(private_key)).digest()[:16])


def refusal(data: bytes) -> str:
    with pytest.raises(CrxInvalid) as refused:
        verify_crx(io.BytesIO(data))
    return str(refused.value.facts["problem"])


def test_the_id_is_half_the_hash_of_the_key_in_letters() -> None:
    # SHA-256 of nothing begins with e3b0c44298fc1c149afbf4c8996fb924.
    assert crx_id(b"") == "odlameecjipmbmbejkplpemijjgpljce"


def test_what_was_written_says_what_it_is(key: rsa.RSAPrivateKey) -> None:
    out = io.BytesIO()
    info = write_crx(io.BytesIO(ZIP), out, key)

    assert info.crx_id == crx_id(spki(key))
    assert info.sha256 == hashlib.sha256(out.getvalue()).hexdigest()
    assert info.size_bytes == len(out.getvalue())


def test_a_signature_is_the_same_every_time(key: rsa.RSAPrivateKey, signed: bytes) -> None:
    assert signed == crx(proof(key, id_of(key)), data=id_of(key))


def test_a_signed_package_is_verified(key: rsa.RSAPrivateKey, signed: bytes) -> None:
    verified = verify_crx(io.BytesIO(signed))

    assert verified.crx_id == crx_id(spki(key))
    assert verified.public_keys == (spki(key),)
    assert signed[verified.zip_offset :] == ZIP


def test_it_is_written_where_the_file_stands(key: rsa.RSAPrivateKey, signed: bytes) -> None:
    out = io.BytesIO(b"head")
    out.seek(4)
    write_crx(io.BytesIO(ZIP), out, key)

    assert out.getvalue() == b"head" + signed


class Counted(io.BytesIO):
    """Remembers the largest read."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.largest = max(self.largest, len(piece))
        return piece


def test_the_zip_is_never_in_memory(key: rsa.RSAPrivateKey) -> None:
    file = Counted(bytes(20 << 20))
    write_crx(file, io.BytesIO(), key)

    assert file.largest <= 1 << 20


def test_all_proofs_must_hold_and_one_be_the_ids(key: rsa.RSAPrivateKey) -> None:
    other = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    data = id_of(key)
    verified = verify_crx(
        io.BytesIO(crx(proof(other, data), proof(key, data), proof(curve, data), data=data))
    )

    assert verified.public_keys == (spki(other), spki(key), spki(curve))
    assert refusal(crx(proof(other, data), data=data)) == "no proof is by the key that its id is made of"
    assert refusal(crx(proof(key, data), proof(other, b"else"), data=data)) == "a signature does not hold"


def test_a_p256_proof_alone_is_enough() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())

    assert verify_crx(io.BytesIO(crx(proof(curve, id_of(curve)), data=id_of(curve)))).crx_id == crx_id(
        spki(curve)
    )


def test_a_p256_signature_is_the_same_every_time_too() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    once, again = io.BytesIO(), io.BytesIO()
    write_crx(io.BytesIO(ZIP), once, curve)
    write_crx(io.BytesIO(ZIP), again, curve)

    assert once.getvalue() == again.getvalue()
    assert verify_crx(once).crx_id == crx_id(spki(curve))


def test_unknown_fields_are_passed_over(key: rsa.RSAPrivateKey) -> None:
    data = id_of(key) + field(7, b"new")
    unknown = field(4, b"verified contents") + b"\x28\x96\x01" + b"\x31" + bytes(8) + b"\x3d" + bytes(4)

    verified = verify_crx(io.BytesIO(crx(unknown, proof(key, data), data=data)))

    assert verified.crx_id == crx_id(spki(key))


def test_bytes_put_after_the_zip_break_the_signature(signed: bytes) -> None:
    assert refusal(signed + b"\0") == "a signature does not hold"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "it does not begin with Cr24"),
        (ZIP, "it does not begin with Cr24"),
        (b"CrOD" + bytes(20), "it is a delta update"),
        (b"Cr24\x03\0", "it is cut off"),
        (b"Cr24" + struct.pack("<LL", 2, 4) + bytes(99), "its format has version 2, only 3 is known"),
        (b"Cr24" + struct.pack("<LL", 3, 2 << 20), "its header has 2097152 bytes"),
        (b"Cr24" + struct.pack("<LL", 3, 100), "it is cut off"),
        (b"Cr24" + struct.pack("<LL", 3, 0), "it has no proof"),
        (crx(data=field(1, bytes(16))), "it has no proof"),
        (crx(*[field(2, b"")] * 65, data=field(1, bytes(16))), "it has 65 proofs"),
        (crx(field(2, b""), data=field(1, bytes(15))), "its header names no id of 16 bytes"),
        (
            crx(field(2, field(1, b"no key")), data=field(1, bytes(16))),
            "a proof has no public key that can be read",
        ),
        (crx(b"\x0b", data=b""), "its header cannot be read"),
        (crx(b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", data=b""), "its header cannot be read"),
        (b"Cr24" + struct.pack("<LL", 3, 3) + b"\x12\x7f\0", "its header cannot be read"),
        (b"Cr24" + struct.pack("<LL", 3, 1) + b"\x80", "its header cannot be read"),
        (b"Cr24" + struct.pack("<LL", 3, 2) + b"\x02\x00", "its header cannot be read"),
    ],
)
def test_what_is_no_signed_package_is_refused(data: bytes, problem: str) -> None:
    assert refusal(data) == problem


def test_other_curves_than_p256_are_refused() -> None:
    other = ec.generate_private_key(ec.SECP384R1())

    assert (
        refusal(crx(proof(other, id_of(other)), data=id_of(other))) == "a proof has a key of the wrong kind"
    )


def test_a_key_under_the_wrong_field_is_refused(key: rsa.RSAPrivateKey) -> None:
    members = field(1, spki(key)) + field(2, b"x")

    assert refusal(crx(field(3, members), data=id_of(key))) == "a proof has a key of the wrong kind"


def test_pss_is_refused_as_browsers_do(key: rsa.RSAPrivateKey) -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)

    assert refusal(crx(proof(key, id_of(key), pad=pss), data=id_of(key))) == "a signature does not hold"


def test_every_flipped_byte_is_noticed(key: rsa.RSAPrivateKey, signed: bytes) -> None:
    for at in range(0, len(signed), 7):
        with pytest.raises(CrxInvalid):
            verify_crx(io.BytesIO(signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]))


@pytest.fixture(scope="module")
def chromium() -> str:
    return need_program("chromium", hint="install chromium")


def run_chromium(chromium: str, home: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    command = [chromium, "--no-sandbox", f"--user-data-dir={home / 'profile'}", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_a_browser_packs_the_same_bytes(chromium: str, key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    extension = tmp_path / "extension"
    extension.mkdir()
    (extension / "manifest.json").write_bytes(manifest().data)
    (extension / "a.js").write_bytes(script().data)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(pem)
    run_chromium(
        chromium,
        tmp_path,
        f"--pack-extension={extension}",
        f"--pack-extension-key={tmp_path / 'key.pem'}",
        "--no-message-box",
    )
    theirs = (tmp_path / "extension.crx").read_bytes()
    verified = verify_crx(io.BytesIO(theirs))
    ours = io.BytesIO()
    write_crx(io.BytesIO(theirs[verified.zip_offset :]), ours, key)

    assert verified.crx_id == crx_id(spki(key))
    assert ours.getvalue() == theirs


def test_a_browser_takes_a_canonical_package(chromium: str, key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    archive = Archive.open(io.BytesIO(pack([manifest(), script("bücher/a.js".encode())], zip64={})))
    canonical = io.BytesIO()
    write_canonical(archive, canonical)
    with (tmp_path / "ours.crx").open("wb") as out:
        write_crx(canonical, out, key)

    answer = run_chromium(chromium, tmp_path, "--headless=new", f"--validate-crx={tmp_path / 'ours.crx'}")

    assert "ValidateCrx Success" in answer
