//! The command line: one file per command.
//!
//! Owns arguments, what is printed and the exit status: 0 done, 1 refused or failed with one clear line on stderr,
//! 2 wrong usage. Does not own what the commands do: `app` composes that. Invariant: nothing here is imported by
//! another module.

mod backup;
mod city_add;
mod city_check;
mod city_explain;
mod config;
mod demo;
mod operator;
mod replay;
mod report;
mod serve;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Where the configuration is, unless `--config` says otherwise.
pub const DEFAULT_CONFIG: &str = "config/parvis.toml";

#[derive(Parser)]
#[command(name = "parvis", version, about = "The square in front of the town hall: a live local feed of public posts")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the cities: ingest, store, live feed
    Serve(serve::Serve),
    /// Open the whole product on sample posts, in a temporary folder
    Demo(demo::Demo),
    /// Add, check and explain cities
    #[command(subcommand)]
    City(City),
    /// Feed recorded wire frames through the pipeline into the store, never asking the network
    Replay(replay::Replay),
    /// Print the report of a closed month for the municipal council
    Report(report::Report),
    /// Hide or erase one post, at once on every output
    #[command(subcommand)]
    Post(operator::Post),
    /// Erase or export what is held of a person, and read requests to leave
    #[command(subcommand)]
    Person(operator::Person),
    /// Make and change the accounts of the town hall's desk
    #[command(subcommand)]
    User(user::User),
    /// Verify the log of what is done at the desks
    #[command(subcommand)]
    Audit(user::Audit),
    /// Copy the database to a file, while it is served or not
    Backup(backup::Backup),
    /// Put a backup into the place of the database
    Restore(backup::Restore),
    /// Bring the database to this version's form
    Migrate(operator::Migrate),
    /// Print and check the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Print the description of the HTTP interface (OpenAPI)
    Openapi,
}

#[derive(Subcommand)]
enum City {
    /// Write a new city's file
    Add(city_add::Add),
    /// Validate city files: line, column, reason
    Check(city_check::Check),
    /// Say for recorded frames what a city's recipe and consent decide, and why
    Explain(city_explain::Explain),
}

/// Where the configuration and the city files are.
#[derive(clap::Args, Clone)]
pub struct ConfigFile {
    /// The configuration file
    #[arg(long = "config", default_value = DEFAULT_CONFIG, value_name = "FILE")]
    path: PathBuf,
}

impl ConfigFile {
    fn load(&self) -> anyhow::Result<crate::app::Settings> {
        Ok(crate::config::load(&self.path, std::env::vars())?)
    }
}

/// Runs the command that `arguments` name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; clap prints each where it belongs.
            let status = if error.use_stderr() { 2 } else { 0 };
            return if error.print().is_ok() { ExitCode::from(status) } else { ExitCode::from(1) };
        }
    };
    let done = match arguments.command {
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::City(City::Add(command)) => command.run(),
        Command::City(City::Check(command)) => command.run(),
        Command::City(City::Explain(command)) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Post(command) => command.run(),
        Command::Person(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Audit(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Openapi => config::print_openapi(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: causes are joined, and what spans lines is folded.
            let message = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("parvis: {message}");
            ExitCode::from(1)
        }
    }
}

/// A runtime for commands that wait for something.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}
