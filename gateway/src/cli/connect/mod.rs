//! `connect`: sets a host up for the gateway on this machine, with the host's own command where it has one, else in its
//! file. Neither holds a token: hosts sign in through the browser.

mod file;
mod hosts;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsStr,
    fmt::Write,
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use url::Url;

use self::{
    file::Change,
    hosts::{Aim, Entry, Folders, Host, Way},
};
use super::{fault::WrongUsage, here::reachable, style};
use crate::config::{Config, Environment};

/// Sets a host up to use the gateway on this machine
///
/// Runs the host's own command where it has one, else changes the host's file: the change is shown, and the former file is
/// kept beside it. A file that is a link, is read-only or cannot be understood is left as it is.
#[derive(Debug, Args)]
pub(super) struct ConnectArgs {
    /// The host
    #[arg(value_enum)]
    host: Host,
    /// Address of the MCP endpoint [default: the gateway on this machine]
    #[arg(long)]
    url: Option<Url>,
    /// Id or slug of the space to work in [default: the personal space]
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    /// Prints what would be done, and does nothing
    #[arg(long)]
    print: bool,
    /// Takes the gateway out of the host's settings again
    #[arg(long)]
    remove: bool,
}

pub(super) fn run(args: &ConnectArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let aim = if args.remove { Aim::Remove } else { Aim::Add };
    let entry = Entry {
        url: endpoint(args, environment)?,
        space: args.space.clone(),
        program: std::env::current_exe().context("the path of this program is not known")?,
        data_dir: text(environment, "DATA_DIR")?.map(std::path::absolute).transpose()?,
    };
    let way = args.host.way(aim, &entry, &folders(environment)?);
    let done = match (way, args.print) {
        (Way::Command(command), true) => shell_line(&command),
        (Way::Command(command), false) => ran(args.host, &command)?,
        (Way::File { path, place, entry }, print) => {
            let by_hand = || format!("the entry is {} = {entry:#}", place.join("."));
            let change = match Change::plan(&path, &place, (aim == Aim::Add).then(|| entry.clone())) {
                Err(error) if aim == Aim::Add => bail!("{error:#}\n{}", by_hand()),
                planned => planned?,
            };
            let mut text = change.to_string();
            if !print && let Some(backup) = change.write()? {
                let _ = write!(text, "\nThe former file is kept as {}.", backup.display());
            }
            text
        }
    };
    style::say(&style::printable(&done))?;
    if !args.print && aim == Aim::Add {
        style::say(&format!("{}\n`mana-mcp open` shows what is connected.", args.host.next()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn endpoint(args: &ConnectArgs, environment: &dyn Environment) -> anyhow::Result<Url> {
    let mut url = match &args.url {
        Some(url) if matches!(url.scheme(), "http" | "https") => url.clone(),
        Some(_) => return Err(WrongUsage(anyhow!("--url must begin with http:// or https://")).into()),
        None => Url::parse(&format!("http://{}/mcp", reachable(Config::listen(environment)?)))?,
    };
    if let Some(space) = &args.space {
        url.query_pairs_mut().append_pair("space", space);
    }
    Ok(url)
}

fn folders(environment: &dyn Environment) -> anyhow::Result<Folders> {
    let home = text(environment, "HOME")?.context("HOME is not set, so the host's settings cannot be found")?;
    let home = PathBuf::from(home);
    let config = text(environment, "XDG_CONFIG_HOME")?.map_or_else(|| home.join(".config"), PathBuf::from);
    Ok(Folders { home, config })
}

fn text(environment: &dyn Environment, name: &'static str) -> anyhow::Result<Option<String>> {
    let value = environment.get(name).transpose().map_err(|_| anyhow!("{name} is not valid Unicode"))?;
    Ok(value.filter(|value| !value.trim().is_empty()))
}

/// Runs the host's command. What it says goes to the person.
fn ran(host: Host, command: &[String]) -> anyhow::Result<String> {
    let line = shell_line(command);
    let [program, arguments @ ..] = command else { bail!("no command") };
    style::say(&style::printable(&format!("Running: {line}")))?;
    let status = Command::new(program).args(arguments.iter().map(OsStr::new)).status();
    match status {
        Ok(status) if status.success() => Ok(format!("{} has done it.", host.title())),
        Ok(status) => bail!("{} did not do it ({status}); what it said stands above", host.title()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("`{program}` was not found. Where {} is installed, run:\n  {line}", host.title())
        }
        Err(error) => Err(anyhow!(error).context(format!("`{program}` cannot be started"))),
    }
}

/// The command as it is typed into a shell.
fn shell_line(command: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    let word = |word: &String| {
        if !word.is_empty() && word.chars().all(is_plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    command.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The lines that set a host up, for the person who starts the gateway.
pub(super) fn one_lines(url: &Url) -> Vec<(&'static str, String)> {
    let entry = Entry { url: url.clone(), space: None, program: "mana-mcp".into(), data_dir: None };
    let folders = Folders { home: PathBuf::new(), config: PathBuf::new() };
    let line = |host: Host| match host.way(Aim::Add, &entry, &folders) {
        Way::Command(command) => shell_line(&command),
        Way::File { .. } => format!("mana-mcp connect {}", host.argument()),
    };
    Host::ALL.into_iter().map(|host| (host.title(), line(host))).collect()
}
