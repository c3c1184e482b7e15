"""Verifies Drawbridge's tokens in this process, as docs/changes.md describes.

Needs Python 3.11 or newer, and PyJWT 2.15 or newer (`pip install "pyjwt[crypto]"`).
"""

import json
import logging
import random
import re
import threading
import time
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt

Json = dict[str, Any]

TOKEN = re.compile(r"(?=.{1,2048}\Z)[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
CLAIMS = {"iss": str, "aud": str, "sub": str, "sid": str, "iat": int, "exp": int}
REFUSALS = {"invalid_token", "expired_token", "user_not_found", "user_disabled", "session_revoked"}
USERS_MAX = 10_000
TIMEOUT, FOLLOWED_BEFORE_QUESTION = 5.0, 2.0  # in seconds


class Refused(Exception):
    """The token is not valid, or is no longer valid. The text is the code."""


class Unavailable(Exception):
    """The token cannot be verified right now, which says nothing about the user."""


def check_token(token: str, keys: dict[str, jwt.PyJWK], metadata: Json, accepts: Json, now: float) -> Json:
    """The claims of a token that is valid if its session has not ended."""
    own, drawbridge = metadata["drawbridge"]["session"]["audience"], metadata["drawbridge"]
    try:
        header = jwt.get_unverified_header(token)
        key = keys[header["kid"]]
        # The key determines the algorithm. PyJWT checks the signature only.
        options: Any = {f"verify_{claim}": False for claim in ("aud", "exp", "iat", "nbf")}
        claims: Json = jwt.decode(token, key, algorithms=[key.algorithm_name], options=options)
        is_ours = all(type(claims[name]) is wanted for name, wanted in CLAIMS.items())
        is_ours = is_ours and TOKEN.fullmatch(token) is not None and "crit" not in header
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        raise Refused("invalid_token") from None
    is_access = header.get("typ") == drawbridge["access_token"]["typ"]
    # The deployment's own session tokens once had the type of access tokens.
    is_session = header.get("typ") == drawbridge["session"]["typ"] or (is_access and claims["aud"] == own)
    if "audience" in accepts:
        is_wanted = is_access and not is_session and claims["aud"] == accepts["audience"]
    else:
        is_wanted = is_session and claims["aud"] == accepts.get("session_audience", own)
    if not is_ours or not is_wanted or claims["iss"] not in [metadata["issuer"], *drawbridge["previous_issuers"]]:
        raise Refused("invalid_token")
    if claims["exp"] <= now:
        raise Refused("expired_token")
    return claims


class Feed:
    """A connection to the change feed, and the answers that may be remembered because of it."""

    def __init__(self, metadata: Json) -> None:
        self.metadata = metadata
        self.keys: dict[str, jwt.PyJWK] = {}
        self.opened = self.last_current = time.monotonic()
        self.opened_wall = time.time()
        self.server_opened_ms = 0  # verify-service's clock showed at most this when the request was sent
        self.delivered_until_ms: int | None = None
        self.following_since: float | None = None  # when the first watermark after the newest reset arrived
        self.announced: dict[str, int] = {}  # the newest version of each user
        self.remembered: dict[str, dict[str, Json]] = {}  # the answers, by user and session

    def age_ms(self, delivered_until_ms: int) -> float:
        passed = max(time.monotonic() - self.opened, time.time() - self.opened_wall)
        return self.server_opened_ms + passed * 1000 - delivered_until_ms

    def is_current(self) -> bool:
        if self.delivered_until_ms is None:
            return False
        max_age_ms: int = self.metadata["drawbridge"]["change_feed"]["watermark_max_age_ms"]
        return self.age_ms(self.delivered_until_ms) < max_age_ms

    def apply(self, event: str | None, data: Json) -> None:
        if event == "reset":
            self.server_opened_ms = self.server_opened_ms or data["time"]
            self.forget_all()
        elif event == "keys":
            usable = [jwk for jwk in data["keys"] if jwk.get("alg") in ("EdDSA", "ES256")]
            self.keys = {jwk["kid"]: jwt.PyJWK(jwk) for jwk in usable}
        elif event == "user":
            if len(self.announced) >= USERS_MAX:
                self.forget_all()
            self.announced[data["id"]] = max(data["version"], self.announced.get(data["id"], 0))
            self.remembered.pop(data["id"], None)
        elif event == "watermark":
            self.delivered_until_ms = None
            if self.age_ms(data["delivered_until"]) < 0:
                raise ValueError("a clock was changed")
            self.delivered_until_ms = data["delivered_until"]
            self.following_since = self.following_since or time.monotonic()
            if self.is_current():
                self.last_current = time.monotonic()

    def forget_all(self) -> None:
        self.remembered, self.announced, self.following_since = {}, {}, None

    def recall(self, user: str, session: str) -> Json | None:
        answer = self.remembered.get(user, {}).get(session)
        has_ended = answer and datetime.fromisoformat(answer["session"]["expires_at"]).timestamp() <= time.time()
        return None if has_ended else answer

    def remember(self, answer: Json, version: int | None, asked: float) -> None:
        """Remembers an answer if the feed names every change that the answer does not include."""
        user, session = answer["user"]["id"], answer["session"]["id"]
        if self.following_since is None or self.following_since > asked - FOLLOWED_BEFORE_QUESTION:
            return
        if version is None or self.announced.get(user, 0) > version:
            return
        if len(self.remembered) >= USERS_MAX:
            del self.remembered[next(iter(self.remembered))]
        self.remembered.setdefault(user, {})[session] = answer


class NoRedirects(HTTPRedirectHandler):
    """Follows no redirect, which would take the key or the token to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Verifier:
    """Verifies tokens, for any number of threads. Create it after your server has forked.

    `accepts` is what the body of POST /api/verify would say: {"audience": "orders"}, or {} for session tokens.
    """

    def __init__(self, origin: str, key: str, accepts: Json) -> None:
        self.origin, self.key, self.accepts = origin, key, accepts
        self.http, self.lock, self.feed = build_opener(NoRedirects), threading.Lock(), Feed({})
        threading.Thread(target=self.follow, daemon=True).start()

    def verify(self, token: str | None) -> Json:
        """The user and the session of a valid token, not to be changed. Raises Refused or Unavailable."""
        if not token or not TOKEN.fullmatch(token):
            raise Refused("invalid_token" if token else "missing_token")
        feed = self.feed
        with self.lock:
            if feed.is_current():
                claims = check_token(token, feed.keys, feed.metadata, self.accepts, time.time())
                answer = feed.recall(claims["sub"], claims["sid"])
                if answer is not None:
                    return answer
        return self.ask(token)

    def ask(self, token: str) -> Json:
        asked = time.monotonic()
        question = json.dumps(self.accepts | {"with_record": True}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            with self.open("verify", headers, question) as response:
                answer: Json = json.load(response)["data"]
            version = answer.pop("record", {}).get("version")
            del answer["session"]["token_issued_at"], answer["session"]["token_expires_at"]  # only of this token
            with self.lock:
                self.feed.remember(answer, version, asked)
            return answer
        except HTTPError as error:
            code = code_of(error)
            raise (Refused(code) if code in REFUSALS else Unavailable(str(error))) from None
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            raise Unavailable(str(error)) from error

    def follow(self) -> None:
        pause = 0.1
        while True:
            started = time.monotonic()
            try:
                self.read_feed()
            except Exception as error:
                logging.warning("the change feed ended: %s", error)
            pause = 0.2 if time.monotonic() - started > TIMEOUT else min(pause * 2, 5)
            time.sleep(random.uniform(0, pause))

    def read_feed(self) -> None:
        self.feed, event = Feed(self.load_metadata()), Json()
        with self.open("changes", {"X-Drawbridge-Key": self.key}) as response:
            for line in response:
                name, _, value = line.decode().rstrip("\r\n").partition(":")
                event[name] = value.removeprefix(" ")
                if not line.strip():  # the end of an event
                    with self.lock:
                        self.feed.apply(event.get("event"), json.loads(event.get("data", "{}")))
                    event = {}
                if time.monotonic() - self.feed.last_current > TIMEOUT:
                    raise TimeoutError("no watermark is current")

    def load_metadata(self) -> Json:
        url = f"{self.origin}/.well-known/oauth-authorization-server"
        with self.http.open(url, timeout=TIMEOUT) as response:
            metadata: Json = json.load(response)
        if metadata["issuer"] != self.origin:
            raise ValueError(f"{url} describes {metadata['issuer']}")
        return metadata

    def open(self, endpoint: str, headers: dict[str, str], body: bytes | None = None) -> Any:
        drawbridge = (self.feed.metadata or self.load_metadata())["drawbridge"]
        url = drawbridge["frontend_origin"] + drawbridge["endpoints"][endpoint]
        return self.http.open(Request(url, body, headers), timeout=TIMEOUT)


def code_of(error: HTTPError) -> str | None:
    """The code of a refusal. None if the response says nothing about the token."""
    try:
        return str(json.load(error)["code"]) if error.code in (401, 403) else None
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return None
