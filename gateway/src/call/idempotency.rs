//! Idempotency keys: a client that does not know whether its call was carried out makes it again with the same key, and gets
//! the answer of the first one. Ids of new rows follow from the key, so that a call which is made again without its answer
//! (the gateway ended in between, or the answer had to go) writes the same rows and no others.
//!
//! Answers are kept in this process for a day, sealed, and within bounds of each user and of all.

#[cfg(test)]
mod over_http;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indexmap::IndexMap;
use mana_mcp_runtime::{
    crypto::{Sealer, derived},
    tool::{Output, RowIds, ToolId, ToolOutput},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::{sync::Notify, time::Instant};
use zeroize::Zeroizing;

use crate::auth::UserId;

const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// A longer answer is not kept: its call was carried out, and a repetition learns no more.
const MAX_ANSWER: usize = 64 << 10;
const MAX_OF_USER: usize = 1000;
const MAX_BYTES: usize = 64 << 20;
/// What a record takes besides its answer.
const RECORD_BYTES: usize = 256;
const MAX_KEY: usize = 64;

/// A key that a client chose. It is no secret, and authorizes nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct CallKey(Box<str>);

/// The text is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("An idempotency key is 1 to 64 letters, digits and `.`, `_`, `-`.")]
pub struct UnusableCallKey;

/// A user's key for one tool in one space.
type Name = [u8; 32];

/// The calls with keys.
pub struct IdempotencyKeys {
    secret: Zeroizing<[u8; 32]>,
    answers: Arc<Sealer>,
    calls: Arc<Mutex<Calls>>,
}

#[derive(Default)]
struct Calls {
    /// By user, and the oldest first.
    users: HashMap<UserId, OfUser>,
    /// What the records of all take.
    bytes: usize,
}

#[derive(Default)]
struct OfUser {
    records: IndexMap<Name, Record>,
    bytes: usize,
}

struct Record {
    arguments: [u8; 32],
    since: Instant,
    state: State,
}

enum State {
    /// It runs; its end wakes those who wait.
    Running(Arc<Notify>),
    /// It was carried out, with that sealed answer.
    Done(Vec<u8>),
    /// It was carried out, and its answer was too long. The ids of new rows.
    DoneLong(Arc<[String]>),
}

/// What becomes of a call with a key.
pub(super) enum Claim {
    /// It is the first one, or the ones before it were not carried out.
    Run(Run),
    /// It was carried out.
    Replay(ToolOutput),
    /// It was carried out, and its answer was not kept.
    Done(Arc<[String]>),
    /// The key was used for other arguments.
    Reused,
}

/// A call with a key that runs. Dropped without an answer, it is as if it had not been made.
pub(super) struct Run {
    name: Name,
    user: UserId,
    answers: Arc<Sealer>,
    ids: Arc<RowIds>,
    calls: Arc<Mutex<Calls>>,
    is_done: bool,
}

impl FromStr for CallKey {
    type Err = UnusableCallKey;

    fn from_str(text: &str) -> Result<Self, UnusableCallKey> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.into()))
        } else {
            Err(UnusableCallKey)
        }
    }
}

/// Not as it is: clients may put anything into it.
impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallKey([redacted])")
    }
}

impl IdempotencyKeys {
    /// No calls yet. Ids follow from `secret`, which is the same for all gateways of a deployment.
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        let answers = Arc::new(derived(&secret, "answers").into());
        Self { answers, secret, calls: Arc::default() }
    }

    /// Claims a key for a call. Waits while another call with the same key runs.
    pub(super) async fn claim(
        &self,
        user: &UserId,
        space: &str,
        tool: ToolId,
        key: &CallKey,
        arguments: &Value,
    ) -> Claim {
        let name = self.name(&[user.as_str(), space, tool.name(), &key.0]);
        let arguments: [u8; 32] = Sha256::digest(canonical(arguments)).into();
        loop {
            let ended = {
                let mut calls = lock(&self.calls);
                calls.forget_old(user);
                match calls.users.get(user).and_then(|of_user| of_user.records.get(&name)) {
                    None => return Claim::Run(self.begin(&mut calls, user, name, arguments)),
                    Some(record) if record.arguments != arguments => return Claim::Reused,
                    Some(Record { state: State::DoneLong(ids), .. }) => return Claim::Done(Arc::clone(ids)),
                    Some(Record { state: State::Done(sealed), .. }) => match self.open(&name, sealed) {
                        Some(output) => return Claim::Replay(output),
                        None => return Claim::Done(Arc::default()),
                    },
                    // Before the lock is released, so that its end is not missed.
                    Some(Record { state: State::Running(end), .. }) => Arc::clone(end).notified_owned(),
                }
            };
            ended.await;
        }
    }

    fn begin(&self, calls: &mut Calls, user: &UserId, name: Name, arguments: [u8; 32]) -> Run {
        let record = Record { arguments, since: Instant::now(), state: State::Running(Arc::default()) };
        calls.insert(user, name, record);
        let ids = RowIds::new(move |of_call| {
            let digest: [u8; 32] = Sha256::new().chain_update(name).chain_update(of_call).finalize().into();
            let mut id = [0; 16];
            id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
            id
        });
        Run {
            name,
            user: user.clone(),
            answers: Arc::clone(&self.answers),
            ids,
            calls: Arc::clone(&self.calls),
            is_done: false,
        }
    }

    /// Nobody without the secret computes it, nor the ids that follow from it.
    fn name(&self, parts: &[&str]) -> Name {
        let mut digest = Sha256::new().chain_update(*self.secret).chain_update(b"names");
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }

    fn open(&self, name: &Name, sealed: &[u8]) -> Option<ToolOutput> {
        let opened = self.answers.open(name, sealed)?;
        serde_json::from_slice::<Value>(&opened).ok()?.written().ok()
    }
}

impl Run {
    /// The ids of new rows.
    pub(super) fn ids(&self) -> Arc<RowIds> {
        Arc::clone(&self.ids)
    }

    /// The call was carried out with that answer.
    pub(super) fn done(mut self, output: &ToolOutput) {
        let is_short = output.json().len() <= MAX_ANSWER;
        let sealed = is_short.then(|| self.answers.seal(&self.name, output.json())).flatten();
        let state = match sealed {
            Some(sealed) => State::Done(sealed),
            None => State::DoneLong(self.ids.issued().iter().map(ToString::to_string).collect()),
        };
        self.is_done = true;
        lock(&self.calls).end(&self.user, &self.name, Some(state));
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.is_done {
            lock(&self.calls).end(&self.user, &self.name, None);
        }
    }
}

impl Calls {
    fn insert(&mut self, user: &UserId, name: Name, record: Record) {
        let bytes = record.bytes();
        let of_user = self.users.entry(user.clone()).or_default();
        of_user.records.insert(name, record);
        of_user.bytes += bytes;
        self.bytes += bytes;
        while self.users.get(user).is_some_and(|of_user| of_user.records.len() > MAX_OF_USER) && self.evict_of(user) {}
        self.make_room();
    }

    /// A call has ended. One that was not carried out leaves nothing behind.
    fn end(&mut self, user: &UserId, name: &Name, state: Option<State>) {
        let Some(of_user) = self.users.get_mut(user) else { return };
        let Some(record) = of_user.records.get_mut(name) else { return };
        let State::Running(end) = &record.state else { return };
        end.notify_waiters();
        let before = record.bytes();
        let after = match state {
            Some(state) => {
                record.state = state;
                record.bytes()
            }
            None => {
                of_user.records.shift_remove(name);
                0
            }
        };
        of_user.bytes = of_user.bytes - before + after;
        self.bytes = self.bytes - before + after;
        self.make_room();
    }

    /// The greatest user's oldest answers go first.
    fn make_room(&mut self) {
        while self.bytes > MAX_BYTES {
            let greatest = self.users.iter().max_by_key(|(_, of_user)| of_user.bytes).map(|(user, _)| user.clone());
            if !greatest.is_some_and(|user| self.evict_of(&user)) {
                return;
            }
        }
    }

    /// Forgets the oldest call of a user that does not run. Whether there was one.
    fn evict_of(&mut self, user: &UserId) -> bool {
        let Some(of_user) = self.users.get_mut(user) else { return false };
        let oldest = of_user.records.values().position(|record| !record.is_running());
        let evicted = oldest.and_then(|oldest| of_user.records.shift_remove_index(oldest));
        let bytes = evicted.as_ref().map_or(0, |(_, record)| record.bytes());
        of_user.bytes -= bytes;
        self.bytes -= bytes;
        if of_user.records.is_empty() {
            self.users.remove(user);
        }
        evicted.is_some()
    }

    fn forget_old(&mut self, user: &UserId) {
        let is_old = |of_user: &OfUser| {
            let oldest = of_user.records.values().find(|record| !record.is_running());
            oldest.is_some_and(|oldest| oldest.since.elapsed() >= KEPT_FOR)
        };
        while self.users.get(user).is_some_and(is_old) && self.evict_of(user) {}
    }
}

impl Record {
    fn bytes(&self) -> usize {
        RECORD_BYTES
            + match &self.state {
                State::Running(_) => 0,
                State::Done(sealed) => sealed.len(),
                State::DoneLong(ids) => ids.iter().map(String::len).sum(),
            }
    }

    fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }
}

fn lock(calls: &Mutex<Calls>) -> MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same text for the same JSON, in whatever order the members of its objects stand.
fn canonical(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let member =
                |(name, value): (&String, &Value)| format!("{}:{}", Value::from(name.as_str()), canonical(value));
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

impl fmt::Debug for IdempotencyKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyKeys").finish_non_exhaustive()
    }
}
