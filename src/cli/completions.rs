//! `pressmark completions bash`

use super::context::Context;
use super::exit::{Outcome, Result};
use clap_complete::Shell;
use std::io::Write;

/// Print shell completions.
#[derive(clap::Args)]
pub struct Args {
    /// bash, zsh, fish, elvish or powershell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub fn run(context: &mut Context, args: &Args, mut cli: clap::Command) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli, "pressmark", &mut script);
    context.out.write_all(&script)?;
    Ok(Outcome::Done)
}
