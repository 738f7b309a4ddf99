// A checkout of the web: its files as TypeScript parses them, and where a name is declared. Nothing of it is run.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] && resolve(process.argv[2]);
if (!root || !existsSync(root)) fail('usage: node export.mjs <root of a checkout of the web> > export.json');

export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'target', 'coverage']);

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name)) yield* walk(path);
  }
}

export const paths = [...walk(root)].sort();

export function only(end) {
  const found = paths.filter((path) => path.split(sep).join('/').endsWith(end));
  if (found.length !== 1) fail(`${found.length} files of ${root} end with ${end}; exactly one must`);
  return found[0];
}

export const registryPath = only('/data/module-registry.ts');
export const lib = dirname(dirname(registryPath));
export const ts = typescript([lib, root, process.cwd(), dirname(fileURLToPath(import.meta.url))]);

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

export function source(path) {
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

export const placeOf = (node) => place(node.getSourceFile(), node.getStart());

export class Unjudged extends Error {
  constructor(message, file, position) {
    super(`${place(file, position)}: ${message}`);
  }
}

export const unjudged = (node, message) => new Unjudged(message, node.getSourceFile(), node.getStart());

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

export const hasName = (node) => ts.isIdentifier(node.name) || ts.isStringLiteral(node.name);
const isNamed = (node, name) => node.name && ts.isIdentifier(node.name) && node.name.text === name;

/** All declarations of a name in a file, or in the file that it is imported or exported from. */
export function declarations(name, path, seen = new Set()) {
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
export function constant(name, path) {
  const [found, again] = declarations(name, path).filter(ts.isVariableDeclaration);
  if (!found?.initializer) throw new Unjudged(`there is no \`const ${name} = …\``, source(path), 0);
  if (again) throw unjudged(again, `\`${name}\` is declared twice`);
  return bare(found.initializer);
}

export function bare(node) {
  const isWrapped = ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node);
  return isWrapped ? bare(node.expression) : node;
}

export function text(node) {
  if (!ts.isStringLiteralLike(node)) throw unjudged(node, 'a literal text is expected');
  return node.text;
}

export function items(node) {
  if (!ts.isArrayLiteralExpression(node)) throw unjudged(node, 'a literal array is expected');
  return [...node.elements];
}

/** The values of a literal object, by key. */
export function entries(node) {
  if (!ts.isObjectLiteralExpression(node)) throw unjudged(node, 'a literal object is expected');
  return new Map(
    node.properties.map((one) => {
      if (!ts.isPropertyAssignment(one) || !hasName(one)) throw unjudged(one, 'a literal property is expected');
      return [one.name.text, bare(one.initializer)];
    }),
  );
}
