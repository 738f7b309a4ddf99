"""The official Python client (`mcp` 2.x) signs in with OAuth. A browser without scripts allows what is asked.

Environment: MCP_URL, MCP_CODE (the code that the gateway printed). Prints what came of it, as JSON.
"""

import asyncio
import json
import os
import re
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

REDIRECT = "http://127.0.0.1:4466/callback"


class Storage:
    """What the client keeps: its registration and its tokens."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Person:
    """Types the code, ticks everything and allows it."""

    asked = None

    def __init__(self, url):
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        self.browser = httpx2.AsyncClient(base_url=origin, headers={"Origin": origin})

    async def open(self, url):
        self.asked = url

    async def answer(self):
        page = (await self.browser.get(self.asked)).text
        if 'name="code"' in page:
            form = {"request": field(page, "request"), "code": os.environ["MCP_CODE"]}
            entered = await self.browser.post("/authorize/code", data=form)
            page = (await self.browser.get(entered.headers["location"])).text
        form = {"request": field(page, "request"), "decision": "allow"}
        for name, value in re.findall(r'type="checkbox" name="([^"]*)" value="([^"]*)"', page):
            form.setdefault(name, []).append(value)
        decided = await self.browser.post("/authorize/decision", data=form)
        answer = {name: values[0] for name, values in parse_qs(urlsplit(decided.headers["location"]).query).items()}
        return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer.get("iss"))


def field(page, name):
    return re.search(f'type="hidden" name="{name}" value="([^"]*)"', page)[1]


async def main():
    url, storage = os.environ["MCP_URL"], Storage()
    person = Person(url)
    metadata = OAuthClientMetadata(
        client_name="Python client",
        redirect_uris=[REDIRECT],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
    )

    async def connected(use):
        auth = OAuthClientProvider(url, metadata, storage, person.open, person.answer)
        async with httpx2.AsyncClient(auth=auth) as http:
            async with Client(streamable_http_client(url, http_client=http)) as client:
                return await use(client)

    async def first(client):
        tools = (await client.list_tools()).tools
        return len(tools), (await client.call_tool("spaces_list", {})).is_error

    async def later(client):
        return (await client.call_tool("spaces_list", {})).is_error

    tools, is_error = await connected(first)
    granted, before = storage.tokens.scope, storage.tokens.refresh_token
    # A token that has ended: the client refreshes by itself.
    storage.tokens = storage.tokens.model_copy(update={"access_token": "expired", "expires_in": -1})
    again = await connected(later)
    query = parse_qs(urlsplit(person.asked).query)
    summary = {
        "granted": granted,
        "resource": query["resource"][0],
        "tools": tools,
        "isError": [bool(is_error), bool(again)],
        "isRefreshed": storage.tokens.refresh_token != before and storage.tokens.access_token != "expired",
    }
    print(json.dumps(summary))


asyncio.run(main())
