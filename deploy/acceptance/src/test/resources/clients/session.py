"""One openstacksdk connection, for as long as the test wants.

The first line on standard input says how it logs in, as JSON. Each further line is something to do with it; the answer is a line
of JSON. Tokens are told as digests.
"""

import hashlib
import json
import sys

import openstack

IDENTITY = {"service_type": "identity", "interface": "public"}


def projects(session):
    answer = session.get("/auth/projects", endpoint_filter=IDENTITY).json()
    return [project["id"] for project in answer["projects"]]


def revoke(session):
    token = session.get_token()
    session.delete("/auth/tokens", endpoint_filter=IDENTITY, headers={"X-Subject-Token": token})
    return []


def digest(session):
    return hashlib.sha256(session.auth.auth_ref.auth_token.encode()).hexdigest()


def main():
    login = json.loads(sys.stdin.readline())
    # A client gives up a token some time before its end; that time is in proportion to how long tokens live.
    spare = login.pop("spare_seconds", None)
    connection = openstack.connect(load_yaml_config=False, load_envvars=False, **login)
    session = connection.session
    if spare is not None:
        session.auth.MIN_TOKEN_LIFE_SECONDS = spare
    for line in sys.stdin:
        try:
            done = {"projects": projects, "revoke": revoke}[line.strip()](session)
            told = {
                "projects": done,
                "project": session.get_project_id(),
                "token": digest(session),
                "endpoint": session.get_endpoint(**IDENTITY),
            }
        except Exception as error:
            told = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(told), flush=True)


main()
