export const ENCRYPTION_REGISTRY: Record<string, EncryptionConfig> = {
  ...others,
//^^^^^^^^^ error[C0053]: a spread cannot be judged
  [computed]: entry(['a']),
// ^^^^^^^^ error[C0053]: a computed key cannot be judged
  ['alsoComputed']: entry(['a']),
// ^^^^^^^^^^^^^^ error[C0053]: a computed key cannot be judged
  3: entry(['a']),
//^ error[C0053]: a computed key cannot be judged
  template: entry([`a`, `${b}`, String.raw`c`]),
//                 ^^^ error[C0053]: a template string cannot be judged; write it with quotes
//                      ^^^^^^ error[C0053]: a template string cannot be judged; write it with quotes
//                              ^^^^^^^^^^^^^ error[C0053]: a template string cannot be judged; write it with quotes
  spread: entry(['a', ...more]),
//                    ^^^^^^^ error[C0053]: a spread cannot be judged
  list: entry(COMMON_FIELDS),
//            ^^^^^^^^^^^^^ error[C0053]: this is not an array literal
  joined: entry('a b'.split(' ')),
//              ^^^^^^^^^^^^^^^^ error[C0053]: this is not an array literal
  concatenated: entry(['a' + 'b']),
//                     ^^^^^^^^^ error[C0053]: this is not a string literal
  hole: entry(['a', , 'b']),
//                  ^ error[C0053]: this is not a string literal
  number: entry([1, null]),
//               ^ error[C0053]: this is not a string literal
//                  ^^^^ error[C0053]: this is not a string literal
  twice: entry(['a', 'b', 'a']),
//                        ^^^ error[C0053]: `a` is listed twice
  doubled: entry(['a']),
  'doubled': entry(['b']),
//^^^^^^^^^ error[C0053]: the key `doubled` is duplicated
  "doubled": entry(['c']),
//^^^^^^^^^ error[C0053]: the key `doubled` is duplicated
  otherFunction: makeEntry(['a']),
//               ^^^^^^^^^^^^^^^^ error[C0053]: an entry is `entry([…])` or `{ enabled: …, fields: […] }`; this is neither
  method() { return entry(['a']); },
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[C0053]: `method` has no literal value
  get getter() { return entry(['a']); },
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[C0053]: `getter` has no literal value
  shorthand,
//^^^^^^^^^ error[C0053]: `shorthand` has no literal value
  __proto__: entry(['a']),
//^^^^^^^^^^^^^^^^^^^^^^^ error[C0053]: `__proto__` has no literal value
  conditional: isOn ? entry(['a']) : entry(['b']),
//             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[C0053]: an entry is `entry([…])` or `{ enabled: …, fields: […] }`; this is neither
  optional: entry?.(['a']),
//          ^^^^^^^^^^^^^^ error[C0053]: an entry is `entry([…])` or `{ enabled: …, fields: […] }`; this is neither
  noFields: entry(),
//          ^^^^^^^ error[C0053]: an entry names its fields
  nothing: entry([]),
//         ^^^^^^^^^ error[C0053]: `nothing` is encrypted, but has no encrypted fields
  flag: entry(['a'], { enabled: isOn }),
//                              ^^^^ error[C0053]: this is not `true` or `false`
  notFlag: entry(['a'], { enabled: !1 }),
//                                 ^^ error[C0053]: this is not `true` or `false`
  options: entry(['a'], options),
//                      ^^^^^^^ error[C0053]: the options of an entry are not an object literal
  spreadOptions: entry(['a'], { ...options }),
//                              ^^^^^^^^^^ error[C0053]: a spread cannot be judged
  emptyOptions: entry(['a'], {}),
//                           ^^ error[C0053]: `enabled` is missing
  otherOptions: entry(['a'], { enabled: true, when: 'later' }),
//                                            ^^^^ error[C0053]: `when` says nothing that can be judged here
  spreadArguments: entry(...all),
//                       ^^^^^^ error[C0053]: a spread cannot be judged
  three: entry(['a'], { enabled: true }, 3),
//                                       ^ error[C0053]: an entry has two arguments
  halfObject: { enabled: true },
//            ^^^^^^^^^^^^^^^^^ error[C0053]: `fields` is missing
  otherHalf: { fields: ['a'] },
//           ^^^^^^^^^^^^^^^^^ error[C0053]: `enabled` is missing
  doubleKey: { enabled: true, enabled: false, fields: ['a'] },
//                            ^^^^^^^ error[C0053]: the key `enabled` is duplicated
  surrogate: entry(['\uD800']),
//                  ^^^^^^^^ error[C0053]: this is not a string literal
  fine: entry((['a' as const] as const) satisfies readonly string[])!,
  alsoFine: { 'enabled': false, "fields": ['\u0061',], },
};
function entry<T>(fields: readonly (keyof T & string)[], options: { enabled?: boolean } = {}): EncryptionConfig {
  return { enabled: options.enabled ?? true, fields: [...fields] };
}
