//! Who listens on a port of this machine, so that a token made here is not handed to another user's program there. Linux
//! says so in `/proc/net/tcp`; elsewhere nothing is known.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use anyhow::ensure;
use url::Url;

const HTTP: u16 = 80;
/// The state of a socket that listens.
const LISTEN: &str = "0A";
const ROOT: u32 = 0;

/// Refuses an address of this machine at which a program of another user listens, unless that is root.
pub(super) fn check(url: &Url) -> anyhow::Result<()> {
    let own = rustix::process::geteuid().as_raw();
    let port = url.port_or_known_default().unwrap_or(HTTP);
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let stranger = tables
        .iter()
        .flat_map(|table| table.lines())
        .filter_map(Listener::read)
        .find(|listener| listener.port == port && listener.serves(url) && ![own, ROOT].contains(&listener.user));
    ensure!(
        stranger.is_none(),
        "a program of another user listens on port {port}, and a token is not sent to it: start `mana-mcp serve` on a free \
         port, or give the token of that gateway with --token -"
    );
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Listener {
    address: IpAddr,
    port: u16,
    user: u32,
}

impl Listener {
    /// Reads a line of the table. `None` where it is another socket's, or the head.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().skip(1);
        let (address, port) = words.next()?.split_once(':')?;
        let (_remote, state) = (words.next()?, words.next()?);
        let user = words.nth(3)?.parse().ok()?;
        let listener = Self { address: read_address(address)?, port: u16::from_str_radix(port, 16).ok()?, user };
        (state == LISTEN).then_some(listener)
    }

    /// Whether a client of that address may reach it.
    fn serves(&self, url: &Url) -> bool {
        let is_any = self.address.is_unspecified();
        match url.host() {
            Some(url::Host::Ipv4(address)) => is_any || self.address.to_canonical() == IpAddr::V4(address),
            Some(url::Host::Ipv6(address)) => is_any || self.address == IpAddr::V6(address),
            Some(url::Host::Domain(_)) | None => is_any || self.address.to_canonical().is_loopback(),
        }
    }
}

/// Words of 32 bits in hexadecimal, each in the byte order of the machine.
fn read_address(text: &str) -> Option<IpAddr> {
    let word = |from: usize| Some(u32::from_str_radix(text.get(from..from + 8)?, 16).ok()?.to_ne_bytes());
    if text.len() == 8 {
        return Some(Ipv4Addr::from(word(0)?).into());
    }
    let mut bytes = [0; 16];
    for (place, from) in bytes.chunks_exact_mut(4).zip([0, 8, 16, 24]) {
        place.copy_from_slice(&word(from)?);
    }
    Some(Ipv6Addr::from(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BFD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 100 0 0 10 0
   1: 0100007F:0BFD 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1001        0 12346 1 0 20 4 30 10 -1
   2: 00000000000000000000000001000000:0BFD 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 \
00000000  1002        0 12347 1 0 100 0 0 10 0";

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn listeners_are_read_with_their_users() {
        let read: Vec<_> = TABLE.lines().filter_map(Listener::read).collect();
        let [four, six] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!(*four, Listener { address: Ipv4Addr::LOCALHOST.into(), port: 3069, user: 1000 });
        assert_eq!(*six, Listener { address: Ipv6Addr::LOCALHOST.into(), port: 3069, user: 1002 });
        let serves = |listener: &Listener| {
            ["http://127.0.0.1:3069", "http://[::1]:3069", "http://localhost:3069"].map(|to| listener.serves(&url(to)))
        };
        assert_eq!((serves(four), serves(six)), ([true, false, true], [false, true, true]));
        let anywhere = Listener { address: Ipv4Addr::UNSPECIFIED.into(), ..*four };
        assert_eq!(serves(&anywhere), [true; 3]);
    }

    #[test]
    fn a_port_of_this_process_is_its_own_users() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        check(&url(&format!("http://{}/mcp", listener.local_addr().unwrap()))).unwrap();
    }
}
