"""A publisher's own key: what browsers take is sealed, and the rest is refused with what to do."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from openaddons.errors import ValueRefused
from openaddons.packages.crx3 import crx_id
from openaddons.store.products import read_signing_key
from openaddons.store.sealing import MasterKey

_MASTER_KEY = MasterKey(bytes(32))
_FORMATS = {"PKCS #8": PrivateFormat.PKCS8, "traditional": PrivateFormat.TraditionalOpenSSL}


def _pem(
    key: PrivateKeyTypes,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


def _rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _mersenne(first: int, second: int) -> bytes:
    """A key of the primes 2^first - 1 and 2^second - 1: large ones take minutes to find otherwise."""
    p, q = 2**second - 1, 2**first - 1
    d = rsa.rsa_recover_private_exponent(65537, p, q)
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(65537, p * q),
    )
    return _pem(numbers.private_key(unsafe_skip_rsa_key_validation=True))


def test_small_and_large_keys_that_browsers_take_are_taken() -> None:
    for first, second in ((521, 607), (2203, 2281)):
        read = read_signing_key(_mersenne(first, second), _MASTER_KEY, product_id="product")
        assert len(read.crx_id) == 32


@pytest.mark.parametrize("form", _FORMATS)
@pytest.mark.parametrize("kind", ["RSA 1024", "RSA 2048", "P-256"])
def test_a_key_that_browsers_take_is_kept_with_its_crx_id(kind: str, form: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "P-256" else _rsa(int(kind.split()[1]))

    read = read_signing_key(_pem(key, _FORMATS[form]), _MASTER_KEY, product_id="product")

    opened = load_der_private_key(_MASTER_KEY.unseal(read.sealed, context="product"), password=None)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert read.crx_id == crx_id(public)
    assert hashlib.sha256(public).hexdigest()[:32].translate(_LETTERS) == read.crx_id
    assert _pem(opened) == _pem(key)


_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")

_RSA = _rsa(2048)


@pytest.mark.parametrize(
    ("pem", "sentence"),
    [
        (_pem(_RSA, encryption=BestAvailableEncryption(b"secret")), "it is encrypted. Decrypt it: openssl"),
        (
            _pem(_RSA, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")),
            "it is encrypted. Decrypt it: openssl",
        ),
        (
            _RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "it is no private key in PEM",
        ),
        (_pem(ed25519.Ed25519PrivateKey.generate()), "browsers take RSA keys of 1024 to 8192 bits"),
        (_mersenne(127, 521), "browsers take RSA keys of 1024 to 8192 bits"),
        (_mersenne(4253, 4423), "browsers take RSA keys of 1024 to 8192 bits"),
        (_mersenne(607, 1061), "it is no private key in PEM"),  # 2^1061 - 1 is no prime
        (_pem(ec.generate_private_key(ec.SECP384R1())), "browsers take RSA keys of 1024 to 8192 bits"),
        (
            _RSA.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            "it is no private key in PEM",
        ),
        (_pem(_RSA)[:-200], "it is no private key in PEM"),
        (_pem(_RSA).replace(b"\n", b"\n!", 3), "it is no private key in PEM"),
        (b"", "it is no private key in PEM"),
        (b"\xff\xfe\x00" * 100, "it is no private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "it is no private key in PEM"),
    ],
    ids=[
        "encrypted", "encrypted as of old", "public", "Ed25519", "RSA 648", "RSA 8676", "RSA of no primes", "P-384",
        "DER", "cut off", "broken", "empty", "rubbish", "hollow",
    ],
)  # fmt: skip
def test_any_other_is_refused_with_a_sentence(pem: bytes, sentence: str) -> None:
    with pytest.raises(ValueRefused, match=sentence):
        read_signing_key(pem, _MASTER_KEY, product_id="product")
