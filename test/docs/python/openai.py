"""As much of the openai package as the examples of /docs use, for machines that do not have it."""

import json
from types import SimpleNamespace
from urllib.request import Request, urlopen


class OpenAI:
    def __init__(self, base_url, api_key):
        self.base_url, self.api_key = base_url, api_key
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.create))

    def create(self, **body):
        head = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        answer = urlopen(Request(f"{self.base_url}/chat/completions", json.dumps(body).encode(), head))
        return events(answer) if body.get("stream") else spaced(answer.read())


def events(answer):
    for line in answer:
        if line.startswith(b"data: {"):
            yield spaced(line[6:])


def spaced(text):
    return json.loads(text, object_hook=Loose)


class Loose(SimpleNamespace):
    def __init__(self, fields):
        super().__init__(**fields)

    def __getattr__(self, _):
        return None
