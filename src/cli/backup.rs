use std::path::PathBuf;
use std::sync::Arc;

use super::{ConfigFile, block_on};
use crate::clock::{Clock, SystemClock};
use crate::store::{self, Lost, Retention, StoreOptions, TableSum};

/// Copies the database to FILE, whether or not a server runs. FILE holds personal data: keep it as you keep the
/// database, and no longer than the retention. What is erased later stays erased when FILE is restored: that is what
/// the file `.erasures` beside the database is for. Copy that often to another disk, with `--erasures`.
#[derive(clap::Args)]
pub struct Backup {
    /// Where the copy goes; a file that is there is not overwritten
    file: PathBuf,
    /// Copy the journal of what was erased instead, in the place of its earlier copy: it is small, and holds hashes, and
    /// the requests to leave that wait
    #[arg(long)]
    erasures: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Puts the backup FILE into the place of the database; no server may run. Nothing of it is shown before deletions and
/// opt-outs since have been taken over and the networks have been asked for its authors. On a new disk, put the copy of
/// the journal beside it first, under the database's name and `.erasures`.
#[derive(clap::Args)]
pub struct Restore {
    /// What `parvis backup` wrote
    file: PathBuf,
    /// The database that is there goes
    #[arg(long)]
    replace: bool,
    /// The journal of what was erased since is lost: posts are hidden until they are found at their origin, and what
    /// the operator did since has to be done again
    #[arg(long)]
    erasures_lost: bool,
    #[command(flatten)]
    config: ConfigFile,
}

impl Backup {
    pub fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let url = self.config.load()?.store.url;
            if self.erasures {
                store::backup_erasures(&url, &self.file).await?;
                println!("{}: what was erased until now.", self.file.display());
                return Ok(());
            }
            let bar = bar()?;
            let copied =
                store::backup(&url, &self.file, SystemClock.now(), |done, most| tell(&bar, done, most)).await?;
            bar.finish_and_clear();
            print_tables(&copied.tables);
            println!("{}: {} bytes, as of {}, checked.", self.file.display(), copied.bytes, copied.at.to_rfc3339());
            Ok(())
        })
    }
}

impl Restore {
    pub fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let settings = self.config.load()?;
            let options = StoreOptions {
                retention: Retention::from_days(settings.store.retention_days),
                lost_journal: if self.erasures_lost { Lost::Accepted } else { Lost::Refused },
                ..StoreOptions::new(Arc::new(SystemClock))
            };
            let bar = bar()?;
            let told = |done, most| tell(&bar, done, most);
            let restored = store::restore(&settings.store.url, &self.file, self.replace, options, told).await?;
            bar.finish_and_clear();
            print_tables(&restored.copied.tables);
            println!(
                "{}: as it was at {}; {} erasures made since were made again, {} placements were over their time.",
                settings.store.url,
                restored.copied.at.to_rfc3339(),
                restored.erasures,
                restored.expired
            );
            if restored.journal_lost {
                println!(
                    "What you hid or erased since then, who left and who asked to leave is not known any more: do it \
                     again before you serve."
                );
            }
            Ok(())
        })
    }
}

fn bar() -> anyhow::Result<indicatif::ProgressBar> {
    // Drawn on a terminal only; the library sees to that.
    let bar = indicatif::ProgressBar::new(0);
    bar.set_style(indicatif::ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}")?);
    Ok(bar)
}

fn tell(bar: &indicatif::ProgressBar, done: u64, most: u64) {
    bar.set_length(most);
    bar.set_position(done);
}

/// The same lines for a backup and for what is restored from it, to be compared by eye.
fn print_tables(tables: &[TableSum]) {
    for TableSum { name, rows, sum } in tables {
        println!("{name}\t{rows}\t{sum}");
    }
}
