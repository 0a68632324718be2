"""Makes each secret once, and hands it to those who need it: each directory is a volume of its own.

What is there stays, so this may be repeated; only root and the containers that a volume is mounted into see what is in it.
"""

import base64
import json
import os
import pathlib
import secrets

from cryptography.hazmat.primitives.asymmetric import ec

ROOT = pathlib.Path("/secrets")


def write(name, text):
    draft = ROOT / (name + ".draft")
    draft.write_text(text)
    draft.chmod(0o444)
    os.replace(draft, ROOT / name)


def kept(name, make):
    if not (ROOT / name).exists():
        write(name, make())
    return (ROOT / name).read_text()


def password(name):
    return kept(name, secrets.token_urlsafe)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def conductor_key():
    key = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    public = key.public_numbers
    return json.dumps({
        "kty": "EC", "crv": "P-256", "use": "enc", "alg": "ECDH-ES+A256KW", "kid": "conductor",
        "x": base64url(public.x.to_bytes(32, "big")),
        "y": base64url(public.y.to_bytes(32, "big")),
        "d": base64url(key.private_value.to_bytes(32, "big")),
    })


password("postgresql/postgres")
write("keystone/database", "postgresql://keystone:%s@postgresql/keystone" % password("postgresql/keystone"))
for service in ("provisioner", "token-issuer", "revoker"):
    properties = "lanyard.database.password=%s\n" % password("postgresql/" + service)
    if service != "token-issuer":
        properties += "lanyard.keystone.password=%s\n" % password("keystone/" + service)
    write(service + "/application.properties", properties)

kept("key-ring/first", lambda: base64.b64encode(secrets.token_bytes(32)).decode())

conductor = json.loads(kept("home/conductor.jwk", conductor_key))
del conductor["d"]
write("token-issuer/recipients.jwks", json.dumps({"keys": [conductor]}))
write("home/env", "".join("export %s='%s'\n" % variable for variable in {
    "LANYARD_KAFKA": "127.0.0.1:19092",
    "LANYARD_DOOR_URL": "http://127.0.0.1:18080/v3",
    "LANYARD_CONDUCTOR_KEY": "conductor.jwk",
    "OS_AUTH_URL": "http://127.0.0.1:15000/v3",
    "OS_USERNAME": "admin",
    "OS_PASSWORD": password("keystone/admin"),
    "OS_PROJECT_NAME": "admin",
    "OS_USER_DOMAIN_NAME": "Default",
    "OS_PROJECT_DOMAIN_NAME": "Default",
    "OS_IDENTITY_API_VERSION": "3",
}.items()))
