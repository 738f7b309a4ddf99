//! Who is let in, and who is not.

mod spaces;
mod tokens;
