//! Who is at the browser. That a page was asked for on this machine proves the machine and not the person: other users of
//! it, and web pages, can do that too. A code that only the person's terminal shows proves them; after that, a cookie does.

use std::time::Duration;

use rand::{TryRng, rngs::SysRng};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    outcome::Unavailable,
    secret::{digest, random_secret},
    state::Grants,
};
use crate::{
    accounts,
    clock::seconds,
    error::{StandaloneError, StoreError},
};

/// How long a browser is known.
pub const BROWSER_KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Letters and digits that nobody takes for others.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH: usize = 8;

/// A person at a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub id: String,
    /// The user's e-mail address.
    pub email: String,
}

/// What became of a code that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// It is good, and used up. The cookie says so from now on.
    Good {
        /// Who it was made for.
        person: Person,
        /// The cookie's value.
        cookie: String,
    },
    /// It is not, or no longer.
    Wrong,
    /// Too many wrong ones came lately.
    TooMany,
}

impl Grants {
    /// A new code for the user of that e-mail address, who is made where they are new. It is good once.
    ///
    /// # Errors
    /// The text is no e-mail address, or the database cannot be used.
    pub fn entry_code(&self, email: &str, lifetime: Duration) -> Result<String, StandaloneError> {
        let email = accounts::normalised(email)?;
        let now = self.0.clock.seconds();
        let expires_at = after(now, lifetime);
        self.0.store.write_blocking(move |db| {
            let user = accounts::user_of(db, &email)?;
            let code = random_code()?;
            db.execute("DELETE FROM oauth_entry_codes WHERE expires_at <= ?1", [now])?;
            let sql = "INSERT INTO oauth_entry_codes (digest, user_id, expires_at) VALUES (?1, ?2, ?3)";
            db.execute(sql, params![digest(&code), user.id, expires_at])?;
            Ok(code)
        })
    }

    /// Uses a code.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn enter(&self, code: &str) -> Result<Entry, Unavailable> {
        let now = self.0.clock.seconds();
        if !self.0.attempts.begin(now) {
            return Ok(Entry::TooMany);
        }
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        let entered = self.0.store.write(move |db| use_code(db, &code, now)).await?;
        if entered.is_some() {
            self.0.attempts.was_right(now);
            self.0.entered.notify_waiters();
        }
        Ok(entered.map_or(Entry::Wrong, |(person, cookie)| Entry::Good { person, cookie }))
    }

    /// Waits until somebody enters with a code in this process.
    pub async fn entered(&self) {
        self.0.entered.notified().await;
    }

    /// The person whose browser has that cookie.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn person(&self, cookie: &str) -> Result<Option<Person>, Unavailable> {
        let (digest, now) = (digest(cookie), self.0.clock.seconds());
        let read = move |db: &Connection| {
            let sql = "SELECT user_id FROM oauth_browsers WHERE digest = ?1 AND expires_at > ?2";
            let user: Option<String> = db.query_row(sql, params![digest, now], |row| row.get(0)).optional()?;
            let user = user.map(|id| accounts::user(db, &id)).transpose()?.flatten();
            Ok(user.map(|user| Person { id: user.id, email: user.email }))
        };
        Ok(self.0.store.read(read).await?)
    }

    /// The ids and names of the user's spaces.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn spaces_of(&self, user: &str) -> Result<Vec<(String, String)>, Unavailable> {
        let user = user.to_owned();
        let memberships = self.0.store.read(move |db| accounts::memberships(db, &user)).await?;
        Ok(memberships.into_iter().map(|membership| (membership.space, membership.name)).collect())
    }

    /// Whether that code has not been used yet.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn is_unused(&self, code: &str) -> Result<bool, Unavailable> {
        let (digest, now) = (digest(code), self.0.clock.seconds());
        let sql = "SELECT EXISTS (SELECT 1 FROM oauth_entry_codes WHERE digest = ?1 AND expires_at > ?2)";
        let read = move |db: &Connection| Ok(db.query_row(sql, params![digest, now], |row| row.get(0))?);
        Ok(self.0.store.read(read).await?)
    }
}

fn use_code(db: &Connection, code: &str, now: i64) -> Result<Option<(Person, String)>, StoreError> {
    let sql = "DELETE FROM oauth_entry_codes WHERE digest = ?1 RETURNING user_id, expires_at";
    let used: Option<(String, i64)> =
        db.query_row(sql, [digest(code)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((user, _)) = used.filter(|(_, expires_at)| *expires_at > now) else { return Ok(None) };
    let Some(user) = accounts::user(db, &user)? else { return Ok(None) };
    let cookie = random_secret()?;
    db.execute("DELETE FROM oauth_browsers WHERE expires_at <= ?1", [now])?;
    let sql = "INSERT INTO oauth_browsers (digest, user_id, expires_at) VALUES (?1, ?2, ?3)";
    db.execute(sql, params![digest(&cookie), user.id, after(now, BROWSER_KNOWN_FOR)])?;
    Ok(Some((Person { id: user.id, email: user.email }, cookie)))
}

fn after(now: i64, time: Duration) -> i64 {
    now.saturating_add(seconds(time))
}

/// Every character has five random bits.
fn random_code() -> Result<String, StoreError> {
    let mut bytes = [0_u8; LENGTH];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| StoreError::NoRandomness)?;
    let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from);
    Ok(bytes.into_iter().filter_map(letter).collect())
}
