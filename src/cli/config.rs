use clap::Subcommand;

use super::ConfigFile;
use crate::app::Settings;
use crate::clock::{Clock, SystemClock};

#[derive(Subcommand)]
pub enum Config {
    /// Print the commented default configuration
    Doc,
    /// Check the configuration file and every city file
    Check(ConfigFile),
    /// Print the configuration's JSON Schema
    Schema,
}

impl Config {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Doc => print!("{}", crate::config::document(&crate::app::documented_settings())),
            Self::Check(file) => {
                let settings = file.load()?;
                let files = crate::config::CityFiles::read(&settings.cities.folder, &|_| {}, SystemClock.now())
                    .map_err(|error| anyhow::anyhow!("{}: {error}", settings.cities.folder.display()))?;
                for problem in files.broken().flat_map(|(_, problems)| problems) {
                    eprintln!("{problem}");
                }
                let broken = files.broken().count();
                anyhow::ensure!(broken == 0, "{broken} city files can't be used");
                println!("The configuration is sound; {} cities.", files.cities().count());
            }
            Self::Schema => println!("{:#}", schemars::schema_for!(Settings).to_value()),
        }
        Ok(())
    }
}

pub fn print_openapi() -> anyhow::Result<()> {
    println!("{}", crate::http::openapi_json());
    Ok(())
}
