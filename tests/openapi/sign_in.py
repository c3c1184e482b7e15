"""Signs in for schemathesis, again and again, because its requests also end sessions."""

import os

import requests
import schemathesis

LOGIN = os.environ["LOGIN_URL"]
CREDENTIALS = {"email": os.environ["LOGIN_EMAIL"], "password": os.environ["LOGIN_PASSWORD"]}


@schemathesis.auth(refresh_interval=2)
class SignedIn:
    def get(self, case, context):
        response = requests.post(LOGIN, json=CREDENTIALS, timeout=20)
        return response.cookies["token"]

    def set(self, case, token, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
