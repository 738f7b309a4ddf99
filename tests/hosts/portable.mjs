// The tools as others judge them: the Inspector's `--strict` finds nothing that a host or provider refuses, and the converters
// of agent frameworks accept every tool.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Gateway } from './gateway.mjs';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const INSPECTOR = join(FOLDER, 'node_modules/.bin/mcp-inspector');

/** Runs the Inspector over the tools that a gateway lists, and returns its result; an error says what it found. */
export async function inspect(program, era, environment) {
  const gateway = await Gateway.start(program, environment);
  const home = mkdtempSync(join(tmpdir(), 'mana-inspector-'));
  try {
    const header = `Authorization: Bearer ${gateway.token('ada@example.org')}`;
    const args = ['--cli', `${gateway.url}/mcp`, '--transport', 'http', '--header', header, '--method', 'tools/list', '--strict', '--protocol-era', era];
    const { stdout, stderr } = await promisify(execFile)(INSPECTOR, args, { env: { PATH: process.env.PATH, HOME: home }, maxBuffer: 1 << 24 });
    if (stderr.trim() !== '') throw new Error(stderr);
    return stdout;
  } finally {
    rmSync(home, { recursive: true, force: true });
    await gateway.stop();
  }
}

/** Converts listed tools as agent frameworks do; returns what was converted, and an error says what was refused. */
export function convert(listed) {
  const python = join(FOLDER, '.venv/bin/python');
  const { status, stdout, stderr, error } = spawnSync(python, [join(FOLDER, 'converters.py')], { input: listed });
  if (status !== 0) throw error ?? new Error(stderr.toString());
  return stdout.toString().trim().replaceAll('\n', ', ');
}
