//! What a reader of a report must know beside its figures.

use super::{
    AuditTrail, Recording, Thresholds, Word,
    figures::{Soaked, TREND_CALLS, count},
    judge::{share, span},
};

/// By how much the audit log may differ from the counters before that is worth a word: lines that were written between the
/// last sample and the end.
const AUDIT_TOLERANCE: f64 = 0.05;

/// A sentence each.
pub(super) fn notes(
    soaked: &Soaked<'_>,
    recording: &Recording,
    audit: Option<&AuditTrail>,
    thresholds: &Thresholds,
    (evaluated, denied): (u64, u64),
) -> Vec<String> {
    let mut notes = Vec::new();
    let enforced = count(soaked.enforced);
    if evaluated > 0 && enforced > 0 {
        let is_now = if soaked.enforced_last > soaked.soaked_last { "enforces now" } else { "enforced for a while" };
        notes.push(format!(
            "a gateway {is_now}: {enforced} evaluations in mode enforce, which are left out of the figures"
        ));
    }
    let restarts = recording.restarts();
    if restarts > 0 {
        notes.push(format!(
            "counters began anew {} (restarts): what came after is added to what came before; calls \
                 between the last sample and a restart are not seen",
            if restarts == 1 { "once".to_owned() } else { format!("{restarts} times") }
        ));
    }
    if recording.unusable() > 0 {
        notes.push(format!("{} samples are no counts and were left out", recording.unusable()));
    }
    if !thresholds.accepted.is_empty() {
        let accepted: Vec<_> = thresholds.accepted.iter().map(Word::as_str).collect();
        notes.push(format!("denials for {} are wanted and not charged to the budget", accepted.join(", ")));
    }
    match audit {
        None => notes.push(
            "no audit log was given: would-be denials by tool and by user are not known (the counters of decisions \
                 carry no tool)"
                .to_owned(),
        ),
        Some(audit) => notes.extend(audit_notes(audit, evaluated, denied)),
    }
    notes
}

fn audit_notes(audit: &AuditTrail, evaluated: u64, denied: u64) -> Vec<String> {
    let mut notes = Vec::new();
    let (in_log, denied_in_log) = audit.totals();
    let is_close = |a: u64, b: u64| a.abs_diff(b) as f64 <= (a.max(b) as f64 * AUDIT_TOLERANCE).max(2.0);
    if !is_close(in_log, evaluated) || !is_close(denied_in_log, denied) {
        let span = audit.span().map_or_else(String::new, |(first, last)| {
            format!(", over {}", span(last.duration_since(first).unsigned_abs()))
        });
        notes.push(format!(
            "the audit log has {in_log} decisions and {denied_in_log} would-be denials{span}; the counters have \
             {evaluated} and {denied}. The verdict rests on the counters"
        ));
    }
    if let Some((user, of_user)) = audit.leading_user()
        && audit.users() > 1
        && denied_in_log >= TREND_CALLS
        && of_user * 2 > denied_in_log
    {
        notes.push(format!("{} of the would-be denials are one user's, {user}", share(of_user, denied_in_log)));
    }
    if audit.skipped() > 0 {
        notes.push(format!("{} lines of the audit log are no JSON, or too long, and were left out", audit.skipped()));
    }
    if audit.beyond() > 0 {
        notes.push(format!(
            "there are too many users to keep apart: {} decisions are in no user's hour",
            audit.beyond()
        ));
    }
    notes
}
