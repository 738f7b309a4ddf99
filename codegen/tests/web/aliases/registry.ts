import { hand } from './elsewhere';
const entry = <T>(fields: readonly (keyof T & string)[], { enabled = true } = {}): EncryptionConfig => ({ enabled, fields });
export const ENCRYPTION_REGISTRY: Record<string, EncryptionConfig> = {
  letters: entry(['title']),
};
const r = ENCRYPTION_REGISTRY;
//        ^^^^^^^^^^^^^^^^^^^ error[C0053]: this hands `ENCRYPTION_REGISTRY` on, and nobody can tell whether it is changed there
r.letters.enabled = false;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
for (const config of Object.values(ENCRYPTION_REGISTRY)) {
  config.enabled = false;
//^^^^^^^^^^^^^^ error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
}
for (const [, each] of Object.entries(ENCRYPTION_REGISTRY)) each.fields.length = 0;
//                                                          ^^^^^^^^^^^^^^^^^^ error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
Object.values(ENCRYPTION_REGISTRY).forEach((one) => {
  one.enabled = false;
//^^^^^^^^^^^ error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
});
for (const key in ENCRYPTION_REGISTRY) ENCRYPTION_REGISTRY[key].enabled = false;
//                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
Reflect.set(ENCRYPTION_REGISTRY.letters, 'enabled', false);
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
Reflect.deleteProperty(ENCRYPTION_REGISTRY, 'letters');
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
const { letters, ...others } = ENCRYPTION_REGISTRY;
letters.enabled = false;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
others.plants = letters;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
const { letters: { fields } } = ENCRYPTION_REGISTRY;
fields.push('body');
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
let later;
later = ENCRYPTION_REGISTRY.letters;
later.enabled = false;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
function of(table: string) {
  return ENCRYPTION_REGISTRY[table];
}
of('letters').enabled = false;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
const found = of('letters');
delete found.enabled;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
function off(given: EncryptionConfig) {
  given.enabled = false;
//^^^^^^^^^^^^^ error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
}
off(ENCRYPTION_REGISTRY.letters);
hand(ENCRYPTION_REGISTRY);
//   ^^^^^^^^^^^^^^^^^^^ error[C0053]: this hands `ENCRYPTION_REGISTRY` on, and nobody can tell whether it is changed there
hand(ENCRYPTION_REGISTRY.letters);
//   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[C0053]: this hands `ENCRYPTION_REGISTRY` on, and nobody can tell whether it is changed there
globalThis.registry = ENCRYPTION_REGISTRY;
//                    ^^^^^^^^^^^^^^^^^^^ error[C0053]: this hands `ENCRYPTION_REGISTRY` on, and nobody can tell whether it is changed there
export const all = { registry: ENCRYPTION_REGISTRY };
//                             ^^^^^^^^^^^^^^^^^^^ error[C0053]: this hands `ENCRYPTION_REGISTRY` on, and nobody can tell whether it is changed there
export const pick = () => ENCRYPTION_REGISTRY;
//                        ^^^^^^^^^^^^^^^^^^^ error[C0053]: this hands `ENCRYPTION_REGISTRY` on, and nobody can tell whether it is changed there
// Reading, in many ways.
const byName: Record<string, EncryptionConfig> = {};
for (const [name, one] of Object.entries(ENCRYPTION_REGISTRY)) byName[name] = one;
export { ENCRYPTION_REGISTRY as registry };
export const isOn = (table: keyof typeof ENCRYPTION_REGISTRY) => ENCRYPTION_REGISTRY[table]?.enabled === true;
export const names = Object.keys(ENCRYPTION_REGISTRY).sort();
export const on = Object.entries(ENCRYPTION_REGISTRY).filter(([, one]) => one.enabled).map(([name]) => name);
export const lists = new Map(Object.entries(ENCRYPTION_REGISTRY).map(([name, one]) => [name, [...one.fields].sort()]));
export const has = (table: string) => table in ENCRYPTION_REGISTRY && hand(ENCRYPTION_REGISTRY[table].enabled);
export const text = JSON.stringify(ENCRYPTION_REGISTRY) + String(ENCRYPTION_REGISTRY.letters.fields.length);
export const copy = hand([...ENCRYPTION_REGISTRY.letters.fields]);
export function check(table: string): string[] {
  const config = ENCRYPTION_REGISTRY[table];
  if (!config?.enabled) return [];
  console.debug(config);
  return isSet(config) ? config.fields.filter((field) => field !== 'id') : [];
}
function isSet(given: EncryptionConfig): boolean {
  return given.fields.length > 0;
}
