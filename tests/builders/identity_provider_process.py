"""Runs Canaille, a real identity provider, on 127.0.0.1 with people in memory: `python THIS_FILE PORT SETUP_JSON`.

Says `ready` when it listens. The line `rotate` on its input makes it sign with a new key and forget the old one.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import canaille
from canaille.app import models
from canaille.backends import Backend
from canaille.backends.memory.backend import MemoryBackend
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server


def _answer_exactly() -> None:
    """Canaille's memory answers with what has any of the values asked for; a code must have them all."""
    loosely = MemoryBackend.do_query

    def exactly(self: MemoryBackend, model: Any, *args: Any, **wanted: Any) -> list[Any]:
        found = loosely(self, model, *args, **wanted)
        for attribute, value in wanted.items():
            ids = {one.id for one in loosely(self, model, **{attribute: value})}
            found = [one for one in found if one.id in ids]
        return found

    MemoryBackend.do_query = exactly


def _key() -> dict[str, Any]:
    return RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)


def _configuration(port: int) -> dict[str, Any]:
    return {
        "SECRET_KEY": "only-for-tests",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "SESSION_COOKIE_SECURE": False,
        "CANAILLE": {"DATABASE": "memory", "SMTP": None, "TIMEZONE": "UTC"},
        "CANAILLE_OIDC": {
            "ACTIVE_JWKS": [_key()],
            # No client counts as trusted, so that the page which asks for consent is shown.
            "TRUSTED_DOMAINS": ["nowhere.invalid"],
        },
    }


def _fill(setup: dict[str, Any]) -> None:
    backend = Backend.instance
    people = {}
    for name, (address, password) in setup["people"].items():
        user = models.User(user_name=name, given_name=name, family_name="Test", formatted_name=name, emails=[address])
        backend.save(user)
        backend.set_user_password(user, password)
        people[name] = user
    for group, members in setup["groups"].items():
        backend.save(models.Group(display_name=group, members=[people[name] for name in members]))
    client = models.Client(
        client_id=setup["client_id"],
        client_secret=setup["client_secret"],
        client_name="Tiebeam",
        client_uri="https://tiebeam.invalid",
        redirect_uris=setup["redirect_uris"],
        post_logout_redirect_uris=setup["post_logout_redirect_uris"],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid", "email", "profile", "groups"],
        token_endpoint_auth_method="client_secret_basic",
    )
    backend.save(client)
    client.audience = [client]
    backend.save(client)


def main() -> None:
    port, setup = int(sys.argv[1]), json.loads(sys.argv[2])
    _answer_exactly()
    app = canaille.create_app(config=_configuration(port), env_file=None)
    # Its settings know no such claim, though it tells the claims it finds here.
    verified = "{% if not user.preferred_email.startswith('unverified') %}true{% endif %}"
    app.config["CANAILLE_OIDC"]["USERINFO_MAPPING"]["EMAIL_VERIFIED"] = verified
    with app.app_context():
        _fill(setup)

    def obey() -> None:
        for line in sys.stdin:
            if line.strip() == "rotate":
                app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [_key()]
                print("rotated", flush=True)

    threading.Thread(target=obey, daemon=True).start()
    server = make_server("127.0.0.1", port, app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
