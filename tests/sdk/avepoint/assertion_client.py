"""The client that has no secret: it registered a certificate and signs what it sends."""

import functools
import os
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ASSERTION_CLIENT_ID = os.environ.get("AVEPOINT_ASSERTION_CLIENT_ID")
FILES = [os.environ.get(f"AVEPOINT_ASSERTION_{name}_FILE") for name in ["KEY", "CERTIFICATE"]]

needs_assertion_client = unittest.skipUnless(
    ASSERTION_CLIENT_ID and all(FILES), "AVEPOINT_ASSERTION_CLIENT_ID, _KEY_FILE and _CERTIFICATE_FILE are not all set"
)


def _text(path):
    if not path:
        return None
    with open(path, encoding="ascii") as file:
        return file.read()


KEY, CERTIFICATE = map(_text, FILES)


@functools.cache
def another_key():
    """A private key in PEM that no client registered."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()
