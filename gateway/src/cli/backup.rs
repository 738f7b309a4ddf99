//! `backup`: a copy of the standalone services' data, made while they run.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Args;

use super::style;
use crate::config::{Config, Environment, Services};

/// Copies the standalone services' data into a new folder, also while the gateway runs
///
/// The copy has everything that was confirmed before it began, with the key that opens it: keep it as safe as the data.
/// It is itself a data folder: `mana-mcp serve --data-dir <FOLDER>` serves it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct BackupArgs {
    /// The new folder, which must not be there yet
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn run(args: &BackupArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let Services::Standalone { data_dir } = Config::services(environment)? else {
        bail!("the data are in the services of this deployment (MANA_AUTH_URL is set): back these up");
    };
    mana_mcp_standalone::back_up(&data_dir, &args.folder)?;
    style::say(&format!("{} was copied to {}.", data_dir.display(), args.folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
