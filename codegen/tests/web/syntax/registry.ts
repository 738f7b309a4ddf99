export const ENCRYPTION_REGISTRY = {
  letters: entry(['title']),
  plants: entry(['name'],
};
// error[C0053]: this is not TypeScript: Unexpected token
function entry<T>(fields: readonly (keyof T & string)[], options: { enabled?: boolean } = {}): EncryptionConfig {
  return { enabled: options.enabled ?? true, fields: [...fields] };
}
