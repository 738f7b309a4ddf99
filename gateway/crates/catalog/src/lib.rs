//! The tools of Mana: what the compiler writes from `catalog/` ([`generated`]), and the handlers that are written by hand
//! (`custom/`, one file a module).

mod custom;
mod generated;

pub use generated::*;
