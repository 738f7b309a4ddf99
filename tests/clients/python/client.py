"""The official Python client (`mcp` 2.x). Environment: MCP_URL, MCP_TOKEN, MCP_REVISION (2025-11-25 or 2026-07-28).

Makes the calls of `../calls.json` and prints one line of JSON about them.
"""

import asyncio
import json
import os
from pathlib import Path

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

CALLS = json.loads((Path(__file__).parent.parent / "calls.json").read_text(encoding="utf-8"))


def at(value, pointer):
    """The value that a JSON Pointer names."""
    for key in pointer.split("/")[1:]:
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


async def main():
    revision = os.environ["MCP_REVISION"]
    mode = "legacy" if revision == "2025-11-25" else revision
    headers = {"Authorization": f"Bearer {os.environ['MCP_TOKEN']}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        transport = streamable_http_client(os.environ["MCP_URL"], http_client=http)
        async with Client(transport, mode=mode) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            kept, calls = {}, []
            for call in CALLS:
                arguments = {
                    key: kept[value[1:]] if isinstance(value, str) and value.startswith("$") else value
                    for key, value in call["arguments"].items()
                }
                result = await client.call_tool(call["tool"], arguments)
                structured = result.structured_content
                for name, pointer in call.get("keep", {}).items():
                    kept[name] = at(structured, pointer)
                text = result.content[0].text if result.content else None
                calls.append(
                    {"tool": call["tool"], "isError": bool(result.is_error), "structured": structured, "text": text}
                )
            print(json.dumps({"protocolVersion": client.protocol_version, "tools": tools, "calls": calls}))


asyncio.run(main())
