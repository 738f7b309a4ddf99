// `@modelcontextprotocol/sdk` 1.x, which speaks revisions up to 2025-11-25. Environment: MCP_URL, MCP_TOKEN.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { run, variable } from './calls.mjs';

const headers = { Authorization: `Bearer ${variable('MCP_TOKEN')}` };
const transport = new StreamableHTTPClientTransport(new URL(variable('MCP_URL')), { requestInit: { headers } });
const client = new Client({ name: 'typescript-sdk', version: '1.0.0' });
await client.connect(transport);
await run(client, transport.protocolVersion);
await transport.terminateSession();
await client.close();
