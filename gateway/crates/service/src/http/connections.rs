//! Open connections: a limit in all and a limit for each address. If there are too many, the one that has been idle for the
//! longest time makes room for a new one. If all are at work, a few more are served operators' routes alone, so that probes
//! always get an answer.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use metrics::Counter;
use tokio::{sync::Notify, time::Instant};

use super::permits::{Load, Permits};

/// What is still heard after a server was asked to stop: a connection ends when it has been silent for so long.
pub(super) const GRACE: Duration = Duration::from_millis(250);
/// A client that has just connected says something by then: so long is a connection heard that had to make room.
const LAST_WORDS: Duration = Duration::from_millis(50);
/// The most connections, beyond the bound, that are heard so.
const MOST_LEAVING: usize = 1_024;
/// A client that has something to say says it by then.
const FIRST_BYTE: Duration = Duration::from_secs(5);
/// The longest idle time while more than three quarters of the connections are open. Else hyper's time for a head holds.
const IDLE_WHEN_CROWDED: Duration = Duration::from_secs(10);
/// Connections beyond the bound that are served operators' routes, each for at most this time without a request.
const RESERVE: usize = 16;
const RESERVED_FOR: Duration = Duration::from_secs(2);

/// Open connections, up to a bound. Cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    limits: ConnectionLimits,
    begun: Instant,
    is_ending: Arc<AtomicBool>,
    open: Mutex<Open>,
    counters: ConnectionCounters,
}

/// Counts connections that were not served, or no longer.
#[derive(Debug, Clone)]
pub struct ConnectionCounters {
    /// Those that could not be accepted.
    pub failures: Counter,
    /// Those for which there was no permit: served operators' routes alone.
    pub refused: Counter,
    /// Those of an address that had its part: served operators' routes alone.
    pub refused_of_address: Counter,
    /// Idle ones that made room for new ones.
    pub evicted: Counter,
}

/// Counts nothing.
impl Default for ConnectionCounters {
    fn default() -> Self {
        let [failures, refused, refused_of_address, evicted] = std::array::from_fn(|_| Counter::noop());
        Self { failures, refused, refused_of_address, evicted }
    }
}

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// In all.
    pub all: usize,
    /// Of one address.
    pub of_address: usize,
}

/// What a connection is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Everything.
    All,
    /// Operators' routes.
    Operators,
}

struct Open {
    last: u64,
    /// Those of `served`, by address.
    permits: Permits<Address>,
    /// In the order in which they were accepted.
    served: BTreeMap<u64, Arc<Activity>>,
    reserved: BTreeMap<u64, Arc<Activity>>,
    /// Those that had to make room and are still heard.
    leaving: BTreeSet<u64>,
}

/// Who a connection is counted for: an IPv4 address, or the network of 64 bits that one IPv6 host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Address(IpAddr);

/// What one connection is doing.
pub(super) struct Activity {
    address: Address,
    service: Service,
    /// The clock of all connections of a server.
    begun: Instant,
    /// When it was accepted or its last request ended, in milliseconds of that clock.
    since: AtomicU64,
    requests: AtomicUsize,
    has_received: AtomicBool,
    /// Whether something has come since [`Activity::quiet`] has looked.
    has_news: AtomicBool,
    is_writing: AtomicBool,
    /// It has no permit any more, for it was idle and had to make room.
    has_made_room: AtomicBool,
    /// Too many of those are heard already for this one to be heard too.
    is_cut: AtomicBool,
    closed: Notify,
    /// Whether the server ends.
    is_ending: Arc<AtomicBool>,
}

/// The permit of an open connection; dropping it gives it back.
pub(super) struct Permit {
    connections: Connections,
    number: u64,
    pub(super) activity: Arc<Activity>,
}

/// A request under way on a connection.
pub(super) struct Busy(Arc<Activity>);

impl Connections {
    /// The most that may be open at once.
    #[must_use]
    pub fn new(limits: ConnectionLimits, counters: ConnectionCounters) -> Self {
        let permits = Permits::new(limits.all, limits.of_address);
        let open =
            Open { last: 0, permits, served: BTreeMap::new(), reserved: BTreeMap::new(), leaving: BTreeSet::new() };
        let is_ending = Arc::default();
        Self(Arc::new(Inner { limits, begun: Instant::now(), is_ending, open: Mutex::new(open), counters }))
    }

    /// How many are open, and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        self.open().permits.load()
    }

    /// A permit for a new connection, if there is one or an idle connection makes room.
    pub(super) fn admit(&self, ip: IpAddr) -> Option<Permit> {
        let address = Address::of(ip);
        let mut open = self.open();
        let has_part =
            open.permits.has_part(&address, 1) || self.evict_idlest(&mut open, |activity| activity.address == address);
        let has_permit = has_part && (open.permits.has_room(1) || self.evict_idlest(&mut open, |_| true));
        let service = if has_permit { Service::All } else { Service::Operators };
        if service == Service::Operators {
            let ConnectionCounters { refused, refused_of_address, .. } = &self.0.counters;
            if has_part { refused } else { refused_of_address }.increment(1);
            if open.reserved.len() >= RESERVE && !self.evict_reserved(&mut open) {
                return None;
            }
        }
        open.last += 1;
        let (number, activity) = (open.last, Arc::new(Activity::new(address, service, &self.0)));
        match service {
            Service::All => {
                open.permits.take_anyway(&address, 1);
                open.served.insert(number, Arc::clone(&activity));
            }
            Service::Operators => drop(open.reserved.insert(number, Arc::clone(&activity))),
        }
        Some(Permit { connections: self.clone(), number, activity })
    }

    /// From now on, each answer ends its connection.
    pub(super) fn end(&self) {
        self.0.is_ending.store(true, Ordering::Relaxed);
    }

    /// The connections on which a request is under way, or an answer is not taken yet.
    pub(super) fn at_work(&self) -> usize {
        let open = self.open();
        let all = open.served.values().chain(open.reserved.values());
        all.filter(|activity| activity.idle_since().is_none()).count()
    }

    /// Counts a connection that could not be accepted, and closes an idle one: file descriptors may have run out.
    pub(super) fn accept_failed(&self) {
        self.0.counters.failures.increment(1);
        self.evict_idlest(&mut self.open(), |_| true);
    }

    /// Closes those that have been silent for too long. Called every second or so.
    pub(super) fn sweep(&self) {
        let mut open = self.open();
        let is_crowded = open.served.len() > self.0.limits.all / 4 * 3;
        let now = millis(self.0.begun.elapsed());
        let is_late = |activity: &Activity| {
            let limit = match activity.service {
                Service::Operators => RESERVED_FOR,
                Service::All if !activity.has_received.load(Ordering::Relaxed) => FIRST_BYTE,
                Service::All if is_crowded => IDLE_WHEN_CROWDED,
                Service::All => return false,
            };
            activity.idle_since().is_some_and(|since| now.saturating_sub(since) >= millis(limit))
        };
        let late = |(number, activity): (&u64, &Arc<Activity>)| is_late(activity).then_some(*number);
        let numbers: Vec<u64> = open.served.iter().chain(&open.reserved).filter_map(late).collect();
        for number in numbers {
            open.close(number);
        }
    }

    /// Closes the connection that has been idle for the longest time. Whether there was one.
    fn evict_idlest(&self, open: &mut Open, is_meant: impl Fn(&Activity) -> bool) -> bool {
        let idle = |(number, activity): (&u64, &Arc<Activity>)| Some((activity.idle_since()?, *number));
        let meant = open.served.iter().filter(|(_, activity)| is_meant(activity));
        let Some((_, number)) = meant.filter_map(idle).min() else { return false };
        self.0.counters.evicted.increment(1);
        open.close(number);
        true
    }

    fn evict_reserved(&self, open: &mut Open) -> bool {
        let idle = |(number, activity): (&u64, &Arc<Activity>)| Some((activity.idle_since()?, *number));
        let Some((_, number)) = open.reserved.iter().filter_map(idle).min() else { return false };
        self.0.counters.evicted.increment(1);
        open.close(number);
        true
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Forgets a connection, if it is still known.
    fn remove(&mut self, number: u64) -> Option<Arc<Activity>> {
        let Some(activity) = self.served.remove(&number) else { return self.reserved.remove(&number) };
        self.permits.release(&activity.address, 1);
        Some(activity)
    }

    /// Has a connection closed, and gives its permit back.
    fn close(&mut self, number: u64) {
        if let Some(activity) = self.remove(number) {
            let is_heard = self.leaving.len() < MOST_LEAVING && self.leaving.insert(number);
            activity.is_cut.store(!is_heard, Ordering::Relaxed);
            activity.has_made_room.store(true, Ordering::Relaxed);
            activity.closed.notify_one();
        }
    }
}

impl Address {
    fn of(ip: IpAddr) -> Self {
        const NETWORK: u128 = !0 << 64;
        Self(match ip.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & NETWORK)),
            ip @ IpAddr::V4(_) => ip,
        })
    }
}

impl Activity {
    fn new(address: Address, service: Service, of: &Inner) -> Self {
        let activity = Self {
            address,
            service,
            begun: of.begun,
            since: AtomicU64::default(),
            requests: AtomicUsize::default(),
            has_received: AtomicBool::default(),
            has_news: AtomicBool::default(),
            is_writing: AtomicBool::default(),
            has_made_room: AtomicBool::default(),
            is_cut: AtomicBool::default(),
            closed: Notify::new(),
            is_ending: Arc::clone(&of.is_ending),
        };
        activity.touch();
        activity
    }

    pub(super) fn service(&self) -> Service {
        if self.has_made_room.load(Ordering::Relaxed) { Service::Operators } else { self.service }
    }

    /// A request begins.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Something has come.
    pub(super) fn received(&self) {
        self.has_received.store(true, Ordering::Relaxed);
        self.has_news.store(true, Ordering::Relaxed);
    }

    /// An answer waits for the client.
    pub(super) fn writing(&self) {
        self.is_writing.store(true, Ordering::Relaxed);
    }

    /// The client has taken all.
    pub(super) fn written(&self) {
        self.touch();
        self.is_writing.store(false, Ordering::Relaxed);
    }

    /// Whether its answer ends the connection.
    pub(super) fn is_last(&self) -> bool {
        self.is_ending.load(Ordering::Relaxed) || self.has_made_room.load(Ordering::Relaxed)
    }

    /// Until nothing is under way and nothing has come for [`GRACE`]. The runtime looks at its sockets before it looks at its
    /// clocks, so that the reader of the connection knows first what has come when this ends.
    pub(super) async fn quiet(&self) {
        loop {
            self.has_news.store(false, Ordering::Relaxed);
            tokio::time::sleep(GRACE).await;
            if !self.has_news.load(Ordering::Relaxed) && self.idle_since().is_some() {
                return;
            }
        }
    }

    /// Until the connection has lost its permit.
    async fn evicted(&self) {
        self.closed.notified().await;
    }

    /// Until the connection has lost its permit, and does nothing. What its client had sent by then, or sends at the same
    /// moment, is answered: a connection that is closed while something comes is reset.
    pub(super) async fn closed(&self) {
        self.evicted().await;
        while !self.is_cut.load(Ordering::Relaxed) {
            tokio::time::sleep(LAST_WORDS).await;
            if self.idle_since().is_some() {
                return;
            }
        }
    }

    fn touch(&self) {
        self.since.store(millis(self.begun.elapsed()), Ordering::Relaxed);
    }

    /// Since when nothing is under way, if nothing is.
    fn idle_since(&self) -> Option<u64> {
        let is_busy = self.requests.load(Ordering::Relaxed) > 0 || self.is_writing.load(Ordering::Relaxed);
        (!is_busy).then(|| self.since.load(Ordering::Relaxed))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.remove(self.number);
        open.leaving.remove(&self.number);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
