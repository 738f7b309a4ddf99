//! Refresh tokens. Each is good once and follows from the one before, so that a client which sends one twice within a
//! moment gets the same successor twice, and there is never a second line of them.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use mana_mcp_runtime::tool::Effects;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{
    grant::{Grant, end},
    outcome::{IssuedTokens, Unavailable, Ungranted},
    secret::{digest, random_secret},
    state::Grants,
};
use crate::{accounts, error::StoreError};

/// A line of tokens ends when none of it was used for this time, in seconds.
const IDLE_FOR: i64 = 30 * 24 * 60 * 60;
/// A client that did not get an answer may repeat itself for this time, in seconds.
const REPEATED_WITHIN: i64 = 10;
/// Former tokens of a line that are remembered. Older ones are unknown, and as useless.
const MAX_FORMER: i64 = 100;

/// A refresh token as a program uses it.
#[derive(Debug, Clone)]
pub struct Refreshment {
    /// The token.
    pub token: String,
    /// The program's id.
    pub client: String,
    /// The scopes that it asks for, where it asks for some.
    pub effects: Option<Effects>,
    /// The path of the MCP endpoint, where it names one.
    pub endpoint: Option<String>,
}

/// What became of a refresh token.
enum Refreshed {
    Good {
        grant: Box<Grant>,
        email: String,
    },
    /// It was used before: its grant has ended.
    Reused(String),
    Refused(Ungranted),
}

impl Grants {
    /// New tokens for a refresh token, which is replaced. If it was replaced before, its grant ends.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn refresh(&self, asked: Refreshment) -> Result<Result<IssuedTokens, Ungranted>, Unavailable> {
        let now = self.0.clock.seconds();
        let next = self.successor(&asked.token);
        let (effects, successor) = (asked.effects, digest(&next));
        let refreshed = self.0.store.write(move |db| use_up(db, &asked, successor, now)).await?;
        Ok(match refreshed {
            Refreshed::Good { grant, email } => {
                let effects = effects.unwrap_or(grant.effects);
                let access = self.access_token(&grant, &email, effects)?;
                Ok(IssuedTokens { access, refresh: Some(next), effects })
            }
            Refreshed::Reused(grant) => {
                self.forget(&grant).await;
                Err(Ungranted::InvalidGrant)
            }
            Refreshed::Refused(why) => Err(why),
        })
    }

    /// The token that follows one. It cannot be computed without the key of the data folder.
    fn successor(&self, token: &str) -> String {
        let digest = Sha256::new().chain_update(*self.0.secret).chain_update(token).finalize();
        BASE64_URL_SAFE_NO_PAD.encode(digest)
    }
}

/// The first token of a line.
pub(super) fn begin(db: &Connection, grant: &str, now: i64) -> Result<String, StoreError> {
    let token = random_secret()?;
    insert(db, digest(&token), grant, now)?;
    Ok(token)
}

fn insert(db: &Connection, digest: [u8; 32], grant: &str, now: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO oauth_refresh_tokens (digest, grant_id, issued_at) VALUES (?1, ?2, ?3)";
    db.execute(sql, params![digest, grant, now])?;
    Ok(())
}

fn use_up(db: &Connection, asked: &Refreshment, successor: [u8; 32], now: i64) -> Result<Refreshed, StoreError> {
    let invalid = Ok(Refreshed::Refused(Ungranted::InvalidGrant));
    let digest = digest(&asked.token);
    let sql = "SELECT grant_id, issued_at, replaced_at FROM oauth_refresh_tokens WHERE digest = ?1";
    let stored: Option<(String, i64, Option<i64>)> =
        db.query_row(sql, [digest], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((id, issued_at, replaced_at)) = stored else { return invalid };
    // Another client's use of it says nothing about its owner.
    let Some(grant) = Grant::load(db, &id)?.filter(|grant| grant.client == asked.client) else { return invalid };
    if now - issued_at >= IDLE_FOR {
        end(db, &id)?;
        return Ok(Refreshed::Reused(id));
    }
    let is_repeated = match replaced_at {
        None => false,
        Some(at) if now - at < REPEATED_WITHIN && !is_replaced(db, successor)? => true,
        Some(_) => {
            end(db, &id)?;
            return Ok(Refreshed::Reused(id));
        }
    };
    if asked.endpoint.as_ref().is_some_and(|endpoint| *endpoint != grant.endpoint) {
        return Ok(Refreshed::Refused(Ungranted::InvalidTarget));
    }
    if asked.effects.is_some_and(|effects| effects.is_empty() || !grant.effects.covers(effects)) {
        return Ok(Refreshed::Refused(Ungranted::InvalidScope));
    }
    let Some(user) = accounts::user(db, &grant.user)? else { return invalid };
    if !is_repeated {
        db.execute("UPDATE oauth_refresh_tokens SET replaced_at = ?2 WHERE digest = ?1", params![digest, now])?;
        insert(db, successor, &id, now)?;
        let surplus = "DELETE FROM oauth_refresh_tokens WHERE grant_id = ?1 AND digest IN
            (SELECT digest FROM oauth_refresh_tokens WHERE grant_id = ?1 AND replaced_at IS NOT NULL
             ORDER BY replaced_at DESC LIMIT -1 OFFSET ?2)";
        db.execute(surplus, params![id, MAX_FORMER])?;
    }
    db.execute("UPDATE oauth_grants SET used_at = ?2 WHERE id = ?1", params![id, now])?;
    Ok(Refreshed::Good { grant: Box::new(grant), email: user.email })
}

/// Whether a token was used already.
fn is_replaced(db: &Connection, digest: [u8; 32]) -> Result<bool, StoreError> {
    let sql = "SELECT replaced_at IS NOT NULL FROM oauth_refresh_tokens WHERE digest = ?1";
    Ok(db.query_row(sql, [digest], |row| row.get(0)).optional()?.unwrap_or(true))
}
