// The calls that every client makes (`../calls.json`), and the one line of JSON that it prints about them.
import { readFileSync } from 'node:fs';

const CALLS = JSON.parse(readFileSync(new URL('../calls.json', import.meta.url), 'utf8'));

const at = (value, pointer) => pointer.split('/').slice(1).reduce((inner, key) => inner?.[key], value);

/** Lists the tools and makes every call with `client`, then prints the summary. */
export async function run(client, protocolVersion) {
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  const kept = {};
  const calls = [];
  for (const { tool, arguments: given, keep = {} } of CALLS) {
    const filled = Object.entries(given).map(([key, value]) => {
      const reference = typeof value === 'string' && value.startsWith('$');
      return [key, reference ? kept[value.slice(1)] : value];
    });
    const result = await client.callTool({ name: tool, arguments: Object.fromEntries(filled) });
    const structured = result.structuredContent ?? null;
    for (const [name, pointer] of Object.entries(keep)) kept[name] = at(structured, pointer);
    calls.push({ tool, isError: result.isError ?? false, structured, text: result.content?.[0]?.text ?? null });
  }
  console.log(JSON.stringify({ protocolVersion, tools, calls }));
}

/** A required variable of the environment. */
export function variable(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
