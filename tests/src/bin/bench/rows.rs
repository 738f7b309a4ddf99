//! Reads of rows by a gateway in front of the services over TCP: against a bare handler, against the bare cost of the
//! bytes, and against the time of pulling them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mana_mcp_tests::{Backends, Gateway, Mcp, Program, load::Connection};
use serde_json::{Value, json};

use crate::{
    compare::{Call, against_bare},
    fixture::{Owner, Pulled, habit, note, task},
    measure::{ROUNDS, mebibytes, median, resident, row},
};

/// The allocator gives back after a second what is free.
const UNTIL_GIVEN_BACK: Duration = Duration::from_secs(2);
/// A pull asks again for the rows of the last seconds: a warm replica's are older.
pub(crate) const UNTIL_WARM: Duration = Duration::from_secs(6);
const LISTED: usize = 100;
const FEW_NOTES: usize = 1_000;
const MANY_NOTES: usize = 100_000;
const COLD: usize = 10_000;
/// A word that one note holds.
const NEEDLE: &str = "saxifrage";

pub(crate) async fn gateway(backends: &Backends) -> Gateway {
    // The policy as it is where nobody sets it: it counts everything and blocks nothing.
    backends.gateway().env("POLICY_MODE", "log-only").discard_log().start().await
}

/// Lists of a hundred rows, plain and encrypted.
pub(crate) async fn lists() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let mut owner = Owner::new(&backends, "lists@example.org").await?;
    owner.store("habits", "habits", (0..LISTED).map(|number| habit(number, false)).collect()).await;
    let tasks = (0..LISTED).map(|number| task(&mut owner, number)).collect::<Result<_>>()?;
    owner.store("todo", "tasks", tasks).await;
    tokio::time::sleep(UNTIL_WARM).await;
    let gateway = gateway(&backends).await;
    let mcp = Mcp::modern(&gateway, &owner.token).await;
    for (tool, rows, wanted) in [("habits.list", "habits", ">= 0.3"), ("todo.list", "tasks", ">= 0.25")] {
        let call = Call::new(&gateway, &mcp, tool, json!({ "limit": LISTED }));
        let listed = structured(&call.once().await?.body)?;
        ensure!(count(&listed, rows) == Some(LISTED), "{tool} lists something else: {listed}");
        against_bare(&call, wanted).await?;
    }
    Ok(())
}

/// A search through encrypted notes, against the bare cost of their bytes; and how its cost grows.
pub(crate) async fn search() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let mut few = Owner::new(&backends, "few@example.org").await?;
    let notes = notes(&mut few, FEW_NOTES)?;
    few.store("notes", "notes", notes).await;
    let mut many = Owner::new(&backends, "many@example.org").await?;
    let notes = self::notes(&mut many, MANY_NOTES)?;
    many.store("notes", "notes", notes).await;
    tokio::time::sleep(UNTIL_WARM).await;
    let pulled = few.pull("notes", "notes").await?;
    let all = many.pull("notes", "notes").await?.bytes();

    let gateway = gateway(&backends).await;
    let (few_mcp, many_mcp) = (Mcp::modern(&gateway, &few.token).await, Mcp::modern(&gateway, &many.token).await);
    let call = |mcp| Call::new(&gateway, mcp, "notes.search", json!({ "query": NEEDLE }));
    let (few_call, many_call) = (call(&few_mcp), call(&many_mcp));
    let found = structured(&few_call.once().await?.body)?;
    ensure!(count(&found, "notes") == Some(1), "the search finds something else: {found}");
    let before = resident(gateway.pid())?;
    many_call.once().await?;
    let grown = resident(gateway.pid())? - before;

    let mut connection = Connection::open(gateway.address).await?;
    let (mut ours, mut rows, mut fields, mut long) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=3 * ROUNDS {
        let (searched, bare) = (timed(&few_call, &mut connection).await?, bare(&few, &pulled)?);
        let through = if round % 3 == 0 { Some(timed(&many_call, &mut connection).await?) } else { None };
        // The first round warms up.
        if round > 0 {
            ours.push(searched);
            rows.push(bare.rows);
            fields.push(bare.fields);
            long.extend(through);
        }
    }
    let ratios = |bare: &[Duration]| ours.iter().zip(bare).map(|(ours, bare)| ours.div_duration_f64(*bare)).collect();
    let (short, long) = (median(ours.clone())?, median(long)?);
    row(&format!("notes.search through {FEW_NOTES} notes of 1 KiB"), &format!("{short:.1?}"), "");
    row("bare decoding and decrypting of their rows", &format!("{:.1?}", median(rows.clone())?), "");
    row("ratio", &format!("{:.2}", median(ratios(&rows))?), "<= 2.5");
    row("of which decrypting, and decoding what was encrypted", &format!("{:.1?}", median(fields.clone())?), "");
    row("ratio", &format!("{:.2}", median(ratios(&fields))?), "");
    row(&format!("notes.search through {MANY_NOTES} notes of 1 KiB"), &format!("{long:.1?}"), "");
    let growth = long.div_duration_f64(short) / (MANY_NOTES / FEW_NOTES) as f64;
    row("cost per note, against the cost of few", &format!("{growth:.2}"), "about 1");
    row("their bytes, as pulled", &mebibytes(all as i64 / 1024), "");
    row("memory growth of the gateway by them", &mebibytes(grown), "");
    row("ratio", &format!("{:.2}", grown as f64 * 1024.0 / all as f64), "<= 1.5");
    Ok(())
}

/// The first read of a long log, against the time of pulling it; and the memory that it takes.
pub(crate) async fn cold() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let owner = Owner::new(&backends, "cold@example.org").await?;
    // Nearly all are put away, so that the answer is short.
    let habits = (0..COLD).map(|number| habit(number, number > 0)).collect();
    owner.store("habits", "habits", habits).await;
    tokio::time::sleep(UNTIL_WARM).await;
    let (mut ours, mut pulls, mut bytes) = (Vec::new(), Vec::new(), 0);
    let (mut at_once, mut settled) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let gateway = gateway(&backends).await;
        let mcp = Mcp::modern(&gateway, &owner.token).await;
        Call::new(&gateway, &mcp, "spaces.list", json!({})).once().await?;
        let call = Call::new(&gateway, &mcp, "habits.list", json!({}));
        let mut connection = Connection::open(gateway.address).await?;
        let before = resident(gateway.pid())?;
        let pulled = owner.pull("habits", "habits").await?;
        let took = timed(&call, &mut connection).await?;
        if round > 0 {
            ours.push(took);
            pulls.push(pulled.took);
            at_once.push(resident(gateway.pid())? - before);
            tokio::time::sleep(UNTIL_GIVEN_BACK).await;
            timed(&call, &mut connection).await?;
            settled.push(resident(gateway.pid())? - before);
        }
        bytes = pulled.bytes();
        gateway.stop().await;
    }
    let ratios = ours.iter().zip(&pulls).map(|(ours, pull)| ours.div_duration_f64(*pull)).collect();
    row(&format!("first habits.list over {COLD} rows"), &format!("{:.1?}", median(ours.clone())?), "");
    row("pulling their bytes", &format!("{:.1?}", median(pulls.clone())?), "");
    row("ratio", &format!("{:.2}", median(ratios)?), "<= 1.3");
    row("their bytes, as pulled", &mebibytes(bytes as i64 / 1024), "");
    for (when, grown, wanted) in [("at once", at_once, ""), ("two seconds and a call later", settled, "<= 1.5")] {
        let grown = median(grown)?;
        row(&format!("memory growth of the gateway by them, {when}"), &mebibytes(grown), "");
        row("ratio", &format!("{:.2}", grown as f64 * 1024.0 / bytes as f64), wanted);
    }
    Ok(())
}

fn notes(owner: &mut Owner<'_>, count: usize) -> Result<Vec<Value>> {
    let word = |number| if number == count / 2 { NEEDLE } else { "moss" };
    (0..count).map(|number| note(owner, number, word(number))).collect()
}

pub(crate) fn structured(answer: &[u8]) -> Result<Value> {
    let mut message: Value = serde_json::from_slice(answer)?;
    message.pointer_mut("/result/structuredContent").map(Value::take).context("a result")
}

fn count(result: &Value, rows: &str) -> Option<usize> {
    Some(result.get(rows)?.as_array()?.len())
}

pub(crate) async fn timed(call: &Call, connection: &mut Connection) -> Result<Duration> {
    let begun = Instant::now();
    call.over(connection).await?;
    Ok(begun.elapsed())
}

/// What nobody can do without who searches the rows' texts.
struct BareCost {
    /// Decoding the rows, decrypting their fields, and decoding these.
    rows: Duration,
    /// The latter two alone.
    fields: Duration,
}

fn bare(owner: &Owner<'_>, pulled: &Pulled) -> Result<BareCost> {
    let begun = Instant::now();
    let mut in_fields = Duration::ZERO;
    for page in &pulled.pages {
        let page: Value = serde_json::from_slice(page)?;
        let rows = page.get("serverChanges").and_then(Value::as_array).context("rows")?;
        let opening = Instant::now();
        for row in rows {
            for field in ["/data/title", "/data/content"] {
                let stored = row.pointer(field).and_then(Value::as_str).context("a text")?;
                let opened = owner.vault.text(stored)?;
                ensure!(!opened.is_empty(), "an empty text");
            }
        }
        in_fields += opening.elapsed();
    }
    Ok(BareCost { rows: begun.elapsed(), fields: in_fields })
}
