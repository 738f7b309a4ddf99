//! Authorization codes: a person's yes, on its way to the program.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use mana_mcp_runtime::tool::Effects;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    clients::Client,
    grant::{Grant, end},
    outcome::{IssuedTokens, Unavailable, Ungranted},
    refresh,
    secret::{digest, random_secret},
    state::Grants,
};
use crate::{accounts, error::StoreError};

/// How long a code is good, in seconds.
const GOOD_FOR: i64 = 60;
/// Codes and grants that nobody redeemed are forgotten after this time. Until then the second use of a code is noticed.
const FORGOTTEN_AFTER: i64 = 24 * 60 * 60;

/// What a person grants, and to whom.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The user's id.
    pub user: String,
    /// The program.
    pub client: Client,
    /// Where the code goes.
    pub redirect_uri: String,
    /// The host of that address, for people.
    pub redirect_host: String,
    /// The digest of the program's verifier (PKCE, S256).
    pub challenge: String,
    /// The path of the MCP endpoint.
    pub endpoint: String,
    /// What tools may do.
    pub effects: Effects,
    /// All where none are named.
    pub modules: Option<BTreeSet<String>>,
    /// Ids; all where none are named.
    pub spaces: Option<BTreeSet<String>>,
    /// Whether the program gets refresh tokens.
    pub refreshes: bool,
}

/// A code as a program redeems it.
#[derive(Debug, Clone)]
pub struct Redemption {
    /// The code.
    pub code: String,
    /// The program's id.
    pub client: String,
    /// Where the code came.
    pub redirect_uri: String,
    /// The verifier (PKCE).
    pub verifier: String,
    /// The path of the MCP endpoint.
    pub endpoint: String,
}

struct Stored {
    grant: String,
    client: String,
    redirect_uri: String,
    challenge: String,
    refreshes: bool,
    issued_at: i64,
    redeemed: bool,
}

/// What became of a code.
enum Redeemed {
    /// It is good. Grants of the same program that are older have ended.
    Now { grant: Box<Grant>, email: String, refresh: Option<String>, ended: Vec<String> },
    /// It was used before: its grant has ended.
    Before(String),
    /// It is not good.
    Never(Ungranted),
}

impl Grants {
    /// Stores a grant, and returns the code for it.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn grant(&self, new: NewGrant) -> Result<String, Unavailable> {
        let now = self.0.clock.seconds();
        Ok(self.0.store.write(move |db| store(db, &new, now)).await?)
    }

    /// The tokens for a code. A code is good once: its second use ends what came of the first.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn redeem(&self, redemption: Redemption) -> Result<Result<IssuedTokens, Ungranted>, Unavailable> {
        let now = self.0.clock.seconds();
        let redeemed = self.0.store.write(move |db| redeem(db, &redemption, now)).await?;
        Ok(match redeemed {
            Redeemed::Now { grant, email, refresh, ended } => {
                for id in ended {
                    self.forget(&id).await;
                }
                let access = self.access_token(&grant, &email, grant.effects)?;
                Ok(IssuedTokens { access, refresh, effects: grant.effects })
            }
            Redeemed::Before(grant) => {
                self.forget(&grant).await;
                Err(Ungranted::InvalidGrant)
            }
            Redeemed::Never(why) => Err(why),
        })
    }
}

fn store(db: &Connection, new: &NewGrant, now: i64) -> Result<String, StoreError> {
    let forgotten = now - FORGOTTEN_AFTER;
    db.execute("DELETE FROM oauth_codes WHERE issued_at < ?1", [forgotten])?;
    db.execute("DELETE FROM oauth_grants WHERE used_at IS NULL AND granted_at < ?1", [forgotten])?;
    let json = |list: &Option<BTreeSet<String>>| list.as_ref().and_then(|list| serde_json::to_string(list).ok());
    let (grant, code) = (Uuid::new_v4().to_string(), random_secret()?);
    db.execute(
        "INSERT INTO oauth_grants (id, user_id, client_id, client_name, redirect_host, endpoint, scopes, modules, spaces,
             granted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            grant,
            new.user,
            new.client.id,
            new.client.name,
            new.redirect_host,
            new.endpoint,
            new.effects.to_string(),
            json(&new.modules),
            json(&new.spaces),
            now
        ],
    )?;
    db.execute(
        "INSERT INTO oauth_codes (digest, grant_id, client_id, redirect_uri, challenge, refreshes, issued_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![digest(&code), grant, new.client.id, new.redirect_uri, new.challenge, new.refreshes, now],
    )?;
    db.execute("UPDATE oauth_clients SET used_at = ?2 WHERE id = ?1", params![new.client.id, now])?;
    Ok(code)
}

fn redeem(db: &Connection, asked: &Redemption, now: i64) -> Result<Redeemed, StoreError> {
    let digest = digest(&asked.code);
    let Some(stored) = load(db, digest)? else { return Ok(Redeemed::Never(Ungranted::InvalidGrant)) };
    if stored.redeemed {
        // Somebody else has it too, no matter who came first.
        end(db, &stored.grant)?;
        return Ok(Redeemed::Before(stored.grant));
    }
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&asked.verifier));
    let fits = stored.client == asked.client
        && stored.redirect_uri == asked.redirect_uri
        && stored.challenge == challenge
        && now - stored.issued_at < GOOD_FOR;
    let grant = Grant::load(db, &stored.grant)?.filter(|_| fits);
    let Some(mut grant) = grant else { return Ok(Redeemed::Never(Ungranted::InvalidGrant)) };
    if grant.endpoint != asked.endpoint {
        return Ok(Redeemed::Never(Ungranted::InvalidTarget));
    }
    let Some(user) = accounts::user(db, &grant.user)? else {
        return Ok(Redeemed::Never(Ungranted::InvalidGrant));
    };
    db.execute("UPDATE oauth_codes SET redeemed = 1 WHERE digest = ?1", [digest])?;
    db.execute("UPDATE oauth_grants SET used_at = ?2 WHERE id = ?1", params![grant.id, now])?;
    grant.used_at = Some(now);
    let ended = end_former(db, &grant)?;
    let refresh = if stored.refreshes { Some(refresh::begin(db, &grant.id, now)?) } else { None };
    Ok(Redeemed::Now { grant: Box::new(grant), email: user.email, refresh, ended })
}

/// What a person grants to a program takes the place of what they granted it before.
fn end_former(db: &Connection, grant: &Grant) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id FROM oauth_grants
               WHERE client_id = ?1 AND user_id = ?2 AND endpoint = ?3 AND id <> ?4 AND used_at IS NOT NULL";
    let mut select = db.prepare(sql)?;
    let former = select.query_map(params![grant.client, grant.user, grant.endpoint, grant.id], |row| row.get(0))?;
    let former = former.collect::<rusqlite::Result<Vec<String>>>()?;
    former.iter().try_for_each(|id| end(db, id))?;
    Ok(former)
}

fn load(db: &Connection, digest: [u8; 32]) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT grant_id, client_id, redirect_uri, challenge, refreshes, issued_at, redeemed
               FROM oauth_codes WHERE digest = ?1";
    let stored = db.query_row(sql, [digest], |row| {
        Ok(Stored {
            grant: row.get(0)?,
            client: row.get(1)?,
            redirect_uri: row.get(2)?,
            challenge: row.get(3)?,
            refreshes: row.get(4)?,
            issued_at: row.get(5)?,
            redeemed: row.get(6)?,
        })
    });
    Ok(stored.optional()?)
}
