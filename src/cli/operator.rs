use std::sync::Arc;

use clap::Subcommand;

use super::{ConfigFile, block_on};
use crate::app;
use crate::clock::SystemClock;
use crate::domain::PostId;
use crate::store::{Command, Operator, Person as PersonName};

/// Acts on one post.
#[derive(Subcommand)]
pub enum Post {
    /// Hide a post from every page, feed and screen, at once
    Hide {
        /// The post's id, as on its card's "why" page
        id: String,
        /// Show it again
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Erase a post for good; it does not come back
    Erase {
        /// The post's id
        id: String,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Acts on everything held of one person. HANDLE is a handle or a lasting id, `network:` before it where needed.
#[derive(Subcommand)]
pub enum Person {
    /// Erase everything and never store them again
    Erase {
        handle: String,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Print everything held, as JSON
    Export {
        handle: String,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// List the requests made on the leave pages
    Requests {
        /// Close the request of this number: it has been dealt with
        #[arg(long, value_name = "NUMBER")]
        close: Option<i64>,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Brings the database to this version's form. `serve` does the same when it starts.
#[derive(clap::Args)]
pub struct Migrate {
    #[command(flatten)]
    config: ConfigFile,
}

impl Post {
    pub fn run(self) -> anyhow::Result<()> {
        let (config, id, command): (_, _, fn(PostId) -> Command) = match self {
            Self::Hide { config, id, undo: false } => (config, id, Command::Hide),
            Self::Hide { config, id, undo: true } => (config, id, Command::Unhide),
            Self::Erase { config, id } => (config, id, Command::Erase),
        };
        let Some(post) = PostId::parse(&id) else { anyhow::bail!("{id:?} is not the id of a post") };
        act(&config, command(post))
    }
}

impl Person {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Erase { handle, config } => block_on(erase_person(&config, &handle)),
            Self::Export { handle, config } => block_on(async {
                let operator = open(&config).await?;
                println!("{}", operator.person_export(&handle).await?);
                Ok(())
            }),
            Self::Requests { close: Some(number), config } => act(&config, Command::CloseLeaveRequest(number)),
            Self::Requests { close: None, config } => block_on(async {
                let requests = open(&config).await?.leave_requests().await?;
                for request in &requests {
                    println!(
                        "{}\t{}\t{}\t{}\t{}",
                        request.id,
                        request.at.to_rfc3339(),
                        request.city.as_str(),
                        request.network.as_str(),
                        request.handle
                    );
                }
                if requests.is_empty() {
                    println!("No open requests.");
                }
                Ok(())
            }),
        }
    }
}

impl Migrate {
    pub fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let settings = self.config.load()?;
            app::open_store_alone(&settings).await?.close().await?;
            println!("{}: in this version's form.", settings.store.url);
            Ok(())
        })
    }
}

/// Erases a person and keeps them out. Of somebody of whom nothing is held only the handle is known, and a handle can
/// move: the network is asked whose it is.
async fn erase_person(config: &ConfigFile, handle: &str) -> anyhow::Result<()> {
    let mut operator = open(config).await?;
    let mut report = operator.run(Command::PersonErase(PersonName::parse(handle))).await?;
    if !report.found {
        for (network, id) in app::look_up_person(&config.load()?, &PersonName::parse(handle)).await? {
            let person = PersonName { network: Some(network), name: id.as_str().to_owned() };
            report = operator.run(Command::PersonErase(person)).await?;
            for request in operator.leave_requests().await? {
                if request.network == network && PersonName::parse(&request.handle).is(&PersonName::parse(handle)) {
                    operator.run(Command::CloseLeaveRequest(request.id)).await?;
                }
            }
        }
    }
    operator.close().await?;
    anyhow::ensure!(report.found, "{}", report.summary);
    println!("{}", report.summary);
    Ok(())
}

async fn open(config: &ConfigFile) -> anyhow::Result<Operator> {
    Ok(Operator::open(&config.load()?.store.url, Arc::new(SystemClock)).await?)
}

fn act(config: &ConfigFile, command: Command) -> anyhow::Result<()> {
    block_on(async {
        let mut operator = open(config).await?;
        let report = operator.run(command).await?;
        operator.close().await?;
        anyhow::ensure!(report.found, "{}", report.summary);
        println!("{}", report.summary);
        Ok(())
    })
}
