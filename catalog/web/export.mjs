#!/usr/bin/env node
// Prints the tables of the web application as JSON, for `cargo xtask web pull|diff --export`.
//
//     node export.mjs <root of a checkout of the web> > export.json
//
// The TypeScript is parsed with the `typescript` package of the checkout (version 5 or 6), never run. A declaration
// that cannot be judged ends the export with its file and line; a table that cannot be judged is listed under `unjudged`.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] && resolve(process.argv[2]);
if (!root || !existsSync(root)) fail('usage: node export.mjs <root of a checkout of the web> > export.json');

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

// --- Files of the checkout

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'target', 'coverage']);

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name)) yield* walk(path);
  }
}

const paths = [...walk(root)].sort();

function only(end) {
  const found = paths.filter((path) => path.split(sep).join('/').endsWith(end));
  if (found.length !== 1) fail(`${found.length} files of ${root} end with ${end}; exactly one must`);
  return found[0];
}

const registryPath = only('/data/module-registry.ts');
const lib = dirname(dirname(registryPath));
const ts = typescript([lib, root, process.cwd(), dirname(fileURLToPath(import.meta.url))]);

function typescript(folders) {
  for (const folder of folders) {
    try {
      const found = createRequire(join(folder, 'package.json'))('typescript');
      if (found.createSourceFile) return found;
    } catch {
      // It is not installed there.
    }
  }
  return fail(`the npm package \`typescript\` (version 5 or 6) is not installed in ${root}: npm install typescript@5`);
}

const parsed = new Map();

function source(path) {
  if (!parsed.has(path)) {
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    const [problem] = file.parseDiagnostics;
    if (problem) throw new Unjudged(`this is not TypeScript: ${problem.messageText}`, file, problem.start);
    parsed.set(path, file);
  }
  return parsed.get(path);
}

function place(file, position) {
  const path = relative(root, file.fileName).split(sep).join('/');
  return `${path}:${file.getLineAndCharacterOfPosition(position).line + 1}`;
}

const placeOf = (node) => place(node.getSourceFile(), node.getStart());

class Unjudged extends Error {
  constructor(message, file, position) {
    super(`${place(file, position)}: ${message}`);
  }
}

const unjudged = (node, message) => new Unjudged(message, node.getSourceFile(), node.getStart());

// --- Names: where something is declared

const packages = new Map();
for (const path of paths.filter((path) => path.endsWith(`${sep}package.json`))) {
  packages.set(JSON.parse(readFileSync(path, 'utf8')).name, dirname(path));
}

/** The file that an import leads to; undefined for one that is not in the checkout. */
function imported(specifier, from) {
  let base;
  if (specifier.startsWith('.')) base = resolve(dirname(from), specifier);
  else if (specifier.startsWith('$lib/')) base = join(lib, specifier.slice('$lib/'.length));
  else {
    const name = [...packages.keys()].find((name) => name && (specifier === name || specifier.startsWith(`${name}/`)));
    if (!name) return undefined;
    base = join(packages.get(name), 'src', specifier.slice(name.length + 1));
  }
  const candidates = [base, base.replace(/\.js$/, '.ts'), `${base}.ts`, join(base, 'index.ts')];
  return candidates.find((path) => path.endsWith('.ts') && existsSync(path));
}

const hasName = (node) => ts.isIdentifier(node.name) || ts.isStringLiteral(node.name);
const isNamed = (node, name) => node.name && ts.isIdentifier(node.name) && node.name.text === name;

/** All declarations of a name in a file, or in the file that it is imported or exported from. */
function declarations(name, path, seen = new Set()) {
  if (!path || seen.has(`${path} ${name}`)) return [];
  seen.add(`${path} ${name}`);
  const found = [];
  for (const statement of source(path).statements) {
    if (ts.isVariableStatement(statement)) {
      found.push(...statement.declarationList.declarations.filter((one) => isNamed(one, name)));
    } else if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) {
      const isExport = ts.isExportDeclaration(statement);
      const bindings = isExport ? statement.exportClause : statement.importClause?.namedBindings;
      const target = statement.moduleSpecifier ? imported(statement.moduleSpecifier.text, path) : path;
      if (!bindings && isExport) found.push(...declarations(name, target, seen));
      const same = (bindings?.elements ?? []).filter((one) => one.name.text === name);
      found.push(...same.flatMap((one) => declarations((one.propertyName ?? one.name).text, target, seen)));
    } else if (isNamed(statement, name)) found.push(statement);
  }
  return found;
}

/** The value of a constant, without `as const`, `satisfies` and brackets. */
function constant(name, path) {
  const [found, again] = declarations(name, path).filter(ts.isVariableDeclaration);
  if (!found?.initializer) throw new Unjudged(`there is no \`const ${name} = …\``, source(path), 0);
  if (again) throw unjudged(again, `\`${name}\` is declared twice`);
  return bare(found.initializer);
}

function bare(node) {
  const isWrapped = ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node);
  return isWrapped ? bare(node.expression) : node;
}

function text(node) {
  if (!ts.isStringLiteralLike(node)) throw unjudged(node, 'a literal text is expected');
  return node.text;
}

function items(node) {
  if (!ts.isArrayLiteralExpression(node)) throw unjudged(node, 'a literal array is expected');
  return [...node.elements];
}

/** The values of a literal object, by key. */
function entries(node) {
  if (!ts.isObjectLiteralExpression(node)) throw unjudged(node, 'a literal object is expected');
  return new Map(
    node.properties.map((one) => {
      if (!ts.isPropertyAssignment(one) || !hasName(one)) throw unjudged(one, 'a literal property is expected');
      return [one.name.text, bare(one.initializer)];
    }),
  );
}

// --- Types: what JSON a field holds

const LISTS = new Set(['Array', 'ReadonlyArray']);
const OBJECTS = new Set(['Record', 'Partial', 'Required', 'Readonly', 'Pick', 'Omit']);
const WORD = /^[\p{L}\p{N}][\p{L}\p{N}_./-]*$/u;
const KINDS = new Set(['string', 'number', 'boolean', 'list', 'object', 'any', 'null']);

const SIMPLE = new Map([
  [ts.SyntaxKind.StringKeyword, 'string'],
  [ts.SyntaxKind.TemplateLiteralType, 'string'],
  [ts.SyntaxKind.NumberKeyword, 'number'],
  [ts.SyntaxKind.BooleanKeyword, 'boolean'],
  [ts.SyntaxKind.UndefinedKeyword, 'undefined'],
  [ts.SyntaxKind.ObjectKeyword, 'object'],
  [ts.SyntaxKind.TypeLiteral, 'object'],
  [ts.SyntaxKind.MappedType, 'object'],
  [ts.SyntaxKind.ArrayType, 'list'],
  [ts.SyntaxKind.TupleType, 'list'],
]);

/** What a type may be: kinds, `=word` for a literal text, `null` and `undefined`. */
function kinds(type, depth = 0) {
  const K = ts.SyntaxKind;
  const inner = (node) => kinds(node, depth + 1);
  if (depth > 20) return ['any'];
  switch (type.kind) {
    case K.ParenthesizedType:
      return inner(type.type);
    case K.TypeOperator:
      return type.operator === K.ReadonlyKeyword ? inner(type.type) : ['any'];
    case K.UnionType:
      return type.types.flatMap(inner);
    case K.IntersectionType: {
      // A branded text is a text: `string & { readonly brand: 'Id' }`.
      const parts = type.types.map(inner);
      return parts.find((part) => part.every((kind) => kind !== 'object')) ?? ['object'];
    }
    case K.LiteralType: {
      if (type.literal.kind === K.NullKeyword) return ['null'];
      if (ts.isStringLiteral(type.literal)) return [`=${type.literal.text}`];
      return [[K.TrueKeyword, K.FalseKeyword].includes(type.literal.kind) ? 'boolean' : 'number'];
    }
    case K.IndexedAccessType:
      return indexed(type, depth + 1);
    case K.TypeReference:
      return referred(type, depth + 1);
    default:
      return [SIMPLE.get(type.kind) ?? 'any'];
  }
}

/** `(typeof WORDS)[number]`, `LocalTask['priority']` */
function indexed(type, depth) {
  const of = ts.isParenthesizedTypeNode(type.objectType) ? type.objectType.type : type.objectType;
  const path = type.getSourceFile().fileName;
  if (ts.isTypeQueryNode(of) && ts.isIdentifier(of.exprName)) {
    const [found] = declarations(of.exprName.text, path).filter(ts.isVariableDeclaration);
    const list = found?.initializer && bare(found.initializer);
    const isTexts = list && ts.isArrayLiteralExpression(list) && list.elements.every(ts.isStringLiteralLike);
    return isTexts ? list.elements.map((one) => `=${one.text}`) : ['any'];
  }
  const key = ts.isLiteralTypeNode(type.indexType) && type.indexType.literal;
  if (!key || !ts.isStringLiteral(key) || !ts.isTypeReferenceNode(of)) return ['any'];
  const field = members(of).get(key.text);
  if (!field) return ['any'];
  return [...kinds(field.type, depth), ...(field.optional ? ['undefined'] : [])];
}

function referred(type, depth) {
  const name = type.typeName.getText();
  if (LISTS.has(name)) return ['list'];
  if (OBJECTS.has(name)) return ['object'];
  const [found] = declarations(name, type.getSourceFile().fileName);
  if (!found) return ['any'];
  if (ts.isInterfaceDeclaration(found)) return ['object'];
  if (ts.isTypeAliasDeclaration(found)) return kinds(found.type, depth);
  if (!ts.isEnumDeclaration(found)) return ['any'];
  const isText = (one) => one.initializer && ts.isStringLiteralLike(one.initializer);
  return found.members.map((one) => (isText(one) ? `=${one.initializer.text}` : 'number'));
}

/** The type as `web.yaml` spells it: `string | null`, `low | high`, `list`. */
function spelt(all) {
  const values = [...new Set(all)].filter((kind) => kind !== 'undefined' && kind !== 'null');
  const words = values.filter((kind) => kind.startsWith('=')).map((kind) => kind.slice(1));
  const others = values.filter((kind) => !kind.startsWith('='));
  const areWords = others.length === 0 && words.every((word) => WORD.test(word) && !KINDS.has(word));
  const isText = words.length > 0 && others.every((kind) => kind === 'string');
  let type = others.length === 1 && words.length === 0 ? others[0] : 'any';
  if (words.length > 0 && areWords) type = words.join(' | ');
  else if (isText) type = 'string';
  return all.includes('null') ? `${type} | null` : type;
}

// --- Rows: the fields of an interface

const BASE = 'BaseRecord';
let base;

/** The fields of a type by name, those of `BaseRecord` left out: every row has them. */
function members(node) {
  if (ts.isTypeLiteralNode(node)) return own(node);
  if (ts.isParenthesizedTypeNode(node)) return members(node.type);
  if (ts.isIntersectionTypeNode(node)) return new Map(node.types.flatMap((one) => [...members(one)]));
  const name = (node.typeName ?? node.expression)?.getText();
  if (!name) throw unjudged(node, 'these fields cannot be judged');
  const [first, second] = node.typeArguments ?? [];
  if (name === 'Readonly') return members(first);
  if (name === 'Partial' || name === 'Required') {
    const optional = name === 'Partial';
    return new Map([...members(first)].map(([field, one]) => [field, { ...one, optional }]));
  }
  if (name === 'Omit' || name === 'Pick') {
    const names = kinds(second).map((kind) => kind.slice(1));
    return new Map([...members(first)].filter(([field]) => names.includes(field) === (name === 'Pick')));
  }
  const found = declarations(name, node.getSourceFile().fileName);
  if (name === BASE) {
    if (found.length === 0) throw unjudged(node, `\`${BASE}\` is not declared in this checkout`);
    base ??= new Map(found.flatMap((one) => [...own(one)]));
    return new Map();
  }
  if (found.length === 0) throw unjudged(node, `\`${name}\` is not declared in this checkout`);
  return new Map(found.flatMap((one) => [...declared(one)]));
}

function declared(node) {
  if (ts.isTypeAliasDeclaration(node)) return members(node.type);
  if (!ts.isInterfaceDeclaration(node)) throw unjudged(node, 'an interface is expected');
  const inherited = (node.heritageClauses ?? []).flatMap((clause) => clause.types.flatMap((one) => [...members(one)]));
  return new Map([...inherited, ...own(node)]);
}

function own(node) {
  return new Map(
    node.members.map((one) => {
      if (!ts.isPropertySignature(one) || !one.type || !hasName(one)) throw unjudged(one, 'a plain field is expected');
      return [one.name.text, { optional: Boolean(one.questionToken), type: one.type, at: placeOf(one) }];
    }),
  );
}

/** The fields as `web.yaml` writes them, and where each stands. */
function fields(found) {
  const made = { fields: {}, places: {} };
  for (const [name, { optional, type, at }] of found) {
    const all = kinds(type);
    made.fields[optional || all.includes('undefined') ? `${name}?` : name] = spelt(all);
    made.places[name] = at;
  }
  return made;
}

/** The rows of each table: the type in `db.table<LocalTask>('tasks')`. */
function rows() {
  const found = new Map();
  const visit = (node) => {
    const called = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name;
    if (called && called.text === 'table') {
      const [[type], [name]] = [node.typeArguments ?? [], node.arguments];
      if (type && name && ts.isStringLiteralLike(name)) found.set(name.text, [...(found.get(name.text) ?? []), type]);
    }
    ts.forEachChild(node, visit);
  };
  const isCollections = (path) => path.startsWith(join(lib, 'modules') + sep) && path.endsWith(`${sep}collections.ts`);
  paths.filter(isCollections).forEach((path) => visit(source(path)));
  return found;
}

// --- The export

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
  const of = base ? fields(base).fields : {};
  return { web: { base: of, spaces: spaces(), userTables: userTables(), apps }, ...others };
}

try {
  console.log(JSON.stringify(exported(), null, 1));
} catch (error) {
  if (error instanceof Unjudged) fail(error.message);
  throw error;
}
