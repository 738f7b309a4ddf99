//! `search` over all tables, against decrypting their texts alone; `myday.today` over five tables; `todo.getStats`, which opens
//! no text; and a condition on stored fields.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mana_mcp_tests::{Backends, Gateway, Mcp, Program, load::Connection};
use serde_json::{Value, json};

use crate::{
    compare::Call,
    fixture::{Owner, habit, id, note, task},
    measure::{ROUNDS, median, row},
    rows::{UNTIL_WARM, gateway, structured, timed},
};

const SEALED: usize = 20_000;
/// Rows of each of the five tables.
const OF_TABLE: usize = 1_000;
/// Rows that are counted.
const COUNTED: usize = 10_000;
/// A word that no row holds: every text is opened.
const NOWHERE: &str = "saxifrage";

pub(crate) async fn run() -> Result<()> {
    search().await?;
    today().await?;
    stats().await?;
    condition().await
}

/// 20,000 sealed rows in two tables, none of which holds the word.
async fn search() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let mut owner = Owner::new(&backends, "suite@example.org").await?;
    let notes = (0..SEALED / 2).map(|number| note(&mut owner, number, "moss")).collect::<Result<Vec<_>>>()?;
    let tasks = (0..SEALED / 2).map(|number| task(&mut owner, number)).collect::<Result<Vec<_>>>()?;
    owner.store("notes", "notes", notes.clone()).await;
    owner.store("todo", "tasks", tasks.clone()).await;
    tokio::time::sleep(UNTIL_WARM).await;
    let texts = sealed_texts(&notes, &["title", "content"]).chain(sealed_texts(&tasks, &["title", "description"]));
    let texts: Vec<&str> = texts.collect();
    ensure!(texts.len() == 2 * SEALED, "two texts a row");

    let gateway = gateway(&backends).await;
    let mcp = Mcp::modern(&gateway, &owner.token).await;
    let call = Call::new(&gateway, &mcp, "search", json!({ "query": NOWHERE }));
    let found = structured(&call.once().await?.body)?;
    ensure!(found.get("total") == Some(&json!(0)), "the search finds something: {found}");
    let mut connection = Connection::open(gateway.address).await?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let searched = timed(&call, &mut connection).await?;
        let began = Instant::now();
        for text in &texts {
            ensure!(!owner.vault.text(text)?.is_empty(), "an empty text");
        }
        // The first round warms up.
        if round > 0 {
            ours.push(searched);
            bare.push(began.elapsed());
        }
    }
    let ratios: Vec<f64> = ours.iter().zip(&bare).map(|(ours, bare)| ours.div_duration_f64(*bare)).collect();
    row(&format!("search over {SEALED} sealed rows of all modules"), &format!("{:.1?}", median(ours)?), "");
    row("decrypting their texts", &format!("{:.1?}", median(bare)?), "");
    row("ratio", &format!("{:.2}", median(ratios)?), "<= 1.5");
    Ok(())
}

fn sealed_texts<'a>(rows: &'a [Value], fields: &'a [&'static str]) -> impl Iterator<Item = &'a str> {
    rows.iter().flat_map(|row| fields.iter().filter_map(|field| row.get(field)?.as_str()))
}

/// Counts over rows whose sealed fields nobody reads.
async fn stats() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let mut owner = Owner::new(&backends, "stats@example.org").await?;
    let tasks = (0..COUNTED).map(|number| task(&mut owner, number)).collect::<Result<_>>()?;
    owner.store("todo", "tasks", tasks).await;
    tokio::time::sleep(UNTIL_WARM).await;
    let gateway = gateway(&backends).await;
    let mcp = Mcp::modern(&gateway, &owner.token).await;
    let call = Call::new(&gateway, &mcp, "todo.getStats", json!({}));
    let counted = structured(&call.once().await?.body)?;
    ensure!(counted.get("total") == Some(&json!(COUNTED)), "it counts others: {counted}");
    let other = Call::new(&gateway, &mcp, "todo.list", json!({ "limit": 1 }));
    let took = median(times(&gateway, &call, Some(&other)).await?)?;
    row(&format!("todo.getStats over {COUNTED} tasks"), &format!("{took:.1?}"), "< 5 ms");
    let took = median(times(&gateway, &call, None).await?)?;
    row("the same, asked again before a row changes", &format!("{took:.2?}"), "");
    Ok(())
}

/// A list whose condition is on a field that is stored as it is, and holds for no row. There is no simpler program to
/// compare it with: two gateways are compared by running this with each in turns.
async fn condition() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let owner = Owner::new(&backends, "condition@example.org").await?;
    owner.store("habits", "habits", (0..COUNTED).map(|number| habit(number, true)).collect()).await;
    tokio::time::sleep(UNTIL_WARM).await;
    let gateway = gateway(&backends).await;
    let mcp = Mcp::modern(&gateway, &owner.token).await;
    let call = Call::new(&gateway, &mcp, "habits.list", json!({}));
    let found = structured(&call.once().await?.body)?;
    ensure!(found.get("habits") == Some(&json!([])), "it finds others: {found}");
    let other = Call::new(&gateway, &mcp, "habits.list", json!({ "limit": 1 }));
    let took = median(times(&gateway, &call, Some(&other)).await?)?;
    row(&format!("habits.list, whose condition none of {COUNTED} meets"), &format!("{took:.2?}"), "");
    Ok(())
}

/// How long each of many calls took, one after the other; with another question about the table before each, its answer is
/// made each time.
async fn times(gateway: &Gateway, call: &Call, between: Option<&Call>) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(gateway.address).await?;
    let mut took = Vec::new();
    for _ in 0..10 * ROUNDS {
        if let Some(between) = between {
            timed(between, &mut connection).await?;
        }
        took.push(timed(call, &mut connection).await?);
    }
    Ok(took)
}

/// A thousand rows in each of five tables that the day is made of.
async fn today() -> Result<()> {
    let backends = Backends::of(Program::Shipped).await;
    let mut owner = Owner::new(&backends, "today@example.org").await?;
    let tasks = (0..OF_TABLE).map(|number| task(&mut owner, number)).collect::<Result<_>>()?;
    owner.store("todo", "tasks", tasks).await;
    owner.store("habits", "habits", (0..OF_TABLE).map(|number| habit(number, number > 20)).collect()).await;
    let log = |number| json!({ "id": id(number), "habitId": id(number % 20), "timeBlockId": id(OF_TABLE + number) });
    owner.store("habits", "habitLogs", (0..OF_TABLE).map(log).collect()).await;
    let mut entries = Vec::new();
    let mut drinks = Vec::new();
    for number in 0..OF_TABLE {
        let day = format!("2025-{:02}-{:02}", number % 12 + 1, number % 28 + 1);
        entries.push(json!({ "id": id(number), "title": owner.vault.seal(&json!("A day"))?,
            "content": owner.vault.seal(&json!("It rained until noon."))?, "entryDate": day, "isArchived": false,
            "wordCount": 4 }));
        drinks.push(json!({ "id": id(number), "name": owner.vault.seal(&json!("Tap water"))?, "drinkType": "water",
            "quantityMl": 250, "date": day, "time": "08:00" }));
    }
    owner.store("journal", "journalEntries", entries).await;
    owner.store("drink", "drinkEntries", drinks).await;
    tokio::time::sleep(UNTIL_WARM).await;
    let gateway: Gateway = gateway(&backends).await;
    let mcp = Mcp::modern(&gateway, &owner.token).await;
    let call = Call::new(&gateway, &mcp, "myday.today", json!({}));
    let day = structured(&call.once().await?.body)?;
    ensure!(day.get("overdueCount").is_some(), "the day is another: {day}");
    let took = median(times(&gateway, &call, None).await?).context("a day")?;
    row(&format!("myday.today over {} rows in five tables", 5 * OF_TABLE), &format!("{took:.1?}"), "< 10 ms");
    Ok(())
}
