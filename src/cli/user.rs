use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use clap::Subcommand;

use super::{ConfigFile, block_on};
use crate::app::{self, Settings};
use crate::clock::SystemClock;
use crate::desk;
use crate::domain::{CityId, Role, StaffName, StaffWrite};
use crate::store::{Command, Operator};

/// The accounts of the town hall's desk.
#[derive(Subcommand)]
pub enum User {
    /// Make an account, or give more roles to one that there is
    Add {
        /// Small letters, digits and `.` `-` `_` `@`; what is typed to sign in
        name: String,
        /// The city at whose desk it works; may be given again
        #[arg(long = "city", value_name = "SLUG", required = true)]
        cities: Vec<String>,
        /// reader, contributor, moderator, publisher, dpo or administrator; may be given again
        #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
        roles: Vec<Role>,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Print every account with its roles
    List {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Keep an account from signing in, and sign it out everywhere
    Disable {
        name: String,
        /// Let it sign in again
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Take roles away
    Revoke {
        name: String,
        #[arg(long = "city", value_name = "SLUG", required = true)]
        cities: Vec<String>,
        #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
        roles: Vec<Role>,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Give an account another password, and sign it out everywhere
    Password {
        name: String,
        /// Have the second factor set up anew too: a telephone was lost
        #[arg(long)]
        forget_second_factor: bool,
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// The log of what is done at the desks.
#[derive(Subcommand)]
pub enum Audit {
    /// Say whether any line was changed, taken out or moved since it was written
    Verify {
        #[command(flatten)]
        config: ConfigFile,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let all = Role::ALL.map(Role::as_str).join(", ");
    Role::parse(text).ok_or_else(|| format!("the roles are {all}"))
}

impl User {
    pub fn run(self) -> anyhow::Result<()> {
        block_on(self.act())
    }

    async fn act(self) -> anyhow::Result<()> {
        match self {
            Self::Add { name, cities, roles, password_stdin, config } => {
                let settings = config.load()?;
                let (name, roles) = (staff_name(&name)?, pairs(&settings, &cities, &roles)?);
                let operator = open(&settings).await?;
                if operator.users().await?.iter().any(|user| user.name == name) {
                    ensure!(!password_stdin, "{} has a password: `parvis user password` changes it", name.as_str());
                    return carry_out(operator, StaffWrite::Grant { name, roles }, None).await;
                }
                let (password, made) = password(&name, password_stdin)?;
                carry_out(operator, StaffWrite::Add { name, password, roles }, made).await
            }
            Self::List { config } => {
                let operator = open(&config.load()?).await?;
                let users = operator.users().await?;
                for user in &users {
                    let roles: Vec<String> =
                        user.roles.iter().map(|(city, role)| format!("{}:{}", city.as_str(), role.as_str())).collect();
                    let state = match (user.disabled, user.second.is_some(), user.needs_second_factor()) {
                        (true, ..) => "disabled",
                        (false, true, _) => "second factor",
                        (false, false, true) => "second factor to be set up",
                        (false, false, false) => "password",
                    };
                    println!("{}\t{state}\t{}", user.name.as_str(), roles.join(" "));
                }
                if users.is_empty() {
                    println!("No accounts. Make one: parvis user add NAME --city SLUG --role administrator");
                }
                Ok(operator.close().await?)
            }
            Self::Disable { name, undo, config } => {
                let write = StaffWrite::Disable { name: staff_name(&name)?, disabled: !undo };
                carry_out(open(&config.load()?).await?, write, None).await
            }
            Self::Revoke { name, cities, roles, config } => {
                let settings = config.load()?;
                // Of a city that is gone too.
                let cities = cities.iter().map(|city| CityId::new(city));
                let roles = cities.flat_map(|city| roles.iter().map(move |role| (city.clone(), *role))).collect();
                carry_out(open(&settings).await?, StaffWrite::Revoke { name: staff_name(&name)?, roles }, None).await
            }
            Self::Password { name, forget_second_factor, password_stdin, config } => {
                let name = staff_name(&name)?;
                let operator = open(&config.load()?).await?;
                let (password, made) = password(&name, password_stdin)?;
                let write = StaffWrite::Password { name, password, forget_second: forget_second_factor, keep: None };
                carry_out(operator, write, made).await
            }
        }
    }
}

impl Audit {
    pub fn run(self) -> anyhow::Result<()> {
        let Self::Verify { config } = self;
        block_on(async {
            let operator = open(&config.load()?).await?;
            let verified = operator.verify_audit().await?;
            operator.close().await?;
            let mut wrong = Vec::new();
            for (city, found) in &verified {
                match found {
                    Ok(head) => println!("{}: {} lines, as they were written.", city.as_str(), head.number),
                    Err(faults) => wrong.extend(faults.iter().map(|fault| format!("{}: {fault}", city.as_str()))),
                }
            }
            if verified.is_empty() {
                println!("Nothing has been done at a desk yet.");
            }
            ensure!(
                wrong.is_empty(),
                "the log was tampered with, or an earlier one was put back: {}",
                wrong.join("; ")
            );
            Ok(())
        })
    }
}

fn staff_name(text: &str) -> anyhow::Result<StaffName> {
    let says = "is no name of an account: small letters, digits and . - _ @, from 2 to 64";
    StaffName::parse(text).with_context(|| format!("{text:?} {says}"))
}

/// Every role in every city. The cities must be there: a role in a misspelt one would wait for nobody.
fn pairs(settings: &Settings, cities: &[String], roles: &[Role]) -> anyhow::Result<Vec<(CityId, Role)>> {
    let read = app::read_cities(settings)?;
    let mut pairs = Vec::new();
    for slug in cities {
        let Some(city) = read.set.cities().iter().find(|city| city.id.as_str() == slug) else {
            bail!("no city is called {slug:?}: `parvis city check` lists those that are")
        };
        pairs.extend(roles.iter().map(|role| (city.id.clone(), *role)));
    }
    Ok(pairs)
}

/// The hash of a password, and the password itself where it was made here.
fn password(name: &StaffName, from_stdin: bool) -> anyhow::Result<(String, Option<String>)> {
    let mut salt = [0; 16];
    random(&mut salt)?;
    let (chosen, made) = if from_stdin {
        let mut text = String::new();
        std::io::stdin().take(1_024).read_to_string(&mut text).context("standard input")?;
        (text.trim_end_matches(['\r', '\n']).to_owned(), None)
    } else {
        let mut bytes = [0; 13];
        random(&mut bytes)?;
        let made = desk::generated(bytes);
        (made.clone(), Some(made))
    };
    if let Err(fault) = desk::check_new(&chosen, name.as_str()) {
        bail!(
            "{}",
            match fault {
                desk::PasswordFault::TooShort => "give a password of at least 12 characters: a sentence is fine",
                desk::PasswordFault::TooLong => "give a password of at most 256 bytes",
                desk::PasswordFault::TooPlain => "give a password without the account's name in it",
            }
        );
    }
    let hash = desk::hash(&chosen, salt).context("the password can't be hashed")?;
    Ok((hash, made))
}

fn random(bytes: &mut [u8]) -> anyhow::Result<()> {
    getrandom::fill(bytes).context("no randomness from the system")
}

/// Opens the database, making it where there is none yet: the first account may come before the first start.
async fn open(settings: &Settings) -> anyhow::Result<Operator> {
    let clock = Arc::new(SystemClock);
    if let Ok(operator) = Operator::open(&settings.store.url, clock.clone()).await {
        return Ok(operator);
    }
    app::open_store_alone(settings).await?.close().await?;
    Ok(Operator::open(&settings.store.url, clock).await?)
}

async fn carry_out(mut operator: Operator, write: StaffWrite, made: Option<String>) -> anyhow::Result<()> {
    let report = operator.run(Command::Staff(write)).await?;
    operator.close().await?;
    ensure!(report.found, "{}", report.summary);
    println!("{}", report.summary);
    if let Some(password) = made {
        println!("Password, shown once: {password}");
    }
    Ok(())
}
