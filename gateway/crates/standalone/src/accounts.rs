//! Users, their spaces, and who is a member of what.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::error::{StandaloneError, StoreError};
use mana_mcp_runtime::space::SpaceType;

/// A user of the standalone identity service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: String,
}

/// A space, as a member sees it.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    pub(super) space: String,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) kind: String,
    pub(super) role: String,
}

/// An e-mail address in the spelling by which users are told apart.
pub(super) fn normalised(email: &str) -> Result<String, StandaloneError> {
    let text = email.trim().to_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let is_local = |local: &str| {
        let is_atom = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        (1..=64).contains(&local.len())
            && local.chars().all(is_atom)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
    };
    let is_email = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| is_local(local) && domain.split('.').all(is_label));
    if is_email { Ok(text) } else { Err(StandaloneError::NotAnEmail(email.chars().take(100).collect())) }
}

/// The user of a normalised address, made with a personal space if they are new.
pub(super) fn user_of(db: &Connection, email: &str) -> Result<User, StoreError> {
    let known = db.query_row("SELECT id FROM users WHERE email = ?1", [email], |row| row.get(0)).optional()?;
    if let Some(id) = known {
        return Ok(User { id, email: email.to_owned() });
    }
    let user = User { id: Uuid::new_v4().to_string(), email: email.to_owned() };
    db.execute("INSERT INTO users (id, email) VALUES (?1, ?2)", params![user.id, user.email])?;
    create_space(db, &user.id, "Personal", SpaceType::Personal)?;
    Ok(user)
}

/// The user of that id.
pub(super) fn user(db: &Connection, id: &str) -> Result<Option<User>, StoreError> {
    let email = db.prepare_cached("SELECT email FROM users WHERE id = ?1")?.query_row([id], |row| row.get(0));
    Ok(email.optional()?.map(|email| User { id: id.to_owned(), email }))
}

/// Makes a space that the user owns. Returns its id.
pub(super) fn create_space(db: &Connection, owner: &str, name: &str, kind: SpaceType) -> Result<String, StoreError> {
    let id = Uuid::new_v4().to_string();
    let kind = kind.name();
    let slug = format!("{kind}-{}", id.split('-').next().unwrap_or_default());
    let sql = "INSERT INTO spaces (id, name, slug, kind) VALUES (?1, ?2, ?3, ?4)";
    db.execute(sql, params![id, name, slug, kind])?;
    add_member(db, &id, owner, "owner")?;
    Ok(id)
}

/// Makes a user a member of a space, or gives them another role.
pub(super) fn add_member(db: &Connection, space: &str, user: &str, role: &str) -> Result<(), StoreError> {
    let known: bool = db.query_row("SELECT EXISTS (SELECT 1 FROM spaces WHERE id = ?1)", [space], |row| row.get(0))?;
    if !known {
        return Err(StoreError::NoSuchSpace(space.to_owned()));
    }
    let sql = "INSERT INTO members (user_id, space_id, role) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET role = excluded.role";
    db.execute(sql, params![user, space, role])?;
    Ok(())
}

/// The spaces that the user is a member of.
pub(super) fn memberships(db: &Connection, user: &str) -> Result<Vec<Membership>, StoreError> {
    let sql = "SELECT space_id, name, slug, kind, role FROM members JOIN spaces ON spaces.id = space_id
               WHERE user_id = ?1 ORDER BY space_id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([user], |row| {
        Ok(Membership {
            space: row.get(0)?,
            name: row.get(1)?,
            slug: row.get(2)?,
            kind: row.get(3)?,
            role: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
