//! A permanent attacker: what any user of a deployment and any stranger may try, against the built program over real
//! sockets. The gateways run on two threads. While an attack runs, a [`Watchdog`](watchdog::Watchdog) asserts that `/health`
//! is answered in time and that other users are served, and memory is read from `/proc`.
//!
//! | attack | test |
//! | --- | --- |
//! | nobody reads standard error | [`log`] |
#![cfg(test)]

mod answers;
mod bodies;
mod connections;
mod log;
mod watchdog;
