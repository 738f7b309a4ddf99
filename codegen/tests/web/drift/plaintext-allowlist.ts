export const PLAINTEXT_ALLOWLIST: readonly string[] = [
  'plants', 'movedToPlain', 'wasDisabled', 'plain',
  'both',
//^^^^^^ error[C0058]: `both` stands in both files of the web
] as const;
