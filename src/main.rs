use std::process::ExitCode;

/// The stages of the pipeline make and drop many small values; the system's allocator would take a quarter of their
/// time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    parvis::cli::run(std::env::args_os())
}
