// A host signs in without a token: the browser that it opens is caught on loopback, where a person allows what it asks for.
// Then it works with the credentials that it keeps, until the person disconnects it.

import { Gateway, LOCAL_USER } from './gateway.mjs';
import { Host } from './host.mjs';
import { HOSTS } from './hosts.mjs';
import { TASK, startModel } from './model.mjs';
import { Browser, Person } from './person.mjs';

/** An error says what did not go as it should. */
export async function signIn(program, name) {
  const gateway = await Gateway.start(program);
  const person = new Person(gateway);
  const browser = await Browser.start((address) => person.allow(address));
  const model = await startModel();
  const host = new Host(name);
  try {
    const mcp = `${gateway.url}/mcp`;
    const { arguments: args, environment } = host.setUp({ mcp, model: model.url });
    const run = (words, options) => host.run(words, { ...environment, ...browser.environment }, options);
    const demand = (isTrue, what, { status, printed }) => {
      if (isTrue) return;
      const known = { status, visits: browser.visits.length, tasks: gateway.tasks(LOCAL_USER), ...model.seen };
      throw new Error(`${what}: ${JSON.stringify(known)}\n${printed.slice(-3000)}`);
    };

    const { commands, terminal } = HOSTS[name].signIn;
    for (const command of commands(mcp)) {
      const signedIn = await run(command, { terminal });
      await Promise.all(browser.visits);
      demand(signedIn.status === 0, command.join(' '), signedIn);
    }

    const connected = await run(args);
    const stored = gateway.tasks(LOCAL_USER);
    demand(stored.length === 1 && stored[0] === TASK && model.seen.results.length > 0, 'a call after signing in', connected);
    demand(model.seen.refusals.length === 0, 'the tools after signing in', connected);

    const ended = await person.disconnectAll();
    demand(ended === 1, `${ended} connected programs, not one`, connected);
    model.forget();
    const disconnected = await run(args);
    const isRefused = gateway.tasks(LOCAL_USER).length === 1 && !model.seen.called;
    demand(isRefused && browser.visits.length === 1, 'a call after the person disconnected it', disconnected);
  } finally {
    host.remove();
    model.stop();
    browser.stop();
    await gateway.stop();
  }
}
