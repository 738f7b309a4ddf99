//! The tables of the database.

/// The version that [`BASE`] makes.
pub(crate) const VERSION: i64 = 1;

/// What a new database is made with.
pub(crate) const BASE: &str = "
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
CREATE TABLE spaces (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE members (
    user_id TEXT NOT NULL REFERENCES users (id),
    space_id TEXT NOT NULL REFERENCES spaces (id),
    role TEXT NOT NULL,
    PRIMARY KEY (user_id, space_id)
) STRICT, WITHOUT ROWID;
-- Keys are wrapped under the key file.
CREATE TABLE vaults (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
-- The log. created_at is in microseconds and unique, so that it gives the order as well; body is the row's JSON as readers
-- get it.
CREATE TABLE changes (
    created_at INTEGER NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    space_id TEXT,
    client_id TEXT NOT NULL,
    app TEXT NOT NULL,
    collection TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
-- An index ends with the row's key, which is created_at.
CREATE INDEX changes_by_user ON changes (user_id, app, collection);
CREATE INDEX changes_by_space ON changes (space_id, app, collection) WHERE space_id IS NOT NULL;
";

/// Sessions that their users ended. Made where it is missing, in databases of earlier releases too; they do not look at it.
pub(crate) const ENDED_SESSIONS: &str = "
CREATE TABLE IF NOT EXISTS ended_sessions (
    owner BLOB NOT NULL,
    id BLOB NOT NULL,
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (owner, id)
) STRICT, WITHOUT ROWID;
";

/// What people granted to programs. Made where it is missing, in databases of earlier releases too; they do not look at it. Times are in seconds since the
/// Unix epoch; lists are JSON.
pub(crate) const GRANTS: &str = "
CREATE TABLE IF NOT EXISTS oauth_clients (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    may_refresh INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oauth_grants (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    client_id TEXT NOT NULL,
    client_name TEXT NOT NULL,
    redirect_host TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    modules TEXT,
    spaces TEXT,
    granted_at INTEGER NOT NULL,
    -- Null until the code is redeemed.
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS oauth_grants_by_client ON oauth_grants (client_id);
CREATE TABLE IF NOT EXISTS oauth_codes (
    digest BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    refreshes INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    redeemed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oauth_refresh_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    replaced_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS oauth_refresh_tokens_by_grant ON oauth_refresh_tokens (grant_id);
CREATE TABLE IF NOT EXISTS oauth_entry_codes (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oauth_browsers (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
