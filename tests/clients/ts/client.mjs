// `@modelcontextprotocol/client` 2.x. Environment: MCP_URL, MCP_TOKEN, MCP_REVISION (2025-11-25 or 2026-07-28).
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { run, variable } from './calls.mjs';

const revision = variable('MCP_REVISION');
const token = variable('MCP_TOKEN');
const mode = revision === '2025-11-25' ? 'legacy' : { pin: revision };
const client = new Client({ name: 'typescript-client', version: '1.0.0' }, { versionNegotiation: { mode } });
await client.connect(
  new StreamableHTTPClientTransport(new URL(variable('MCP_URL')), { authProvider: { token: async () => token } }),
);
await run(client, client.getNegotiatedProtocolVersion());
await client.close();
