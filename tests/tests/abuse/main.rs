//! A permanent attacker: what any user of a deployment and any stranger may try, against the built program over real
//! sockets. The gateways run on two threads. While an attack runs, a [`Watchdog`](watchdog::Watchdog) asserts that `/health`
//! is answered in time and that other users are served, and memory is read from `/proc`.
//!
//! What was found once, and stays cured:
//!
//! | attack | test |
//! | --- | --- |
//! | nobody reads standard error; refusals wash the audit log away | [`log`] |
//! | answers that nobody reads; answers without end | [`answers`] |
//! | bodies that do not come, are announced too long, or are held back | [`bodies`] |
//! | silent connections, all connections of one address, all of them at work | [`connections`] |
//! | records of many fields, large spaces and rows, long searches, ids that speak to a model | [`rows`] |
//! | rows that name other spaces; private rows | `gateway/src/data/tests/visibility.rs`, `tests/gateway/web_rows.rs` |
//! | a personal space of somebody else; metadata without end | `tests/gateway/spaces.rs` |
//! | tokens for other purposes; unknown keys that make others wait | [`tokens`], `gateway/src/auth/tests/tokens.rs` |
//! | names that stand twice; spellings of `Host` and `Origin` | [`http`], `gateway/src/app/tests/guards.rs` |
//! | data folders, links and ports of other users; control characters on a terminal | [`local`], `gateway/src/cli/port_owner.rs` |
//! | a token that the services refuse, at a pull of another one | `gateway/crates/replica/src/tests/tokens.rs` |
//! | destructive calls where no policy is set | [`local`], `gateway/src/policy/gate/tests.rs` |
//! | services over plain HTTP | `gateway/src/config/tests.rs` |
//!
//! What held from the start, with the tests that keep it so:
//!
//! | attack | test |
//! | --- | --- |
//! | algorithms, keys in tokens, key ids, signatures, JWT syntax | `tests/gateway/authorization.rs`, `gateway/src/auth/tests/tokens.rs` |
//! | claims of other types and at their limits | `tests/gateway/authorization.rs`, `gateway/src/auth/tests/tokens.rs` |
//! | two tokens, tokens in the address or body, other schemes | `tests/gateway/authorization.rs`, `tests/gateway/challenges.rs` |
//! | keys that change or are withdrawn | `tests/gateway/rotation.rs`, `gateway/src/auth/tests/tokens.rs` |
//! | foreign and odd spaces, other users' rows, caches and keys | `tests/gateway/isolation.rs`, `gateway/src/auth/tests/spaces.rs` |
//! | forged, foreign and ended sessions | `tests/gateway/sessions.rs`, `gateway/src/mcp/session.rs` |
//! | consent for another call, forged, twice, at another gateway | `tests/gateway/consent.rs`, `gateway/src/policy/consent/tests.rs` |
//! | the rate limit by other spellings, spaces, tokens and gateways | `tests/gateway/policy.rs`, `tests/gateway/replicas.rs` |
//! | request smuggling, pipelining, other protocols, path tricks | [`http`] |
//! | hosts and origins, preflights of strangers | `tests/gateway/messages.rs`, `gateway/src/app/tests/guards.rs` |
//! | hostile JSON | `tests/gateway/messages.rs`, `gateway/src/mcp/shape.rs`, the fuzz target `message` |
//! | injection into logs, labels and errors | `tests/gateway/content.rs`, `tests/gateway/metrics.rs` |
//! | encrypted values that look like others | `gateway/crates/runtime/src/crypto/tests.rs`, the fuzz target `enc1` |
//! | patterns of injection markers on long texts | `gateway/src/policy/markers.rs` |
//! | permissions of files, secrets in messages | `tests/gateway/storage.rs`, `tests/gateway/doctor.rs` |
//!
//! What was thought of before it was built:
//!
//! | attack | test |
//! | --- | --- |
//! | redirects, pages, codes, tokens, registrations; programs and people who are not who they say | `gateway/src/oauth/tests/` |
//! | more than was granted, by whatever path | `gateway/src/oauth/tests/grants.rs` |
//! | keys of others, twice, at once, at two gateways, for other arguments; keys in logs | `gateway/src/call/idempotency/`, `tests/gateway/audit.rs` |
//! | a call within a call that passes for another one | `gateway/src/app/tests/many_tools.rs`, `tests/gateway/many_tools.rs` |
//! | what services are sent, and what they may not do to a call or its neighbours | `gateway/src/app/tests/services/`, `gateway/crates/runtime/src/steps/tests/calls.rs` |
//! | encrypted text on its way to a service or a plain field | `codegen/tests/mistakes/cases/flow.yaml` |
#![cfg(test)]

mod answers;
mod bodies;
mod connections;
mod http;
mod local;
mod log;
mod rows;
mod tokens;
mod watchdog;
