// export const ENCRYPTION_REGISTRY = { letters: entry(['title']) };
// error[C0053]: this file has no `export const ENCRYPTION_REGISTRY = …`
const ENCRYPTION_REGISTRY = { letters: entry(['title']) };
export { ENCRYPTION_REGISTRY };
