// The person who signs a host in: a browser without scripts that types the code, ticks everything and allows it. What a host
// starts as the browser hands its address over on loopback.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const field = (page, name) => page.match(new RegExp(`type="hidden" name="${name}" value="([^"]*)"`))?.[1];

// A page that does not come is a fault, and not a wait.
const patience = () => AbortSignal.timeout(10_000);

/** A person at the pages of a gateway. */
export class Person {
  constructor(gateway) {
    this.gateway = gateway;
    this.cookies = new Map();
  }

  async visit(path, form) {
    const url = new URL(path, this.gateway.url);
    const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    if (form) headers.origin = url.origin;
    const body = form && new URLSearchParams(form);
    const answer = await fetch(url, { method: form ? 'POST' : 'GET', body, headers, redirect: 'manual', signal: patience() });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split(/=(.*)/s);
      this.cookies.set(name, value);
    }
    if (answer.status >= 400) throw new Error(`${url.pathname}: ${answer.status} ${await answer.text()}`);
    const location = answer.headers.get('location');
    return { location, page: location ? '' : await answer.text() };
  }

  /** Allows everything that a program asks for at this address, and goes back to the program. */
  async allow(address) {
    if (!address.startsWith(`${this.gateway.url}/authorize?`)) throw new Error(`the host opens ${address}`);
    let { page } = await this.visit(address);
    if (page.includes('name="code"')) {
      const entered = await this.visit('/authorize/code', { request: field(page, 'request'), code: await this.gateway.code() });
      ({ page } = await this.visit(entered.location));
    }
    const ticked = page.matchAll(/type="checkbox" name="([^"]*)" value="([^"]*)"/g);
    const form = [['request', field(page, 'request')], ['decision', 'allow'], ...[...ticked].map(([, name, value]) => [name, value])];
    const { location } = await this.visit('/authorize/decision', form);
    const answer = await fetch(location, { signal: patience() });
    if (!answer.ok) throw new Error(`the host's own page: ${answer.status} ${await answer.text()}`);
  }

  /** Disconnects every program; returns how many there were. */
  async disconnectAll() {
    const { page } = await this.visit('/connections');
    const grants = [...page.matchAll(/name="grant" value="([^"]*)"/g)].map(([, grant]) => grant);
    for (const grant of grants) await this.visit('/connections/end', { grant });
    return grants.length;
  }
}

/** Stands where a host looks for the browser: under the name of the system's opener, and in the variable `BROWSER`. */
export class Browser {
  /** What it opens goes to `visit`. */
  static async start(visit) {
    const browser = new Browser();
    browser.visits = [];
    browser.server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      // The host may wait for its browser before it listens for the answer.
      response.end();
      const visited = visit(Buffer.concat(chunks).toString());
      visited.catch(() => {}); // Told to whoever awaits the visits.
      browser.visits.push(visited);
    });
    await new Promise((resolve) => browser.server.listen(0, '127.0.0.1', resolve));
    const script = `fetch("http://127.0.0.1:${browser.server.address().port}", { method: "POST", body: process.argv.at(-1) })`;
    browser.folder = mkdtempSync(join(tmpdir(), 'mana-browser-'));
    browser.program = join(browser.folder, 'xdg-open');
    writeFileSync(browser.program, `#!/bin/sh\nexec '${process.execPath}' -e '${script}' "$@"\n`);
    chmodSync(browser.program, 0o755);
    return browser;
  }

  get environment() {
    return { BROWSER: this.program, PATH: `${this.folder}:${process.env.PATH}` };
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
