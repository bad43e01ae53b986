"""Connects the generated clients by what the API descriptions say about authentication."""

import json
import os
from pathlib import Path

DESCRIPTIONS = Path(__file__).resolve().parents[3] / "openapi"
BASE_URL = os.environ["BASE_URL"].rstrip("/")
ADMIN_URL = os.environ["ADMIN_URL"].rstrip("/")


def security_scheme(document, name):
    """The security scheme `name` of a description."""
    description = json.loads((DESCRIPTIONS / f"{document}.json").read_text(encoding="utf-8"))
    return description["components"]["securitySchemes"][name]


def authenticated(package, scheme, credential, base_url=BASE_URL):
    """The client of a generated package that authenticates by a security scheme of its description."""
    described = security_scheme(package.__name__.removesuffix("_client"), scheme)
    if described["type"] == "apiKey":
        in_header = {"prefix": "", "auth_header_name": described["name"]}
    elif described["type"] == "oauth2" or described.get("scheme") == "bearer":
        in_header = {}
    else:
        raise ValueError(f"no header is known for the security scheme {scheme}")
    return package.AuthenticatedClient(base_url, credential, raise_on_unexpected_status=True, **in_header)


def anonymous(package):
    """The client of a generated package without credentials."""
    return package.Client(BASE_URL, raise_on_unexpected_status=True)
