#!/usr/bin/env node
// Prints the tables of the web application as JSON, for `cargo xtask web pull|diff --export`.
//
//     node export.mjs <root of a checkout of the web> > export.json
//
// The TypeScript is parsed with the `typescript` package of the checkout (version 5 or 6), never run. A declaration
// that cannot be judged ends the export with its file and line; a table that cannot be judged is listed under `unjudged`.
import { join } from 'node:path';
import {
  bare,
  constant,
  declarations,
  entries,
  fail,
  items,
  lib,
  only,
  placeOf,
  registryPath,
  source,
  text,
  ts,
  Unjudged,
  unjudged,
} from './checkout.mjs';
import { baseFields, fields, members, rows } from './rows.mjs';

/** Every configuration that the registry lists. */
function configs() {
  const lists = [];
  for (const statement of source(registryPath).statements.filter(ts.isVariableStatement)) {
    const values = statement.declarationList.declarations.map((one) => one.initializer && bare(one.initializer));
    lists.push(...values.filter((value) => value && ts.isArrayLiteralExpression(value) && value.elements.length > 0));
  }
  const isElsewhere = (found) => found.getSourceFile().fileName !== registryPath;
  const isConfig = (one) => ts.isIdentifier(one) && declarations(one.text, registryPath).some(isElsewhere);
  const [list, another] = lists.filter((list) => list.elements.some(isConfig));
  if (!list) throw new Unjudged('there is no array of configurations', source(registryPath), 0);
  if (another) throw unjudged(another, 'this is a second array of configurations');
  return items(list).map((one) => {
    if (!ts.isIdentifier(one)) throw unjudged(one, 'the name of a configuration is expected');
    return constant(one.text, registryPath);
  });
}

function userTables() {
  const set = constant('USER_LEVEL_TABLES', join(lib, 'data', 'database.ts'));
  const isSet = ts.isNewExpression(set) && set.expression.getText() === 'Set' && set.arguments?.length;
  if (!isSet) throw unjudged(set, '`new Set([…])` is expected');
  return items(bare(set.arguments[0])).map(text);
}

function spaces() {
  const of = entries(constant('SPACE_MODULE_ALLOWLIST', only('/shared-types/src/spaces.ts')));
  const list = (value) => (ts.isStringLiteralLike(value) ? [value.text] : items(value).map(text));
  return Object.fromEntries([...of].map(([type, value]) => [type, list(value)]));
}

function exported() {
  const types = rows();
  const made = { apps: {}, places: {}, unjudged: {} };
  for (const config of configs()) {
    const app = entries(config);
    if (!app.has('appId') || !app.has('tables')) throw unjudged(config, '`appId` and `tables` are expected');
    const tables = (made.apps[text(app.get('appId'))] ??= {});
    for (const item of items(app.get('tables'))) {
      const table = entries(bare(item));
      if (!table.has('name')) throw unjudged(item, 'a table has a `name`');
      const name = text(table.get('name'));
      const wire = table.has('syncName') ? text(table.get('syncName')) : name;
      const [type, ...others] = types.get(name) ?? [];
      try {
        if (!type) throw unjudged(item, `no \`collections.ts\` has \`db.table<…>('${name}')\``);
        const other = others.find((one) => one.getText() !== type.getText());
        if (other) throw unjudged(other, `\`${name}\` has two types of rows`);
        const { fields: of, places } = fields(members(type));
        tables[name] = { wire, fields: of };
        made.places[name] = { table: placeOf(item), fields: places };
      } catch (error) {
        if (!(error instanceof Unjudged)) throw error;
        tables[name] = wire;
        made.places[name] = { table: placeOf(item), fields: {} };
        made.unjudged[name] = error.message;
      }
    }
  }
  const { apps, ...others } = made;
  return { web: { base: baseFields(), spaces: spaces(), userTables: userTables(), apps }, ...others };
}

try {
  console.log(JSON.stringify(exported(), null, 1));
} catch (error) {
  if (error instanceof Unjudged) fail(error.message);
  throw error;
}
