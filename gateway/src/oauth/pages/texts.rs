//! What the pages say, in each language.

use http::{HeaderMap, header};

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::oauth) enum Language {
    #[default]
    English,
    German,
}

/// The texts of all pages. `{}` stands for a name.
pub(super) struct Texts {
    pub(super) connect: &'static str,
    pub(super) asks: &'static str,
    pub(super) nameless: &'static str,
    pub(super) unverified: &'static str,
    pub(super) unverified_explained: &'static str,
    pub(super) program: &'static str,
    pub(super) goes_to: &'static str,
    pub(super) leaves_machine: &'static str,
    pub(super) address: &'static str,
    pub(super) as_user: &'static str,
    pub(super) may: &'static str,
    pub(super) read: [&'static str; 2],
    pub(super) write: [&'static str; 2],
    pub(super) delete: [&'static str; 2],
    pub(super) stays: &'static str,
    pub(super) modules: &'static str,
    pub(super) spaces: &'static str,
    pub(super) all_explained: &'static str,
    pub(super) allow: &'static str,
    pub(super) deny: &'static str,
    pub(super) entry: &'static str,
    pub(super) entry_for: &'static str,
    pub(super) entry_explained: &'static str,
    pub(super) code: &'static str,
    pub(super) go_on: &'static str,
    pub(super) wrong_code: &'static str,
    pub(super) too_many_codes: &'static str,
    pub(super) connections: &'static str,
    pub(super) no_connections: &'static str,
    pub(super) last_used: &'static str,
    pub(super) granted: &'static str,
    pub(super) only: &'static str,
    pub(super) everything: &'static str,
    pub(super) disconnect: &'static str,
    pub(super) fault: &'static str,
    pub(super) fault_explained: &'static str,
    pub(super) gone: &'static str,
    pub(super) gone_explained: &'static str,
    pub(super) foreign: &'static str,
    pub(super) foreign_explained: &'static str,
    pub(super) unavailable: &'static str,
    pub(super) unavailable_explained: &'static str,
}

const ENGLISH: Texts = Texts {
    connect: "Connect {} to Mana?",
    asks: "{} wants to work with your data in Mana.",
    nameless: "A program without a name",
    unverified: "unverified",
    unverified_explained: "Any program can give itself this name. Go on only if you have just started this yourself.",
    program: "Program id",
    goes_to: "Answer goes to",
    leaves_machine: "The answer leaves this machine. Allow it only if you know this service.",
    address: "For",
    as_user: "As",
    may: "It may",
    read: ["Read", "Look at what is there."],
    write: ["Write", "Add and change things."],
    delete: ["Delete", "Remove things, some of them for good."],
    stays: "It stays connected until you disconnect it, or do not use it for 30 days.",
    modules: "Areas",
    spaces: "Spaces",
    all_explained: "With all of them ticked, later ones are included.",
    allow: "Allow",
    deny: "Deny",
    entry: "Is it you?",
    entry_for: "{} wants to connect to Mana. First show that you are the person at this computer.",
    entry_explained: "Type the code that the gateway printed in its terminal. For a new one, run",
    code: "Code",
    go_on: "Continue",
    wrong_code: "This code is wrong, or was used before.",
    too_many_codes: "There were too many wrong codes. Wait a minute.",
    connections: "Connected programs",
    no_connections: "No program is connected.",
    last_used: "Last used",
    granted: "Connected",
    only: "Only",
    everything: "everything",
    disconnect: "Disconnect",
    fault: "This request does not work",
    fault_explained: "The program that opened this page made a mistake. You can close the page.",
    gone: "This request is over",
    gone_explained: "It was answered before, took longer than ten minutes, or began in another browser. Start again in the program.",
    foreign: "This did not come from here",
    foreign_explained: "Another page sent this, or you are not signed in. Nothing was changed.",
    unavailable: "This does not work now",
    unavailable_explained: "The gateway cannot use its database. Its log says why.",
};

const GERMAN: Texts = Texts {
    connect: "{} mit Mana verbinden?",
    asks: "{} möchte mit deinen Daten in Mana arbeiten.",
    nameless: "Ein Programm ohne Namen",
    unverified: "nicht geprüft",
    unverified_explained: "Jedes Programm kann sich so nennen. Mach nur weiter, wenn du das gerade selbst begonnen hast.",
    program: "Programm-ID",
    goes_to: "Antwort geht an",
    leaves_machine: "Die Antwort verlässt diesen Rechner. Erlaube es nur, wenn du diesen Dienst kennst.",
    address: "Für",
    as_user: "Als",
    may: "Es darf",
    read: ["Lesen", "Ansehen, was da ist."],
    write: ["Schreiben", "Dinge hinzufügen und ändern."],
    delete: ["Löschen", "Dinge entfernen, manche für immer."],
    stays: "Es bleibt verbunden, bis du es trennst oder 30 Tage nicht benutzt.",
    modules: "Bereiche",
    spaces: "Räume",
    all_explained: "Sind alle angekreuzt, gehören auch spätere dazu.",
    allow: "Erlauben",
    deny: "Ablehnen",
    entry: "Bist du es?",
    entry_for: "{} möchte sich mit Mana verbinden. Zeig zuerst, dass du die Person an diesem Rechner bist.",
    entry_explained: "Gib den Code ein, den das Gateway in seinem Terminal gezeigt hat. Einen neuen gibt es mit",
    code: "Code",
    go_on: "Weiter",
    wrong_code: "Dieser Code ist falsch oder wurde schon benutzt.",
    too_many_codes: "Es gab zu viele falsche Codes. Warte eine Minute.",
    connections: "Verbundene Programme",
    no_connections: "Kein Programm ist verbunden.",
    last_used: "Zuletzt benutzt",
    granted: "Verbunden seit",
    only: "Nur",
    everything: "alles",
    disconnect: "Trennen",
    fault: "Diese Anfrage geht nicht",
    fault_explained: "Das Programm, das diese Seite geöffnet hat, hat einen Fehler gemacht. Du kannst sie schließen.",
    gone: "Diese Anfrage ist vorbei",
    gone_explained: "Sie wurde schon beantwortet, dauerte länger als zehn Minuten oder begann in einem anderen Browser. Beginn im Programm von vorn.",
    foreign: "Das kam nicht von hier",
    foreign_explained: "Eine andere Seite hat das geschickt, oder du bist nicht angemeldet. Nichts wurde geändert.",
    unavailable: "Das geht gerade nicht",
    unavailable_explained: "Das Gateway kann seine Datenbank nicht benutzen. Sein Log sagt, warum.",
};

impl Language {
    /// The one that the browser likes best, English where it likes none.
    pub(in crate::oauth) fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (0.0, Self::default());
        for range in accepted.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let language = match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "en" => Self::English,
                "de" => Self::German,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_best_language_is_taken() {
        for (accepted, language) in [
            ("", Language::English),
            ("de", Language::German),
            ("de-AT,en;q=0.9", Language::German),
            ("fr,en;q=0.5,de;q=0.7", Language::German),
            ("en,de", Language::English),
            ("de;q=0,en;q=0.1", Language::English),
            ("fr", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(Language::of(&headers), language, "{accepted}");
        }
    }
}
