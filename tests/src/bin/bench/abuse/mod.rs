//! What other users notice while one user, or strangers, attack: their goodput and times, the slowest `/health`, and the
//! memory of the gateway. Each attack has a gateway of its own, on two threads; then all of them have one together.

mod attacks;
mod bystanders;

use std::time::Duration;

use anyhow::{Context, Result};
use mana_mcp_tests::{Backends, Gateway, Program};

use attacks::{Attack, Attacker};
use bystanders::{Bystanders, Noticed};

/// How long each attack runs.
const ATTACKED: Duration = Duration::from_secs(10);
/// Attacks have begun for so long before anything is measured.
const UNDER_WAY: Duration = Duration::from_secs(2);
/// How long all attacks run at once; the environment may say otherwise.
const ALL_AT_ONCE: Duration = Duration::from_secs(60);
const ALL_AT_ONCE_SECONDS: &str = "MANA_BENCH_ABUSE_SECONDS";
/// The replicas' budget is 256 MiB, and resident memory is up to 1.3 times that; the rest has 512 MiB.
const MEMORY_WANTED: &str = "< 845 MiB";

/// Measures and prints it all.
pub(crate) async fn run() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let mut bystanders = Bystanders::new(&backends).await?;
    let attacker = Attacker::new(&backends).await?;

    println!(
        "{:<38}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "others, while", "goodput", "p50 ms", "p99 ms", "max ms", "health", "peak MiB"
    );
    let quiet = {
        let gateway = gateway(&backends).await;
        bystanders.meet(&gateway).await?;
        bystanders.measure(&gateway, ATTACKED).await?
    };
    print("nothing happens", &quiet, None);
    for attack in Attack::ALL {
        let gateway = gateway(&backends).await;
        bystanders.meet(&gateway).await?;
        let under_way = attacker.begin(&[attack], &gateway).await;
        tokio::time::sleep(UNDER_WAY).await;
        let noticed = bystanders.measure(&gateway, ATTACKED).await?;
        print(attack.name(), &noticed, Some(&gateway));
        println!("{:<38}{}", "", under_way.end());
        if attack == Attack::Space {
            println!("{:<38}{}", "", bystanders.search(&gateway).await);
        }
    }

    let asked = std::env::var(ALL_AT_ONCE_SECONDS).ok();
    let long = match asked {
        Some(seconds) => Duration::from_secs(seconds.parse().context("MANA_BENCH_ABUSE_SECONDS is a number")?),
        None => ALL_AT_ONCE,
    };
    let gateway = gateway(&backends).await;
    bystanders.meet(&gateway).await?;
    let under_way = attacker.begin(&Attack::ALL, &gateway).await;
    let noticed = bystanders.measure(&gateway, long).await?;
    print(&format!("all of it happens, {} s", long.as_secs()), &noticed, Some(&gateway));
    println!("{:<38}{}", "", under_way.end());
    println!("wanted: goodput >= 0.80, p99 < 50 ms for each alone; {MEMORY_WANTED} for all at once");
    Ok(())
}

/// The policy as it is where nobody sets it: it counts everything and denies nothing.
async fn gateway(backends: &Backends) -> Gateway {
    backends.gateway().env("POLICY_MODE", "log-only").threads(2).discard_log().start().await
}

fn print(what: &str, noticed: &Noticed, gateway: Option<&Gateway>) {
    let milliseconds = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
    println!(
        "{what:<38}{:>9.3}{:>9}{:>9}{:>9}{:>9}{:>10}",
        noticed.goodput(),
        milliseconds(noticed.at(0.5)),
        milliseconds(noticed.at(0.99)),
        milliseconds(noticed.at(1.0)),
        milliseconds(noticed.slowest_health),
        gateway.map_or_else(String::new, |gateway| format!("{}", gateway.peak_kib() >> 10)),
    );
}
