// A gateway of the built program: started, restarted over the same data at the same port, and asked for tokens.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The user of a gateway that nobody else can reach: the code that it prints is theirs. */
export const LOCAL_USER = 'me@localhost';

/** The first result of an attempt, which is repeated for five seconds. */
async function eventually(fault, attempt) {
  for (let tries = 0; tries < 100; tries += 1) {
    const result = await attempt();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(fault);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Gateway {
  constructor(program, port, environment) {
    this.program = program;
    this.data = mkdtempSync(join(tmpdir(), 'mana-hosts-'));
    this.url = `http://127.0.0.1:${port}`;
    this.environment = { PATH: process.env.PATH, HOME: this.data, DATA_DIR: this.data, PORT: String(port), ...environment };
  }

  static async start(program, environment = {}) {
    const gateway = new Gateway(program, await freePort(), environment);
    await gateway.serve();
    return gateway;
  }

  async serve() {
    this.child = spawn(this.program, ['serve'], { env: this.environment, stdio: ['ignore', 'pipe', 'ignore'] });
    this.printed = '';
    this.child.stdout.on('data', (chunk) => (this.printed += chunk));
    const isReady = async () => (await fetch(`${this.url}/ready`).catch(() => undefined))?.ok;
    await eventually('the gateway does not start', isReady);
  }

  /** The code for the browser, which is good once. */
  code() {
    const printed = () => this.printed.match(/The browser asks for this code once: (\S+)/)?.[1];
    return eventually('the gateway prints no code for the browser', printed);
  }

  async end() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }

  async restart() {
    await this.end();
    await this.serve();
  }

  token(user) {
    return execFileSync(this.program, ['token', '--user', user], { env: this.environment }).toString().trim();
  }

  /** A token that has expired. Only the tests' services make one this short, over the same data. */
  async expiredToken(user) {
    const program = join(dirname(this.program), 'mana-mcp-test-services');
    const services = spawn(program, { env: this.environment, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      let printed = '';
      let identity;
      for await (const chunk of services.stdout) {
        printed += chunk;
        // Both lines: who stops reading before the second one ends the program that prints it.
        identity = printed.match(/MANA_AUTH_URL=(\S+)\nMANA_SYNC_URL=\S+\n/)?.[1];
        if (identity) break;
      }
      const body = JSON.stringify({ user, seconds: 1 });
      const made = await fetch(`${identity}/test/tokens`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      const { token } = await made.json();
      // The gateway allows for clocks that differ by 5 s.
      await new Promise((resolve) => setTimeout(resolve, 7000));
      return token;
    } finally {
      services.kill('SIGTERM');
    }
  }

  /** The titles of the user's tasks. */
  tasks(user) {
    const list = execFileSync(this.program, ['call', 'todo.list', '{}', '--user', user], { env: this.environment });
    return JSON.parse(list.toString()).tasks.map(({ title }) => title);
  }

  async stop() {
    await this.end();
    rmSync(this.data, { recursive: true, force: true });
  }
}
