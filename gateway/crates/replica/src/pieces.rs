//! The body of an answer, in the pieces in which it arrived. A long one is joined by its reader, in a buffer that the reader
//! reuses: the task that waits for the next piece has no time for it, and a new buffer each time would cost more than the copy.

use std::mem;

use bytes::Bytes;

/// Shorter pieces are copied behind each other: each of them may keep much more memory than its own.
const LONG: usize = 64 << 10;

/// What has come of a body.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    pieces: Vec<Bytes>,
    /// What came behind these in short ones.
    short: Vec<u8>,
    len: usize,
}

impl Pieces {
    /// Room for a body of so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { short: Vec::with_capacity(bytes.min(LONG)), ..Self::default() }
    }

    /// Adds the next piece.
    pub fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        if piece.len() < LONG {
            self.short.extend_from_slice(&piece);
            return;
        }
        if !self.short.is_empty() {
            self.pieces.push(mem::take(&mut self.short).into());
        }
        self.pieces.push(piece);
    }

    /// Bytes of all together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds all to a text.
    pub fn add_to(&self, text: &mut Vec<u8>) {
        self.iter().for_each(|piece| text.extend_from_slice(piece));
    }

    /// All together.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        if self.pieces.is_empty() {
            return self.short;
        }
        let mut text = Vec::with_capacity(self.len);
        self.add_to(&mut text);
        text
    }

    /// The last bytes, at most so many.
    #[must_use]
    pub fn end(&self, most: usize) -> Vec<u8> {
        let mut end: Vec<u8> = self.iter().rev().flat_map(|piece| piece.iter().rev()).take(most).copied().collect();
        end.reverse();
        end
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.pieces.iter().map(AsRef::as_ref).chain([self.short.as_slice()])
    }
}

/// A body that came whole. Where nobody else has its bytes, they stay where they are.
impl From<Bytes> for Pieces {
    fn from(body: Bytes) -> Self {
        Self { len: body.len(), short: body.into(), pieces: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_same_in_whatever_pieces_it_comes() {
        let body: Vec<u8> = (0..4 * LONG).map(|number| (number % 251) as u8).collect();
        for pieces in [vec![LONG], vec![LONG - 1], vec![1, LONG, 2, 3, LONG + 1, 4], vec![7, 1000], vec![2 * LONG, 1]] {
            let (mut rest, mut came) = (Bytes::from(body.clone()), Pieces::with_capacity(body.len()));
            for len in pieces.into_iter().cycle() {
                let piece = rest.split_to(len.min(rest.len()));
                came.push(piece);
                if rest.is_empty() {
                    break;
                }
            }
            assert_eq!(came.len(), body.len());
            for most in [0, 1, 10, LONG, 5 * LONG] {
                assert_eq!(came.end(most), &body[body.len().saturating_sub(most)..], "{most}");
            }
            let mut text = b"before".to_vec();
            came.add_to(&mut text);
            assert_eq!(&text[6..], body);
            assert_eq!(came.into_vec(), body);
        }
    }

    #[test]
    fn a_body_that_comes_whole_is_not_copied() {
        let whole = Bytes::from(vec![b'x'; 1000]);
        let at = whole.as_ptr();
        let came = Pieces::from(whole);
        assert_eq!(came.len(), 1000);
        let body = came.into_vec();
        assert_eq!(body.as_ptr(), at);
    }

    #[test]
    fn short_pieces_take_no_more_room_than_their_bytes() {
        let mut came = Pieces::default();
        (0..1000).for_each(|_| came.push(Bytes::from_static(b"x")));
        assert!(came.pieces.is_empty());
        assert_eq!(came.into_vec(), [b'x'; 1000]);
    }
}
