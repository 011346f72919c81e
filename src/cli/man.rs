//! `pressmark man | man -l -`, `pressmark man --out-dir share/man/man1`

use super::context::Context;
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::{clean, shown};
use std::io::Write;
use std::path::PathBuf;

/// Print manual pages, or write all of them.
#[derive(clap::Args)]
pub struct Args {
    /// The page of this command.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write all pages into this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out_dir: Option<PathBuf>,
}

pub fn run(context: &mut Context, args: &Args, mut cli: clap::Command) -> Result<Outcome> {
    cli.build();
    if let Some(dir) = &args.out_dir {
        context.public_files();
        let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(cli, dir));
        written.map_err(|e| {
            Failure::usage(
                &format!("cannot write into {}: {e}", shown(dir)),
                "name another directory with --out-dir",
            )
        })?;
        return Ok(Outcome::Done);
    }
    let page = match &args.command {
        None => cli,
        Some(name) => {
            let found = cli.find_subcommand(name).cloned();
            let unknown = || {
                Failure::usage(&format!("there is no command {}", clean(name)), "pressmark --help lists them")
            };
            found.ok_or_else(unknown)?.display_name(format!("pressmark-{name}"))
        }
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page).render(&mut roff)?;
    context.out.write_all(&roff)?;
    Ok(Outcome::Done)
}
