// The official clients sign in with OAuth. A browser without scripts allows what is asked. Environment: MCP_URL, MCP_CODE (the
// code that the gateway printed), MCP_CLIENT (`client` for 2.x, `sdk` for 1.x). Prints what came of it, as JSON.
import { variable } from './calls.mjs';

const isSdk = variable('MCP_CLIENT') === 'sdk';
const { Client } = isSdk
  ? await import('@modelcontextprotocol/sdk/client/index.js')
  : await import('@modelcontextprotocol/client');
const { StreamableHTTPClientTransport } = isSdk
  ? await import('@modelcontextprotocol/sdk/client/streamableHttp.js')
  : await import('@modelcontextprotocol/client');

const cookies = new Map();

async function browse(url, form) {
  const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  if (form) headers.origin = new URL(url).origin;
  const answer = await fetch(url, { method: form ? 'POST' : 'GET', body: form, headers, redirect: 'manual' });
  for (const cookie of answer.headers.getSetCookie()) {
    const [name, value] = cookie.split(';')[0].split(/=(.*)/s);
    cookies.set(name, value);
  }
  return answer;
}

const field = (page, name) => page.match(new RegExp(`type="hidden" name="${name}" value="([^"]*)"`))[1];

/** The person at the page: types the code, ticks everything and allows it. */
async function allow(url) {
  let page = await (await browse(url)).text();
  if (page.includes('name="code"')) {
    const form = new URLSearchParams({ request: field(page, 'request'), code: variable('MCP_CODE') });
    const entered = await browse(new URL('/authorize/code', url), form);
    page = await (await browse(new URL(entered.headers.get('location'), url))).text();
  }
  const form = new URLSearchParams({ request: field(page, 'request'), decision: 'allow' });
  for (const [, name, value] of page.matchAll(/type="checkbox" name="([^"]*)" value="([^"]*)"/g)) form.append(name, value);
  const decided = await browse(new URL('/authorize/decision', url), form);
  const answer = new URL(decided.headers.get('location'));
  if (answer.searchParams.get('state') !== url.searchParams.get('state')) throw new Error('another state');
  return answer.searchParams;
}

class Provider {
  redirectUrl = 'http://127.0.0.1:4466/callback';
  clientMetadata = {
    client_name: 'TypeScript client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  state = () => 'a state';
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  redirectToAuthorization = (url) => void (this.asked = url);
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
}

const provider = new Provider();
const url = new URL(variable('MCP_URL'));
const transport = () => new StreamableHTTPClientTransport(url, { authProvider: provider });
const connect = async () => {
  const client = new Client({ name: 'typescript', version: '1.0.0' });
  await client.connect(transport());
  return client;
};

const first = transport();
const refused = await new Client({ name: 'typescript', version: '1.0.0' }).connect(first).then(
  () => 'connected',
  (error) => error.constructor.name,
);
const answer = await allow(provider.asked);
await first.finishAuth(isSdk ? answer.get('code') : answer);
const granted = provider.saved.scope;
const client = await connect();
const { tools } = await client.listTools();
const called = await client.callTool({ name: 'spaces_list', arguments: {} });

// A token that is no more: the client refreshes by itself.
const { refresh_token: before } = provider.saved;
provider.saved = { ...provider.saved, access_token: 'expired' };
const again = await (await connect()).callTool({ name: 'spaces_list', arguments: {} });
console.log(
  JSON.stringify({
    refused,
    granted,
    scope: provider.asked.searchParams.get('scope'),
    resource: provider.asked.searchParams.get('resource'),
    tools: tools.length,
    isError: [called.isError ?? false, again.isError ?? false],
    isRefreshed: provider.saved.refresh_token !== before && provider.saved.access_token !== 'expired',
  }),
);
process.exit(0);
