function entry<T>(fields: readonly string[], options: { enabled?: boolean } = { enabled: false }): EncryptionConfig {
//                                                                            ^^^^^^^^^^^^^^^^^^ error[C0053]: entries are off by default, which cannot be judged
  return { enabled: options.enabled ?? true, fields };
}
export const ENCRYPTION_REGISTRY: Record<string, EncryptionConfig> = {
  letters: entry(['title']),
};
ENCRYPTION_REGISTRY.plants = entry(['name']);
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
ENCRYPTION_REGISTRY['letters'].fields[0] = 'body';
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
(ENCRYPTION_REGISTRY as any).letters.enabled &&= false;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
delete ENCRYPTION_REGISTRY.letters;
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
delete (ENCRYPTION_REGISTRY as any)['letters'];
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
Object.assign(ENCRYPTION_REGISTRY, others);
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
ENCRYPTION_REGISTRY.letters.fields.push('body');
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
[ENCRYPTION_REGISTRY.letters] = [entry([])];
// error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
export function later(table: string) {
  ENCRYPTION_REGISTRY[table]!.enabled = false;
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[C0053]: this changes `ENCRYPTION_REGISTRY`, so its literal does not say what holds
  const config = ENCRYPTION_REGISTRY[table];
  return Object.keys(ENCRYPTION_REGISTRY).sort().concat(config.fields.slice());
}
