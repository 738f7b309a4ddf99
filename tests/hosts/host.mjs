// An installed host with a home folder of its own, run without a person.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { HOSTS } from './hosts.mjs';

const PROGRAMS = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/.bin');
const TIMEOUT = 60_000;
// Nothing but loopback is reached: whatever asks for more meets a closed port.
const CLOSED = 'http://127.0.0.1:9';

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

export class Host {
  constructor(name) {
    this.name = name;
    this.home = mkdtempSync(join(tmpdir(), `mana-host-${name}-`));
    this.work = join(this.home, 'work');
    mkdirSync(this.work);
  }

  /** Writes the host's settings, and returns its arguments and environment. */
  setUp(settings) {
    return HOSTS[this.name].setUp({ home: this.home, ...settings });
  }

  /** Runs the host once, and returns how it ended and what it printed. */
  async run(args, environment, { terminal = false } = {}) {
    const env = {
      PATH: process.env.PATH,
      HOME: this.home,
      TMPDIR: this.home,
      XDG_CONFIG_HOME: join(this.home, '.config'),
      XDG_DATA_HOME: join(this.home, '.local/share'),
      XDG_CACHE_HOME: join(this.home, '.cache'),
      HTTP_PROXY: CLOSED,
      HTTPS_PROXY: CLOSED,
      NO_PROXY: '127.0.0.1,localhost',
      DISABLE_TELEMETRY: '1',
      DO_NOT_TRACK: '1',
      NO_COLOR: '1',
      CI: '1',
      ...environment,
    };
    const program = join(PROGRAMS, this.name);
    // Its standard input stays open in a terminal: the end of it would be typed there.
    const [command, words, input] = terminal
      ? ['script', ['--quiet', '--return', '--command', [program, ...args].map(quoted).join(' '), '/dev/null'], 'pipe']
      : [program, args, 'ignore'];
    const child = spawn(command, words, { cwd: this.work, env, stdio: [input, 'pipe', 'pipe'], detached: true });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    // Of its group, so that a host's own children end too. Those in a terminal end with it.
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), TIMEOUT);
    const status = await new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
    clearTimeout(timer);
    return { status, printed: Buffer.concat(chunks).toString() };
  }

  remove() {
    rmSync(this.home, { recursive: true, force: true, maxRetries: 3 });
  }
}
