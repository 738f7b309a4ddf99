//! Where the catalog and the web application's lists differ.
//!
//! Two things claim which fields of a table are encrypted: the tables of the modules, and the mirror `crypto.yaml`. Each
//! claim is held against the web's lists. A table that only the web has is nobody's claim: the mirror lags, no more.

use std::collections::{BTreeMap, BTreeSet};

use super::Comparison;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::raw::Text;
use crate::source::Span;
use crate::validate::wire;

/// What the catalog says of a table.
struct Claim {
    table: Text,
    fields: Vec<Text>,
    /// Where the list of its fields stands.
    at: Span,
}

/// What the web says of a table.
enum Web<'a> {
    Encrypted(&'a Text, &'a [Text]),
    Disabled(&'a Text),
    Plaintext(&'a Text),
}

impl Comparison {
    /// Reports every difference.
    pub(super) fn drift(&mut self) {
        self.tables_in_both();
        wire::check_against(&self.catalog.modules, self.web.tables(), &mut self.diagnostics);
        let mut problems = Vec::new();
        let web = self.web_tables();
        for claim in self.claims() {
            match web.get(claim.table.value.as_str()) {
                Some(Web::Encrypted(table, fields)) => problems.extend(encrypted(&claim, table, fields)),
                Some(Web::Disabled(at)) => problems.extend(plain(&claim, at, "switched off here")),
                Some(Web::Plaintext(at)) => problems.extend(plain(&claim, at, "plain text on purpose")),
                None if self.is_judged => problems.push(unknown(&claim, web.keys().copied())),
                None => {}
            }
        }
        if self.is_judged {
            problems.extend(self.lag());
        }
        problems.into_iter().for_each(|problem| self.diagnostics.push(problem));
    }

    /// Reports the tables that stand in both files.
    pub(super) fn tables_in_both(&mut self) {
        let registry: BTreeMap<&str, Span> = self
            .web
            .encrypted
            .iter()
            .map(|(name, _)| name)
            .chain(&self.web.disabled)
            .map(|name| (name.value.as_str(), name.span))
            .collect();
        for table in &self.web.plaintext {
            if let Some(first) = registry.get(table.value.as_str()) {
                let message = format!("`{}` stands in both files of the web", table.value);
                self.diagnostics.push(
                    Diagnostic::error(Code::TableInBoth, table.span, message)
                        .label("plain text on purpose")
                        .also(*first, "registered here")
                        .help("take it out of one of them"),
                );
            }
        }
    }

    fn web_tables(&self) -> BTreeMap<&str, Web<'_>> {
        let plaintext = self.web.plaintext.iter().map(|name| (name.value.as_str(), Web::Plaintext(name)));
        let disabled = self.web.disabled.iter().map(|name| (name.value.as_str(), Web::Disabled(name)));
        let encrypted =
            self.web.encrypted.iter().map(|(name, fields)| (name.value.as_str(), Web::Encrypted(name, fields)));
        plaintext.chain(disabled).chain(encrypted).collect()
    }

    fn claims(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        for (table, raw) in self.catalog.modules.iter().flat_map(|module| &module.tables) {
            if let Some(fields) = &raw.encrypted_fields {
                claims.push(Claim { table: table.clone(), fields: fields.value.clone(), at: fields.span });
            }
        }
        if let Some(registry) = &self.catalog.registry {
            for (table, fields) in &registry.encrypted {
                claims.push(Claim { table: table.clone(), fields: fields.clone(), at: table.span });
            }
            for table in registry.disabled.iter().chain(&registry.plaintext) {
                claims.push(Claim { table: table.clone(), fields: Vec::new(), at: table.span });
            }
        }
        claims
    }

    /// What the web says and the mirror does not, though nothing of the catalog is wrong for it.
    fn lag(&self) -> Vec<Diagnostic> {
        let Some(registry) = &self.catalog.registry else { return Vec::new() };
        let known: BTreeSet<&str> = registry.tables().map(|table| table.value.as_str()).collect();
        let warning = |span, message| {
            Diagnostic::warning(Code::MirrorLag, span, message).help("`cargo xtask crypto pull` brings it up to date")
        };
        let mut problems: Vec<Diagnostic> = self
            .web
            .tables()
            .filter(|table| !known.contains(table.value.as_str()))
            .map(|table| warning(table.span, format!("`crypto.yaml` does not know the table `{}`", table.value)))
            .collect();
        let web = self.web_tables();
        for table in &registry.disabled {
            if let Some(Web::Plaintext(at)) = web.get(table.value.as_str()) {
                let message = format!("`{}` is not switched off, but plain text on purpose", table.value);
                problems.push(warning(table.span, message).also(at.span, "listed here"));
            }
        }
        for table in &registry.plaintext {
            if let Some(Web::Disabled(at)) = web.get(table.value.as_str()) {
                let message = format!("`{}` is not plain text on purpose, but switched off", table.value);
                problems.push(warning(table.span, message).also(at.span, "registered here"));
            }
        }
        problems
    }
}

/// A table that the web encrypts.
fn encrypted(claim: &Claim, table: &Text, wanted: &[Text]) -> Vec<Diagnostic> {
    let name = &table.value;
    if claim.fields.is_empty() {
        let message = format!("the web encrypts `{name}`; here it is plain text, which would leak");
        let list: Vec<&str> = wanted.iter().map(|field| field.value.as_str()).collect();
        let problem = Diagnostic::error(Code::UnencryptedTable, claim.at, message).also(table.span, "encrypted here");
        return vec![problem.help(format!("its encrypted fields are `[{}]`", list.join(", ")))];
    }
    let error = |span, message| Diagnostic::error(Code::FieldDrift, span, message);
    let own: BTreeSet<&str> = claim.fields.iter().map(|field| field.value.as_str()).collect();
    let theirs: BTreeSet<&str> = wanted.iter().map(|field| field.value.as_str()).collect();
    let missing = wanted.iter().filter(|field| !own.contains(field.value.as_str())).map(|field| {
        let message =
            format!("the web encrypts `{}` of `{name}`; here it is plain text, which would leak", field.value);
        error(claim.at, message).also(field.span, "encrypted here")
    });
    let extra = claim.fields.iter().filter(|field| !theirs.contains(field.value.as_str())).map(|field| {
        let message = format!("the web does not encrypt `{}` of `{name}`, and could not read it", field.value);
        error(field.span, message).also(table.span, "its encrypted fields")
    });
    let mut problems: Vec<Diagnostic> = missing.chain(extra).collect();
    if problems.is_empty() && !claim.fields.iter().map(|field| &field.value).eq(wanted.iter().map(|field| &field.value))
    {
        let message = format!("the encrypted fields of `{name}` stand in another order than the web's");
        problems.push(Diagnostic::warning(Code::FieldDrift, claim.at, message).also(table.span, "their order there"));
    }
    problems
}

/// A table that the web does not encrypt.
fn plain(claim: &Claim, at: &Text, why: &str) -> Option<Diagnostic> {
    let message = format!("the web does not encrypt `{}`, and could not read it", at.value);
    let problem = || Diagnostic::error(Code::NeedlessEncryption, claim.at, message).also(at.span, why);
    (!claim.fields.is_empty()).then(problem)
}

/// A table that neither file of the web knows.
fn unknown<'a>(claim: &Claim, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let message = format!("neither file of the web knows the table `{}`", claim.table.value);
    let help = did_you_mean(&claim.table.value, known);
    Diagnostic::error(Code::UnknownWebTable, claim.table.span, message).maybe_help(help)
}
