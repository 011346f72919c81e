//! The command line of pressmark.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
