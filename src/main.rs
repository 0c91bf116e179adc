use std::process::ExitCode;

fn main() -> ExitCode {
    parvis::cli::run(std::env::args_os())
}
