use anyhow::bail;

use super::ConfigFile;
use crate::config::read_city;

/// Validates city files. Warnings are printed and leave the status at 0; a problem makes it 1.
#[derive(clap::Args)]
pub struct Check {
    /// Slugs of the cities to check (default: all)
    slugs: Vec<String>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Check {
    pub fn run(self) -> anyhow::Result<()> {
        let folder = self.config.load()?.cities.folder;
        let mut slugs = self.slugs;
        if slugs.is_empty() {
            let entries =
                std::fs::read_dir(&folder).map_err(|error| anyhow::anyhow!("{}: {error}", folder.display()))?;
            slugs = entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
                .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
                .collect();
            slugs.sort();
        }
        let (mut sound, mut broken) = (0, 0);
        for slug in &slugs {
            match read_city(&folder.join(format!("{slug}.toml"))) {
                Ok((city, warnings)) => {
                    sound += 1;
                    for warning in &warnings {
                        println!("warning: {warning}");
                    }
                    println!("{slug}: {}, {} zones, sound", city.name, city.zones.len());
                }
                Err(problems) => {
                    broken += 1;
                    for problem in problems {
                        eprintln!("{}: {problem}", if problem.warning { "warning" } else { "error" });
                    }
                }
            }
        }
        if broken > 0 {
            bail!("{broken} of {} city files can't be used", sound + broken);
        }
        Ok(())
    }
}
