//! Texts with some damage: parts left out, doubled, moved, taken from elsewhere, or replaced by what readers trip over. They
//! depend on nothing but the seed.

/// What readers trip over.
const WORDS: [&[u8]; 24] = [
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"[",
    b"]}",
    b",",
    b":",
    b"null",
    b"1e308",
    b"-0",
    b"18446744073709551616",
    b"$serde_json::private::RawValue",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"enc:1:",
    b".",
];

/// xorshift: the same numbers on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }
}

/// One of the texts, damaged.
pub(crate) fn damaged(texts: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let one_of = |random: &mut Random| texts.get(random.below(texts.len())).cloned().unwrap_or_default();
    let mut text = one_of(random);
    for _ in 0..=random.below(6) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(40)).min(text.len());
        match random.below(5) {
            0 => drop(text.drain(at..end)),
            1 => {
                let part = text.get(at..end).unwrap_or_default().repeat(1 + random.below(50));
                text.splice(at..at, part);
            }
            2 => {
                let word = WORDS.get(random.below(WORDS.len())).copied().unwrap_or_default();
                text.splice(at..at, word.repeat(1 + random.below(3)));
            }
            3 => {
                let other = one_of(random);
                let from = random.below(other.len() + 1);
                let part = other.into_iter().skip(from).take(random.below(200)).collect::<Vec<_>>();
                text.splice(at..end, part);
            }
            _ => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    text
}
