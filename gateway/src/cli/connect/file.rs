//! One entry in a host's file of settings. What else is in it stays as it is, and so does the whole file wherever it is not
//! certain what it means.

use std::{
    cell::Cell,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use mana_mcp_runtime::decode::tree::Tree;
use rustix::fs::OFlags;
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};
use uuid::Uuid;

const MAX_BYTES: u64 = 4 << 20;

/// A change of one entry.
#[derive(Debug)]
pub(super) struct Change {
    path: PathBuf,
    place: String,
    /// What the file holds, where there is one.
    former: Option<String>,
    former_entry: Option<Value>,
    new_entry: Option<Value>,
    /// What the file will hold.
    new: String,
}

impl Change {
    /// What becomes of the file at that path, if the entry at that place is this one, or none. Nothing is written.
    ///
    /// # Errors
    /// The file is a link or no file, cannot be written, or is no JSON object with objects on the way to the entry.
    pub(super) fn plan(path: &Path, place: &[&str], entry: Option<Value>) -> anyhow::Result<Self> {
        let former = read(path)?;
        let mut whole = match &former {
            Some(text) if !text.trim().is_empty() => parse(path, text)?,
            _ => Value::Object(Map::new()),
        };
        let former_entry = exchange(&mut whole, place, entry.clone())
            .with_context(|| format!("{} is not built as expected, and was left as it is", path.display()))?;
        let new = format!("{whole:#}\n");
        let place = place.join(".");
        Ok(Self { path: path.to_owned(), place, former, former_entry, new_entry: entry, new })
    }

    fn is_nothing(&self) -> bool {
        self.former_entry == self.new_entry
    }

    /// Writes the file, whole or not at all. Returns where the former one is kept, where there was one.
    ///
    /// # Errors
    /// It cannot be written, or was changed since it was read.
    pub(super) fn write(&self) -> anyhow::Result<Option<PathBuf>> {
        if self.is_nothing() {
            return Ok(None);
        }
        let folder = self.path.parent().context("the file has no folder")?;
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be created", folder.display()))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mode = match fs::symlink_metadata(&self.path) {
            Ok(metadata) => metadata.permissions().mode() & 0o777,
            Err(_) => 0o600,
        };
        let backup = match &self.former {
            Some(former) => {
                let backup = folder.join(format!("{name}.before-mana-{}", stamp()));
                create(&backup, mode, former).with_context(|| format!("{} cannot be written", backup.display()))?;
                Some(backup)
            }
            None => None,
        };
        let draft = folder.join(format!(".{name}.{}", Uuid::new_v4()));
        let written = create(&draft, mode, &self.new).map_err(anyhow::Error::from).and_then(|()| {
            if read(&self.path)? != self.former {
                bail!("another program has just changed it: try again");
            }
            Ok(fs::rename(&draft, &self.path)?)
        });
        if let Err(error) = written {
            // Nothing is left behind of a change that was not made.
            let _ = fs::remove_file(&draft);
            backup.iter().for_each(|backup| drop(fs::remove_file(backup)));
            return Err(error.context(format!("{} was left as it is", self.path.display())));
        }
        Ok(backup)
    }
}

/// The change, as a person reads it.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.is_nothing() {
            return match self.new_entry {
                Some(_) => write!(f, "{path} has this entry already."),
                None => write!(f, "{path} has no entry {}.", self.place),
            };
        }
        write!(f, "{path}, {}:", self.place)?;
        for (sign, entry) in [('-', &self.former_entry), ('+', &self.new_entry)] {
            for line in
                entry.iter().flat_map(|entry| format!("{entry:#}").lines().map(str::to_owned).collect::<Vec<_>>())
            {
                write!(f, "\n{sign} {line}")?;
            }
        }
        Ok(())
    }
}

/// The text of the file, where there is one that may be changed.
fn read(path: &Path) -> anyhow::Result<Option<String>> {
    let shown = path.display();
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{shown} cannot be read")),
    };
    if metadata.is_symlink() {
        bail!("{shown} is a link, and was left as it is. Change the file that it leads to by hand");
    }
    if !metadata.is_file() {
        bail!("{shown} is not a file");
    }
    if metadata.permissions().readonly() {
        bail!("{shown} is read-only, and was left as it is");
    }
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(no_link)
        .open(path)
        .with_context(|| format!("{shown} cannot be opened for reading and writing"))?;
    let mut text = String::new();
    Read::by_ref(&mut file)
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("{shown} is not text, and was left as it is"))?;
    if text.len() as u64 > MAX_BYTES {
        bail!("{shown} is larger than any file of settings, and was left as it is");
    }
    Ok(Some(text))
}

/// The JSON of the file. Comments, and names that stand twice, would be lost.
fn parse(path: &Path, text: &str) -> anyhow::Result<Value> {
    let repeated = Cell::new(false);
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let value = Tree::noting(&repeated).deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    let value = value.with_context(|| {
        format!("{} is not plain JSON, and was left as it is. Mend the file, or change it by hand", path.display())
    })?;
    if repeated.get() {
        bail!("in {}, a name stands twice in one object: it was left as it is. Mend the file", path.display());
    }
    Ok(value)
}

/// Puts the entry in its place, or takes out the one that is there, and returns that.
fn exchange(whole: &mut Value, place: &[&str], entry: Option<Value>) -> anyhow::Result<Option<Value>> {
    let Value::Object(members) = whole else { bail!("an object is expected") };
    match (place, entry) {
        ([], _) => bail!("no place is named"),
        ([last], None) => Ok(members.shift_remove(*last)),
        ([last], Some(entry)) => Ok(members.insert((*last).to_owned(), entry)),
        ([first, ..], None) if !members.contains_key(*first) => Ok(None),
        ([first, rest @ ..], entry) => {
            let inner = members.entry(*first).or_insert_with(|| Value::Object(Map::new()));
            exchange(inner, rest, entry).with_context(|| format!("at `{first}`"))
        }
    }
}

/// A new file.
fn create(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The time, as names of files have it.
fn stamp() -> String {
    let now = jiff::Timestamp::now();
    format!("{}-{:03}", now.strftime("%Y%m%dT%H%M%S"), now.subsec_millisecond())
}
