export const PLAINTEXT_ALLOWLIST = new Set(['plants']);
//                                 ^^^^^^^^^^^^^^^^^^^ error[C0053]: this is not an array literal
export let PLAINTEXT_ALLOWLIST_2 = [];
