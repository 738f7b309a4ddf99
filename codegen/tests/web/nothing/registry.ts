// export const ENCRYPTION_REGISTRY = { letters: entry(['title']) };
const ENCRYPTION_REGISTRY = { letters: entry(['title']) };
//    ^^^^^^^^^^^^^^^^^^^ error[C0053]: this file has no `export const ENCRYPTION_REGISTRY = …`
export { ENCRYPTION_REGISTRY };
function entry<T>(fields: readonly (keyof T & string)[], options: { enabled?: boolean } = {}): EncryptionConfig {
  return { enabled: options.enabled ?? true, fields: [...fields] };
}
