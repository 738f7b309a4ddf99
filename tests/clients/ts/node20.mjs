// Node 20 has no `fs.globSync`, which the conformance suite imports (and calls only in a command that is not used here).
// `node --import ./node20.mjs …` gives it a file-system module with that one name added.
import { register } from 'node:module';

const shim = `export * from 'node:fs'; export { default } from 'node:fs';
export function globSync() { throw new Error('fs.globSync needs Node 22'); }`;
const hooks = `
import * as fs from 'node:fs';
export async function resolve(specifier, context, next) {
  const wanted = specifier === 'fs' && context.parentURL?.includes('/@modelcontextprotocol/conformance/');
  return wanted && !('globSync' in fs)
    ? { url: 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(shim)}), shortCircuit: true }
    : next(specifier, context);
}`;
register('data:text/javascript,' + encodeURIComponent(hooks));
