// The rows of the web's tables: their fields, and what JSON each holds.
import { join, sep } from 'node:path';
import { bare, declarations, hasName, lib, paths, placeOf, source, ts, unjudged } from './checkout.mjs';

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

/** The fields that every row has; none where no row has them. */
export const baseFields = () => (base ? fields(base).fields : {});

/** The fields of a type by name, those of `BaseRecord` left out: every row has them. */
export function members(node) {
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
export function fields(found) {
  const made = { fields: {}, places: {} };
  for (const [name, { optional, type, at }] of found) {
    const all = kinds(type);
    made.fields[optional || all.includes('undefined') ? `${name}?` : name] = spelt(all);
    made.places[name] = at;
  }
  return made;
}

/** The rows of each table: the type in `db.table<LocalTask>('tasks')`. */
export function rows() {
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
