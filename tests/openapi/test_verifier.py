"""Checks the verifier in Python: its results for the published tokens, and when it trusts what it remembers."""

import json
import time
import unittest
from pathlib import Path

from verifier import FOLLOWED_BEFORE_QUESTION, USERS_MAX, Feed, Refused, check_token

VECTORS = Path(__file__).parents[1] / "vectors/tokens.json"
METADATA = {"drawbridge": {"change_feed": {"watermark_max_age_ms": 1500}}}
# What verify-service's clock shows.
SERVER_MS = 1_800_000_000_000
BEFORE, AFTER = "2020-01-01T00:00:00.123456Z", "2100-01-01T00:00:00Z"


class Tokens(unittest.TestCase):
    def test_published_tokens_get_the_published_results(self):
        vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
        feed = Feed(vectors["metadata"])
        feed.apply("keys", vectors["keys"])
        self.assertGreater(len(vectors["cases"]), 100)
        for case in vectors["cases"]:
            with self.subTest(case["name"]):
                try:
                    claims = check_token(case["token"], feed.keys, feed.metadata, case["accepts"], vectors["now"])
                    result = {"user": claims["sub"], "session": claims["sid"]}
                except Refused as refusal:
                    result = {"code": str(refusal)}
                self.assertEqual(result, case["expected"])

    def test_keys_with_other_algorithms_are_skipped(self):
        feed = Feed(METADATA)
        feed.apply("keys", {"keys": [{"kty": "oct", "alg": "HS256", "kid": "secret", "k": "c2VjcmV0"}]})
        self.assertEqual(feed.keys, {})


def answer(user="ada", session="phone", expires_at=AFTER):
    return {"user": {"id": user}, "session": {"id": session, "expires_at": expires_at}}


def opened(delivered_ms_ago=0):
    """A feed that has just begun, with one watermark."""
    feed = Feed(METADATA)
    feed.apply("reset", {"time": SERVER_MS})
    feed.apply("watermark", {"time": SERVER_MS, "delivered_until": SERVER_MS - delivered_ms_ago})
    return feed


def following(*versions):
    """A feed that has been open for long enough to remember answers, and has announced these versions of Ada."""
    feed = opened()
    feed.following_since -= FOLLOWED_BEFORE_QUESTION
    feed.apply("watermark", {"time": SERVER_MS, "delivered_until": SERVER_MS})
    for version in versions:
        feed.apply("user", {"id": "ada", "version": version})
    return feed


class Watermarks(unittest.TestCase):
    def test_age_counts_and_not_the_arrival(self):
        for delivered_ms_ago, is_current in [(0, True), (1300, True), (1500, False), (10_000, False)]:
            self.assertIs(opened(delivered_ms_ago).is_current(), is_current, delivered_ms_ago)

    def test_both_clocks_count(self):
        for clock in ("opened", "opened_wall"):
            feed = opened()
            setattr(feed, clock, getattr(feed, clock) - 1.5)
            self.assertFalse(feed.is_current(), clock)

    def test_an_age_below_zero_ends_the_connection(self):
        feed = opened()
        with self.assertRaises(ValueError):
            feed.apply("watermark", {"time": SERVER_MS, "delivered_until": SERVER_MS + 1000})
        feed.opened -= 1.1
        self.assertFalse(feed.is_current())

    def test_time_counts_from_the_beginning_of_the_response(self):
        feed = opened()
        feed.opened -= 10
        feed.apply("reset", {"time": SERVER_MS + 10_000})
        feed.apply("watermark", {"time": SERVER_MS + 10_000, "delivered_until": SERVER_MS + 9_900})
        self.assertTrue(feed.is_current())

    def test_no_watermark_is_not_current(self):
        feed = Feed(METADATA)
        self.assertFalse(feed.is_current())
        feed.apply("reset", {"time": SERVER_MS})
        self.assertFalse(feed.is_current())


class Memory(unittest.TestCase):
    def assert_remembered(self, feed, version, expected):
        feed.remember(answer(), version, time.monotonic())
        self.assertIs(feed.recall("ada", "phone") is not None, expected)

    def test_an_answer_of_the_newest_version_is_remembered(self):
        self.assert_remembered(following(), 7, True)
        self.assert_remembered(following(7), 7, True)

    def test_an_answer_of_an_older_version_is_not(self):
        self.assert_remembered(following(8), 7, False)
        self.assert_remembered(following(8, 7), 7, False)

    def test_an_answer_without_a_record_is_not(self):
        self.assert_remembered(following(), None, False)

    def test_an_answer_soon_after_the_first_watermark_is_not(self):
        self.assert_remembered(opened(), 7, False)
        feed = following()
        feed.apply("reset", {"time": SERVER_MS})
        self.assert_remembered(feed, 7, False)
        feed.apply("watermark", {"time": SERVER_MS, "delivered_until": SERVER_MS})
        self.assert_remembered(feed, 7, False)

    def test_a_change_or_a_reset_is_forgotten(self):
        for event, data in [("user", {"id": "ada", "version": 8}), ("reset", {"time": SERVER_MS})]:
            feed = following()
            self.assert_remembered(feed, 7, True)
            feed.apply(event, data)
            self.assertIsNone(feed.recall("ada", "phone"), event)

    def test_other_events_and_other_users_change_nothing(self):
        feed = following()
        self.assert_remembered(feed, 7, True)
        feed.apply("user", {"id": "bob", "version": 8})
        feed.apply("future", {})
        self.assertIsNotNone(feed.recall("ada", "phone"))
        self.assertIsNone(feed.recall("ada", "laptop"))
        self.assertIsNone(feed.recall("bob", "phone"))

    def test_a_session_that_has_ended_is_not_recalled(self):
        feed = following()
        feed.remember(answer(expires_at=BEFORE), 7, time.monotonic())
        self.assertIsNone(feed.recall("ada", "phone"))

    def test_memory_is_bounded(self):
        feed = following()
        for user in range(USERS_MAX + 10):
            feed.remember(answer(str(user)), 7, time.monotonic())
        self.assertEqual(len(feed.remembered), USERS_MAX)
        for user in range(USERS_MAX + 1):
            feed.apply("user", {"id": str(user), "version": 8})
        self.assertLessEqual(len(feed.announced), USERS_MAX)
        # The feed has forgotten some versions, so an older answer must not be remembered.
        feed.apply("watermark", {"time": SERVER_MS, "delivered_until": SERVER_MS})
        feed.remember(answer("0"), 7, time.monotonic())
        self.assertIsNone(feed.recall("0", "phone"))


if __name__ == "__main__":
    unittest.main()
