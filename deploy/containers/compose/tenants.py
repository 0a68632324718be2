"""Makes what a cloud's operator makes in Keystone for Lanyard, and a customer to try it with. What is there stays."""

import json
import pathlib
import secrets
import urllib.error
import urllib.request

KEYSTONE = "http://keystone:5000/v3"
SECRETS = pathlib.Path("/run/secrets")


def call(method, path, body=None, token=None):
    request = urllib.request.Request(
        KEYSTONE + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **({"X-Auth-Token": token} if token else {})},
    )
    return urllib.request.urlopen(request)


def password(name):
    return (SECRETS / name).read_text()


TOKEN = call("POST", "/auth/tokens", {"auth": {
    "identity": {"methods": ["password"], "password": {"user": {
        "name": "admin", "domain": {"id": "default"}, "password": password("admin")}}},
    "scope": {"project": {"name": "admin", "domain": {"id": "default"}}},
}}).headers["X-Subject-Token"]


def made(kind, name, **more):
    """The id of what is called so, once it is there."""
    try:
        call("POST", "/%ss" % kind, {kind: {"name": name, **more}}, TOKEN)
    except urllib.error.HTTPError as error:
        if error.code != 409:
            raise
    return json.load(call("GET", "/%ss?name=%s" % (kind, name), token=TOKEN))[kind + "s"][0]["id"]


def grant(project, user, *roles):
    for role in roles:
        call("PUT", "/projects/%s/users/%s/roles/%s" % (project, user, made("role", role)), token=TOKEN)


service = made("project", "service", domain_id="default")
for name in ("provisioner", "revoker"):
    user = made("user", "lanyard-" + name, domain_id="default", password=password(name))
    grant(service, user, "admin")

# Nobody logs in as the customer: the conductor says that a cluster is theirs.
demo = made("user", "demo", domain_id="default", password=secrets.token_urlsafe())
grant(made("project", "demo", domain_id="default"), demo, "member", "load-balancer_member")
