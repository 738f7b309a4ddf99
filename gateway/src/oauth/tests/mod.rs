//! A whole standalone gateway over real sockets, as programs and browsers see it.

mod authorize;
mod grants;

mod pages;
mod register;
mod tokens;
