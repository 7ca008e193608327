r"""Signed packages: CRX3, what browsers install.

::

    "Cr24" | 3 | length N of the header | CrxFileHeader, N bytes | ZIP      numbers: 32 bits, little endian

    CrxFileHeader:  2 sha256_with_rsa {1 public_key, 2 signature}, repeated     components/crx_file/crx3.proto
                    3 sha256_with_ecdsa (same form), repeated
                    10000 signed_header_data = {1 crx_id, 16 bytes}
    signed bytes:   "CRX3 SignedData\0" | length of signed_header_data | signed_header_data | ZIP

The comment in crx3.proto speaks of RSA-PSS; Chromium verifies RSA PKCS #1 v1.5 (crx_verifier.cc) and refuses
PSS. Three fields of Protocol Buffers need no library.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from openaddons.errors import CrxInvalid

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""A key that signs packages: RSA of 1024 to 8192 bits, or ECDSA on P-256 (crx_verifier.cc)."""

_MAGIC = b"Cr24"
_MAGIC_DELTA = b"CrOD"
_FORMAT_VERSION = 3
_PREAMBLE = struct.Struct("<4sLL")
_SIGNED_CONTEXT = b"CRX3 SignedData\0"
_ID_BYTES = 16
_LARGEST_HEADER_BYTES = 1 << 20
_MOST_PROOFS = 64
RSA_KEY_BITS = range(1024, 8192 + 1)
_CHUNK_BYTES = 1 << 20

_FIELD_RSA_PROOF = 2
_FIELD_ECDSA_PROOF = 3
_FIELD_SIGNED_HEADER_DATA = 10_000
_FIELD_PUBLIC_KEY = 1
_FIELD_SIGNATURE = 2
_FIELD_CRX_ID = 1

# RFC 6979. Verifying does not tell the difference.
_DETERMINISTIC = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)

_WIRE_VARINT, _WIRE_64_BITS, _WIRE_BYTES, _WIRE_32_BITS = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class CrxInfo:
    """A signed package that was written."""

    crx_id: str
    sha256: str
    """Of the whole file, in hexadecimal digits."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class VerifiedCrx:
    """A signed package whose proofs hold."""

    crx_id: str
    zip_offset: int
    public_keys: tuple[bytes, ...]
    """SubjectPublicKeyInfo, DER, of each proof in the order of the file."""


@dataclass(frozen=True, slots=True)
class _Proof:
    field: int
    public_key: bytes
    signature: bytes


def crx_id(public_key_der: bytes) -> str:
    """The id that browsers know an add-on by: half the hash of its public key, digits written a to p.

    ``public_key_der`` is the SubjectPublicKeyInfo (components/crx_file/id_util.cc).
    """
    return _spell_id(hashlib.sha256(public_key_der).digest()[:_ID_BYTES])


def write_crx(zip_file: BinaryIO, out: BinaryIO, key: PrivateKey) -> CrxInfo:
    """Sign the ZIP in ``zip_file`` with ``key`` and write the signed package to the current position of
    ``out``.

    The ZIP is read twice from its beginning and never held in memory. Its bytes are signed as they are:
    whether they are a sound archive is the caller's business. The same ZIP and key give the same bytes, which
    are those of ``chromium --pack-extension``.
    """
    public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed_header_data = _bytes_field(_FIELD_CRX_ID, hashlib.sha256(public_key).digest()[:_ID_BYTES])
    digest = _signed_digest(signed_header_data, _pieces(zip_file, 0))
    if isinstance(key, rsa.RSAPrivateKey):
        field, signature = _FIELD_RSA_PROOF, key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
    else:
        field, signature = _FIELD_ECDSA_PROOF, key.sign(digest, _DETERMINISTIC)
    proof = _bytes_field(_FIELD_PUBLIC_KEY, public_key) + _bytes_field(_FIELD_SIGNATURE, signature)
    header = _bytes_field(field, proof) + _bytes_field(_FIELD_SIGNED_HEADER_DATA, signed_header_data)
    head = _PREAMBLE.pack(_MAGIC, _FORMAT_VERSION, len(header)) + header
    out.write(head)
    whole, size = hashlib.sha256(head), len(head)
    for piece in _pieces(zip_file, 0):
        out.write(piece)
        whole.update(piece)
        size += len(piece)
    return CrxInfo(crx_id(public_key), whole.hexdigest(), size)


def verify_crx(file: BinaryIO) -> VerifiedCrx:
    """Check the proofs of a signed package as Chromium does (crx_verifier.cc).

    All proofs must hold, and one must be by the key that the id is made of.

    Raises:
        CrxInvalid: the file is no such package; its message says why.
    """
    file.seek(0)
    preamble = file.read(_PREAMBLE.size)
    if preamble[:4] == _MAGIC_DELTA:
        raise CrxInvalid(problem="it is a delta update")
    if preamble[:4] != _MAGIC:
        raise CrxInvalid(problem="it does not begin with Cr24")
    if len(preamble) < _PREAMBLE.size:
        raise CrxInvalid(problem="it is cut off")
    _, version, header_bytes = _PREAMBLE.unpack(preamble)
    if version != _FORMAT_VERSION:
        raise CrxInvalid(problem=f"its format has version {version}, only {_FORMAT_VERSION} is known")
    if header_bytes > _LARGEST_HEADER_BYTES:
        raise CrxInvalid(problem=f"its header has {header_bytes} bytes")
    header = file.read(header_bytes)
    if len(header) != header_bytes:
        raise CrxInvalid(problem="it is cut off")
    proofs, signed_header_data = _read_header(header)
    declared_id = dict(_byte_fields(signed_header_data)).get(_FIELD_CRX_ID, b"")
    if len(declared_id) != _ID_BYTES:
        raise CrxInvalid(problem="its header names no id of 16 bytes")
    zip_offset = _PREAMBLE.size + header_bytes
    digest = _signed_digest(signed_header_data, _pieces(file, zip_offset))
    for proof in proofs:
        _verify_proof(proof, digest)
    if not any(hashlib.sha256(proof.public_key).digest().startswith(declared_id) for proof in proofs):
        raise CrxInvalid(problem="no proof is by the key that its id is made of")
    return VerifiedCrx(_spell_id(declared_id), zip_offset, tuple(proof.public_key for proof in proofs))


def _read_header(header: bytes) -> tuple[list[_Proof], bytes]:
    """The proofs and the signed header data of a CrxFileHeader."""
    proofs = []
    signed_header_data = b""
    for field, value in _byte_fields(header):
        if field in {_FIELD_RSA_PROOF, _FIELD_ECDSA_PROOF}:
            members = dict(_byte_fields(value))
            proofs.append(
                _Proof(field, members.get(_FIELD_PUBLIC_KEY, b""), members.get(_FIELD_SIGNATURE, b""))
            )
        elif field == _FIELD_SIGNED_HEADER_DATA:
            signed_header_data = value
    if not proofs:
        raise CrxInvalid(problem="it has no proof")
    if len(proofs) > _MOST_PROOFS:
        raise CrxInvalid(problem=f"it has {len(proofs)} proofs")
    return proofs, signed_header_data


def _verify_proof(proof: _Proof, digest: bytes) -> None:
    try:
        key = load_der_public_key(proof.public_key)
    except (ValueError, UnsupportedAlgorithm):
        raise CrxInvalid(problem="a proof has no public key that can be read") from None
    try:
        if proof.field == _FIELD_RSA_PROOF and isinstance(key, rsa.RSAPublicKey):
            if key.key_size not in RSA_KEY_BITS:
                raise CrxInvalid(problem=f"a proof has an RSA key of {key.key_size} bits")
            key.verify(proof.signature, digest, padding.PKCS1v15(), Prehashed(SHA256()))
        elif (
            proof.field == _FIELD_ECDSA_PROOF
            and isinstance(key, ec.EllipticCurvePublicKey)
            and isinstance(key.curve, ec.SECP256R1)
        ):
            key.verify(proof.signature, digest, ec.ECDSA(Prehashed(SHA256())))
        else:
            raise CrxInvalid(problem="a proof has a key of the wrong kind")
    except InvalidSignature:
        raise CrxInvalid(problem="a signature does not hold") from None


def _spell_id(half_hash: bytes) -> str:
    return half_hash.hex().translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))


def _pieces(file: BinaryIO, offset: int) -> Iterator[bytes]:
    file.seek(offset)
    while piece := file.read(_CHUNK_BYTES):
        yield piece


def _signed_digest(signed_header_data: bytes, zip_pieces: Iterator[bytes]) -> bytes:
    """SHA-256 of the bytes that proofs sign."""
    signed = hashlib.sha256(_SIGNED_CONTEXT)
    signed.update(len(signed_header_data).to_bytes(4, "little"))
    signed.update(signed_header_data)
    for piece in zip_pieces:
        signed.update(piece)
    return signed.digest()


def _bytes_field(field: int, value: bytes) -> bytes:
    """A length-delimited field (protobuf.dev, Encoding)."""
    return _varint(field << 3 | _WIRE_BYTES) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _byte_fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a message; others are passed over, for a newer format may have them."""
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        field, wire = tag >> 3, tag & 7
        if wire == _WIRE_BYTES:
            length, at = _read_varint(message, at)
        elif wire == _WIRE_VARINT:
            _, after = _read_varint(message, at)
            length = after - at
        elif wire in {_WIRE_64_BITS, _WIRE_32_BITS}:
            length = 8 if wire == _WIRE_64_BITS else 4
        else:
            raise CrxInvalid(problem="its header cannot be read")
        if not field or at + length > len(message):
            raise CrxInvalid(problem="its header cannot be read")
        if wire == _WIRE_BYTES:
            yield field, message[at : at + length]
        at += length


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for index, byte in enumerate(message[at : at + 10]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, at + index + 1
    raise CrxInvalid(problem="its header cannot be read")
