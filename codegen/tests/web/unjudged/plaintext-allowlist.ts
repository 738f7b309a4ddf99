export const PLAINTEXT_ALLOWLIST: readonly string[] = [
  'plants',
  ...others,
//^^^^^^^^^ error[C0053]: a spread cannot be judged
  `template`,
//^^^^^^^^^^ error[C0053]: a template string cannot be judged; write it with quotes
  name,
//^^^^ error[C0053]: this is not a string literal
  'twice',
  'twice',
//^^^^^^^ error[C0053]: `twice` is listed twice
];
