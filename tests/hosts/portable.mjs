// The tools as the Inspector judges them: its `--strict` finds nothing that a host or provider refuses, in either spelling.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Gateway } from './gateway.mjs';

const INSPECTOR = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/.bin/mcp-inspector');

/** Runs the Inspector over the tools that a gateway lists; an error says what it found. */
export async function inspect(program, era, environment) {
  const gateway = await Gateway.start(program, environment);
  const home = mkdtempSync(join(tmpdir(), 'mana-inspector-'));
  try {
    const header = `Authorization: Bearer ${gateway.token('ada@example.org')}`;
    const args = ['--cli', `${gateway.url}/mcp`, '--transport', 'http', '--header', header, '--method', 'tools/list', '--strict', '--protocol-era', era];
    const { stdout, stderr } = await promisify(execFile)(INSPECTOR, args, { env: { PATH: process.env.PATH, HOME: home }, maxBuffer: 1 << 24 });
    const { tools } = JSON.parse(stdout);
    if (stderr.trim() !== '') throw new Error(stderr);
    return tools.length;
  } finally {
    rmSync(home, { recursive: true, force: true });
    await gateway.stop();
  }
}
