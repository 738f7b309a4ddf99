export const PLAINTEXT_ALLOWLIST: readonly string[] = ['plants'] as const;
export const PLAINTEXT_TABLES = new Set(PLAINTEXT_ALLOWLIST);
export const isPlain = (table: string) => PLAINTEXT_ALLOWLIST.includes(table);
