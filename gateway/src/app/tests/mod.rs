//! The whole router, driven in process: what a client gets, and what a stranger does not.

mod cancellation;
mod guards;
mod harness;
mod many_tools;
mod methods;
mod operations;
mod protocol;
mod services;
mod sessions;
mod streams;
