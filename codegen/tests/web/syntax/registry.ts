export const ENCRYPTION_REGISTRY = {
  letters: entry(['title']),
  plants: entry(['name'],
};
// error[C0053]: this is not TypeScript: Unexpected token
