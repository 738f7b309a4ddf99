//! The whole gateway, from outside: a built program over real sockets, held against what its users
//! rely on. Nearly all tests run the fixture program, whose tools they may name; those about the
//! shipped program read what to expect from its catalog.
#![cfg(test)]

mod arguments;
mod audit;
mod authorization;
mod batches;
mod cancellation;
mod challenges;
mod clients;
mod conformance;
mod consent;
mod content;
mod doctor;
mod durability;
mod duties;
mod examples;
mod goals;
mod golden_rows;
mod isolation;
mod keys;
mod life_cycle;
mod many_tools;
mod messages;
mod metrics;
mod module_rows;
mod oauth;
mod observability;
mod pages;
mod policy;
mod remote;
mod replicas;
mod revisions;
mod rotation;
mod search;
mod second_service;
mod sessions;
mod shapes;
mod soak;
mod spaces;
mod start;
mod storage;
mod streams;
mod tools;
mod traces;
mod web_rows;
