//! `catalog.find` over the catalog of Mana: what people ask for, in English and in German, is among the first five.

use std::time::{Duration, Instant};

use mana_mcp::find::ToolFinder;
use mana_mcp_catalog::CATALOG;

/// What `catalog.find` answers.
const MOST: usize = 5;

/// What people ask for, and the tools that do it: one of them must be found.
const QUERIES: &[(&str, &[&str])] = &[
    ("remind me to buy milk tomorrow", &["todo.create"]),
    ("make a packing list for the holiday", &["todo.createMany"]),
    ("what tasks are overdue", &["todo.list"]),
    ("tick off a task", &["todo.complete", "todo.completeByTitle"]),
    ("postpone my tasks to next week", &["todo.reschedule"]),
    ("break a task down into steps", &["todo.addSubtasks"]),
    ("reserve time in my calendar for a task", &["todo.blockTime"]),
    ("schedule a dentist appointment", &["calendar.createEvent"]),
    ("what meetings do I have this week", &["calendar.listEvents"]),
    ("find my note about the wifi password", &["notes.search"]),
    ("add a line to an existing note", &["notes.append"]),
    ("write in my diary", &["journal.add"]),
    ("when did I last write about my grandmother in the journal", &["journal.search"]),
    ("I did my push-ups, check the habit", &["habits.log"]),
    ("how long is my running streak", &["habits.getStreaks"]),
    ("I drank a glass of water", &["drink.log"]),
    ("log my lunch", &["food.logMeal"]),
    ("I spent 20 euros on books", &["finance.create"]),
    ("how much money did I spend this month", &["finance.getMonthSummary"]),
    ("start tracking time for a project", &["times.startTimer"]),
    ("bill a client", &["invoices.create"]),
    ("the customer paid the invoice", &["invoices.markPaid"]),
    ("whose birthday is next", &["contacts.listBirthdays"]),
    ("phone number of Ann", &["contacts.search"]),
    ("do I need an umbrella", &["wetter.getRain", "wetter.getForecast"]),
    ("concerts near me this weekend", &["events.discover"]),
    ("save this link to read later", &["articles.save"]),
    ("add a book I want to read", &["library.create"]),
    ("add a flashcard", &["quiz.addQuestion"]),
    ("put my website online", &["website.publish"]),
    ("how I feel right now", &["mood.log"]),
    ("generate a portrait of me", &["me.generateWithReference"]),
    ("what I wore today", &["wardrobe.logWear"]),
    ("what should I wear", &["wardrobe.listOutfits"]),
    ("I had a gut feeling about something", &["augur.captureSign"]),
    ("I saw my grandfather for the last time", &["lasts.create"]),
    ("which spaces do I belong to", &["spaces.list"]),
    ("shorten this paragraph of my draft", &["writing.refineSelection"]),
    ("write a newsletter", &["broadcast.createDraft"]),
    ("draw a comic panel", &["comic.generatePanel"]),
    ("Aufgabe anlegen", &["todo.create"]),
    ("Erinnere mich morgen daran, Milch zu kaufen", &["todo.create"]),
    ("welche Aufgaben sind überfällig", &["todo.list"]),
    ("Aufgaben auf nächste Woche verschieben", &["todo.reschedule"]),
    ("Aufgabe als erledigt abhaken", &["todo.complete", "todo.completeByTitle", "todo.completeMany"]),
    ("Zahnarzttermin eintragen", &["calendar.createEvent"]),
    ("welche Termine habe ich diese Woche", &["calendar.listEvents"]),
    ("den Termin mit Anna verlegen", &["calendar.updateEvent"]),
    ("Notiz mit dem WLAN-Passwort suchen", &["notes.search"]),
    ("etwas aufschreiben", &["notes.create"]),
    ("Tagebucheintrag schreiben", &["journal.add"]),
    ("im Tagebuch nach Oma suchen", &["journal.search"]),
    ("neue Gewohnheit: jeden Tag meditieren", &["habits.create"]),
    ("wie viele Tage am Stück bin ich gelaufen", &["habits.getStreaks"]),
    ("ich habe ein Glas Wasser getrunken", &["drink.log"]),
    ("Mittagessen eintragen", &["food.logMeal"]),
    ("wie viele Kalorien hatte ich heute", &["food.getSummary"]),
    ("Ausgabe für Bücher erfassen", &["finance.create"]),
    ("wie viel Geld habe ich diesen Monat ausgegeben", &["finance.getMonthSummary"]),
    ("Zeiterfassung für ein Projekt starten", &["times.startTimer"]),
    ("wie viele Stunden habe ich gearbeitet", &["times.getStats"]),
    ("Rechnung für einen Kunden schreiben", &["invoices.create"]),
    ("die Rechnung wurde bezahlt", &["invoices.markPaid"]),
    ("wer hat bald Geburtstag", &["contacts.listBirthdays"]),
    ("Telefonnummer von Anna", &["contacts.search", "contacts.get"]),
    ("brauche ich einen Regenschirm", &["wetter.getRain", "wetter.getForecast"]),
    ("Wettervorhersage für Berlin", &["wetter.getForecast"]),
    ("Konzerte in der Nähe am Wochenende", &["events.discover"]),
    ("Artikel zum Lesen merken", &["articles.save"]),
    ("Buch fertig gelesen", &["library.setStatus"]),
    ("Lernkarte hinzufügen", &["quiz.addQuestion"]),
    ("Webseite veröffentlichen", &["website.publish"]),
    ("Stimmung eintragen", &["mood.log"]),
    ("ein Bild von mir erzeugen", &["me.generateWithReference"]),
    ("was soll ich anziehen", &["wardrobe.listOutfits"]),
    ("Kleiderschrank ansehen", &["wardrobe.listGarments"]),
    ("einen Brief schreiben", &["writing.createDraft"]),
    ("Rundbrief entwerfen", &["broadcast.createDraft"]),
    ("gelöschte Notiz wiederherstellen", &["notes.restore"]),
    ("Überblick über meinen Tag", &["myday.today"]),
    ("das Orakel befragen", &["augur.consultOracle"]),
    ("Nachrichten über Elektroautos suchen", &["news_research.search"]),
    ("ich bin gerade im Café, vermerke den Besuch", &["places.visit"]),
];

fn found(finder: &ToolFinder, query: &str) -> Vec<&'static str> {
    finder.find(query, MOST, |_| true).into_iter().map(|tool| tool.name()).collect()
}

#[test]
fn what_people_ask_for_is_among_the_first_five() {
    let finder = ToolFinder::new(&CATALOG);
    let mut missed = Vec::new();
    for (query, wanted) in QUERIES {
        for tool in *wanted {
            assert!(CATALOG.find(tool).is_some(), "{tool}");
        }
        let found = found(&finder, query);
        if !found.iter().any(|tool| wanted.contains(tool)) {
            missed.push(format!("{query}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_query_may_be_any_text() {
    let finder = ToolFinder::new(&CATALOG);
    for query in
        ["", " ", "???", "der die das", &"ä".repeat(100_000), &"Aufgabe Termin ".repeat(10_000), "\u{0}\u{202e}"]
    {
        assert!(found(&finder, query).len() <= MOST);
    }
}

/// A bound that debug builds on busy machines keep: `cargo xtask bench find` measures.
#[test]
fn a_query_takes_no_time() {
    let finder = ToolFinder::new(&CATALOG);
    let _ = found(&finder, "Aufgabe");
    let longest = "welche überfälligen Aufgaben und Termine habe ich diese Woche im Kalender ".repeat(4);
    let began = Instant::now();
    let _ = found(&finder, &longest);
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
}
