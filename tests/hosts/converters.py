"""Converts the tools that a gateway lists, as agent frameworks do before they ask a model.

Reads the JSON of a `tools/list` result from standard input. Each converter must accept each tool, and keep every argument.
"""

import copy
import json
import sys

from agents.strict_schema import ensure_strict_json_schema
from anthropic import transform_schema
from langchain_google_genai._function_utils import convert_to_genai_function_declarations


def anthropic(tool):
    return transform_schema(tool["inputSchema"])["properties"]


def openai_agents(tool):
    return ensure_strict_json_schema(tool["inputSchema"])["properties"]


def google(tool):
    function = {"name": tool["name"], "description": tool["description"], "parameters": tool["inputSchema"]}
    converted = convert_to_genai_function_declarations([{"type": "function", "function": function}])
    declared = getattr(converted, "function_declarations", None) or converted[0].function_declarations
    parameters = declared[0].parameters
    return parameters.properties if parameters else {}


def main():
    tools = json.load(sys.stdin)["tools"]
    faults = 0
    for convert in (anthropic, openai_agents, google):
        for tool in tools:
            wanted = set(tool["inputSchema"]["properties"])
            try:
                kept = set(convert(copy.deepcopy(tool)) or {})
            except Exception as error:  # Whatever a converter raises is a fault of the schema.
                faults += 1
                print(f"{convert.__name__}: {tool['name']}: {error!r}", file=sys.stderr)
                continue
            if kept != wanted:
                faults += 1
                print(f"{convert.__name__}: {tool['name']}: lost {wanted - kept}", file=sys.stderr)
        print(f"{convert.__name__}: {len(tools)} tools")
    sys.exit(1 if faults else 0)


main()
