//! `open`: the connected programs, in the browser of the person at this terminal.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Args;

use super::{
    here::{LOCAL_USER, reachable},
    style,
};
use crate::{
    config::{Config, Environment, STANDALONE_ISSUER, Services},
    oauth,
};

/// How long the code is good.
const CODE_LIFETIME: Duration = Duration::from_secs(10 * 60);

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// E-mail address of the user
    #[arg(long, value_name = "EMAIL", default_value = LOCAL_USER)]
    user: String,
    /// Prints the address and the code, and opens nothing
    #[arg(long)]
    print: bool,
}

pub(super) fn run(args: &OpenArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let Services::Standalone { data_dir } = Config::services(environment)? else {
        bail!("programs are connected at the identity service of this deployment (MANA_AUTH_URL is set)");
    };
    if !mana_mcp_standalone::is_in(&data_dir) {
        bail!(
            "there are no data in {}: start `mana-mcp serve`, or name the running gateway's folder with --data-dir",
            data_dir.display()
        );
    }
    let issuer = oauth::issuer_at(reachable(Config::listen(environment)?));
    let standalone = mana_mcp_standalone::open(&data_dir, STANDALONE_ISSUER)?;
    let code = standalone.grants(&issuer).entry_code(&args.user, CODE_LIFETIME)?;
    let page = format!("{issuer}/connections");
    if !args.print {
        let door = door(&data_dir, &format!("{page}?code={code}"))?;
        if let Err(error) = show(&door) {
            style::complain(&format!("the browser cannot be opened ({error})"));
        }
    }
    style::say(&format!("Open {page} and type {}. The code is good once, for ten minutes.", spaced(&code)))?;
    Ok(ExitCode::SUCCESS)
}

/// A code as people type it.
pub(super) fn spaced(code: &str) -> String {
    code.split_at_checked(4).map_or_else(|| code.to_owned(), |(first, rest)| format!("{first}-{rest}"))
}

/// A page that leads to the address. Every user of the machine can see what a browser is started with, so that is a file that
/// only this user can read.
fn door(data_dir: &Path, address: &str) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(data_dir.join("open.html"))?;
    let failed = || format!("{} cannot be written", path.display());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(failed),
        _ => {}
    }
    let html = format!(
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
         <meta http-equiv=\"refresh\" content=\"0;url={address}\"><a href=\"{address}\">Mana</a>\n"
    );
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(failed)?;
    file.write_all(html.as_bytes()).with_context(failed)?;
    Ok(path)
}

fn show(path: &Path) -> anyhow::Result<()> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let status =
        Command::new(program).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if status.with_context(|| format!("`{program}` cannot be started"))?.success() {
        Ok(())
    } else {
        bail!("`{program}` failed")
    }
}
