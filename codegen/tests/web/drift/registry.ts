export const ENCRYPTION_REGISTRY: Record<string, EncryptionConfig> = {
  same: entry(['a', 'b']),
  letters: entry<LocalLetter>(['title', 'body']),
  swapped: { fields: ['a', 'b'], enabled: true },
  leaks: entry(['text']),
  switchedOff: entry(['text'], { enabled: false }),
  both: entry(['a']),
  newTable: entry(['a']),
//^^^^^^^^ warning[C0059]: `crypto.yaml` does not know the table `newTable`
};
function entry<T>(fields: readonly (keyof T & string)[], options: { enabled?: boolean } = {}): EncryptionConfig {
  return { enabled: options.enabled ?? true, fields: [...fields] };
}
