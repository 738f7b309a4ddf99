export const PLAINTEXT_ALLOWLIST: readonly string[] = ['plants'];
