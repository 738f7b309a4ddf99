//! The whole gateway, from outside: the built binary over real sockets, held against what its users rely on.
#![cfg(test)]

mod arguments;
mod audit;
mod authorization;
mod challenges;
mod clients;
mod conformance;
mod consent;
mod content;
mod doctor;
mod durability;
mod duties;
mod examples;
mod isolation;
mod life_cycle;
mod messages;
mod metrics;
mod observability;
mod policy;
mod remote;
mod replicas;
mod revisions;
mod rotation;
mod sessions;
mod soak;
mod start;
mod storage;
mod streams;
mod tools;
mod traces;
