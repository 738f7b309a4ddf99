//! The log of changes in the database.

use rusqlite::{Connection, params};

use super::{
    clock::{microseconds, since_epoch},
    error::StoreError,
};

/// Rows of a page.
pub(super) const PAGE: usize = 1000;

/// A row to store.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) user: String,
    pub(super) space: Option<String>,
    pub(super) client: String,
    pub(super) app: String,
    pub(super) collection: String,
    /// The row's JSON, as readers get it.
    pub(super) body: String,
}

/// Which rows to read.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    pub(super) user: String,
    pub(super) app: String,
    pub(super) collection: String,
    /// Rows of this client are left out.
    pub(super) client: String,
    /// Microseconds; rows after it.
    pub(super) since: i64,
}

/// Some rows of the log, in its order.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) bodies: Vec<String>,
    /// The time of the last row, where there are more.
    pub(super) more_after: Option<i64>,
}

/// Stores a row. Its time is that of its transaction's run, not of its end: a reader may see a later row before it.
pub(super) fn append(db: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let last: i64 =
        db.prepare_cached("SELECT coalesce(max(created_at), 0) FROM changes")?.query_one([], |row| row.get(0))?;
    let created_at = microseconds(since_epoch()).max(last.saturating_add(1));
    let sql = "INSERT INTO changes (created_at, user_id, space_id, client_id, app, collection, body)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Entry { user, space, client, app, collection, body } = entry;
    db.prepare_cached(sql)?.execute(params![created_at, user, space, client, app, collection, body])?;
    Ok(())
}

/// A page of a collection: the user's own rows, and those of these spaces.
pub(super) fn page(db: &Connection, selection: &Selection, spaces: &[String]) -> Result<Page, StoreError> {
    let Selection { user, app, collection, client, since } = selection;
    let mut times = Vec::new();
    let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let own = "SELECT created_at FROM changes
               WHERE user_id = ?1 AND app = ?2 AND collection = ?3 AND created_at > ?4 AND client_id <> ?5
               ORDER BY created_at LIMIT ?6";
    let mut own = db.prepare_cached(own)?;
    for time in own.query_map(params![user, app, collection, since, client, most], |row| row.get::<_, i64>(0))? {
        times.push(time?);
    }
    let shared = "SELECT created_at FROM changes
                  WHERE space_id = ?1 AND app = ?2 AND collection = ?3 AND created_at > ?4 AND client_id <> ?5
                    AND user_id <> ?6
                  ORDER BY created_at LIMIT ?7";
    let mut shared = db.prepare_cached(shared)?;
    for space in spaces {
        let values = params![space, app, collection, since, client, user, most];
        for time in shared.query_map(values, |row| row.get::<_, i64>(0))? {
            times.push(time?);
        }
    }
    times.sort_unstable();
    let has_more = times.len() > PAGE;
    times.truncate(PAGE);
    let mut body = db.prepare_cached("SELECT body FROM changes WHERE created_at = ?1")?;
    let bodies = times.iter().map(|time| body.query_one([time], |row| row.get(0))).collect::<Result<_, _>>()?;
    Ok(Page { bodies, more_after: times.last().copied().filter(|_| has_more) })
}

/// What a push is answered with: rows of other clients of the app, cut without a word.
pub(super) fn since_push(db: &Connection, selection: &Selection, spaces: &[String]) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT body FROM changes
               WHERE created_at > ?1 AND app = ?2 AND client_id <> ?3
                 AND (user_id = ?4 OR space_id IN (SELECT value FROM json_each(?5)))
               ORDER BY created_at LIMIT 5000";
    let Selection { user, app, client, since, .. } = selection;
    let spaces = serde_json::Value::from(spaces).to_string();
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![since, app, client, user, spaces], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
