// Runs the agent hosts against the gateway and a model on loopback: `node run.mjs <program> [--write|--check] [host…]`.
//
// Each host connects, lists, calls `todo_create`, goes on over a restart of the gateway between its list and its call, and
// is refused with a token of another deployment and with one that has expired. Those with a command for it sign in without a
// token (`signin.mjs`). What came of it is the table in `docs/hosts.md`. `mana-mcp-test-services` of the package
// `mana-mcp-tests` stands beside the program.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Gateway } from './gateway.mjs';
import { Host } from './host.mjs';
import { HOSTS } from './hosts.mjs';
import { TASK, startModel } from './model.mjs';
import { convert, inspect } from './portable.mjs';
import { signIn } from './signin.mjs';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const PAGE = join(FOLDER, '../../docs/hosts.md');
const [BEGIN, END] = ['<!-- The table is written by tests/hosts/run.mjs. -->', '<!-- End of the table. -->'];
const USER = 'ada@example.org';

/** Runs a host once, and returns what it printed. */
async function runHost(name, mcp, token, model) {
  const host = new Host(name);
  try {
    const { arguments: args, environment } = host.setUp({ mcp, token, model });
    return await host.run(args, environment);
  } finally {
    host.remove();
  }
}

/** One scenario: a gateway and a model of its own. */
async function scenario(program, name, { environment, token, beforeCall = async () => {} }) {
  const gateway = await Gateway.start(program, environment);
  const model = await startModel(() => beforeCall(gateway));
  try {
    const started = performance.now();
    const run = await runHost(name, `${gateway.url}/mcp`, (await token?.(gateway)) ?? gateway.token(USER), model.url);
    const tasks = gateway.tasks(USER);
    return { ...run, seen: model.seen, isStored: tasks.length === 1 && tasks[0] === TASK, seconds: (performance.now() - started) / 1000 };
  } finally {
    model.stop();
    await gateway.stop();
  }
}

/** The line that a person reads of a refused token, without what differs from run to run. */
function read(printed) {
  const described = printed.match(/error_description=\\?"([^"\\]+)/);
  if (described) return described[1];
  const lines = printed.replace(/\u001b\[[0-9;?]*[a-zA-Z]/g, '').split('\n').map((line) => line.trim());
  const said = lines.find((line) => /mana-mcp token|401|unauthori[sz]ed|needs? auth|authenticat/i.test(line));
  return said?.replace(/127\.0\.0\.1:\d+/g, '127.0.0.1').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '').slice(0, 160);
}

async function checked(program, name) {
  const version = JSON.parse(readFileSync(join(FOLDER, 'node_modules', HOSTS[name].package, 'package.json'))).version;
  const faults = [];
  const holds = (what, run) => {
    const isWell = run.isStored && run.seen.refusals.length === 0 && run.seen.results.length > 0;
    if (!isWell) faults.push(`${what}: ${JSON.stringify({ status: run.status, ...run.seen })}\n${run.printed.slice(-3000)}`);
    return isWell ? 'yes' : '**no**';
  };
  const plain = await scenario(program, name, {});
  const restarted = await scenario(program, name, { beforeCall: (gateway) => gateway.restart() });
  const other = await Gateway.start(program);
  const foreign = other.token(USER);
  await other.stop();
  const signsIn = async () => {
    if (!HOSTS[name].signIn) return 'not tried';
    try {
      await signIn(program, name);
      return 'yes';
    } catch (error) {
      faults.push(`signing in: ${error.stack}`);
      return '**no**';
    }
  };
  const refusal = async (what, token) => {
    const run = await scenario(program, name, { token });
    if (run.isStored || run.seen.called) faults.push(`${what}: the call went through`);
    return read(run.printed) ?? 'nothing';
  };
  const row = {
    host: `${HOSTS[name].title} ${version}`,
    called: plain.seen.called ?? '-',
    works: holds('a call', plain),
    restart: holds('a restart', restarted),
    signsIn: await signsIn(),
    refused: await refusal('a token of another deployment', () => foreign),
    expired: await refusal('an expired token', (gateway) => gateway.expiredToken(USER)),
  };
  return { row, faults, seconds: plain.seconds };
}

function table(rows) {
  const said = (text) => (text === 'nothing' ? 'nothing: the tools are missing' : `\`${text.replace(/[`|]/g, "'")}\``);
  const cells = (row) => `| ${row.host} | \`${row.called}\` | ${row.works} | ${row.restart} | ${row.signsIn} | ${said(row.refused)} | ${said(row.expired)} |`;
  const titles = ['host', 'name that its model sees', 'connects, lists, calls', 'goes on after a restart', 'signs in without a token', 'what the user reads of a refused token', 'of an expired one'];
  const head = `| ${titles.join(' | ')} |\n|${' --- |'.repeat(titles.length)}`;
  return `${BEGIN}\n${[head, ...rows.map(cells)].join('\n')}\n${END}`;
}

const [program, ...rest] = process.argv.slice(2);
const mode = rest.find((word) => word.startsWith('--'));
const names = rest.filter((word) => !word.startsWith('--'));
let failed = 0;
for (const era of ['legacy', 'modern']) {
  for (const TOOL_NAMES of names.length > 0 ? [] : ['underscored', 'dotted']) {
    try {
      const listed = await inspect(program, era, { TOOL_NAMES });
      console.log(`Inspector --strict, ${era}, ${TOOL_NAMES}: no warning`);
      if (TOOL_NAMES === 'underscored') console.log(`converters: ${convert(listed)}`);
    } catch (error) {
      failed += 1;
      console.error(`${era}, ${TOOL_NAMES}: ${error.stderr ?? error}`);
    }
  }
}
// At once: hosts wait more than they work.
const rows = await Promise.all(
  (names.length > 0 ? names : Object.keys(HOSTS)).map(async (name) => {
    const { row, faults, seconds } = await checked(program, name);
    failed += faults.length;
    console.log(`${row.host}: ${row.works}, ${row.restart}, ${row.signsIn} (${seconds.toFixed(1)} s a call)`);
    faults.forEach((fault) => console.error(`${name}: ${fault}`));
    return row;
  }),
);
if (mode) {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END) + END.length];
  const written = page.slice(0, from) + table(rows) + page.slice(to);
  if (mode === '--write') writeFileSync(PAGE, written);
  else if (written !== page) {
    console.error(`docs/hosts.md is not what the hosts do: run node tests/hosts/run.mjs ${program} --write\n${table(rows)}`);
    failed += 1;
  }
} else {
  console.log(table(rows));
}
process.exit(failed > 0 ? 1 : 0);
