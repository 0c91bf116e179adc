//! Rows written by the hundred.
//!
//! Owns the making of `INSERT` statements of many rows, and their binding. Does not own what is inserted (`flush`).
//! Invariant: the rows go in, in their order, with as few statements as there are powers of four in their number.

use std::sync::Arc;

use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};

use crate::domain::StoreError;

/// Rows in one statement, the most first. Each is prepared once and kept.
const STEPS: [usize; 5] = [256, 64, 16, 4, 1];

/// `INSERT INTO {into} VALUES (…), … {again}`, for rows of `N` values.
pub struct Insert<const N: usize> {
    pub into: &'static str,
    /// What happens to a row that is there already.
    pub again: &'static str,
}

/// The values of a row, in the order of the columns.
pub struct Values {
    arguments: SqliteArguments,
    failed: bool,
}

impl Values {
    fn add<'t, T: sqlx::Encode<'t, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(mut self, value: T) -> Self {
        self.failed |= self.arguments.add(value).is_err();
        self
    }

    pub fn int(self, value: impl Into<Option<i64>>) -> Self {
        self.add::<Option<i64>>(value.into())
    }

    pub fn flag(self, value: impl Into<Option<bool>>) -> Self {
        self.int(value.into().map(i64::from))
    }

    pub fn real(self, value: Option<f64>) -> Self {
        self.add(value)
    }

    pub fn text<'t>(self, value: impl Into<Option<&'t str>>) -> Self {
        match value.into() {
            Some(text) => self.add(Arc::<str>::from(text)),
            None => self.int(None),
        }
    }

    /// JSON that was made for this row.
    pub fn json(self, value: String) -> Self {
        self.add(value)
    }
}

impl<const N: usize> Insert<N> {
    fn sql(&self, rows: usize) -> String {
        let row = format!("({})", ["?"; N].join(","));
        format!("INSERT INTO {} VALUES {} {}", self.into, vec![row.as_str(); rows].join(","), self.again)
    }

    /// Inserts the items. While the database works on some of them, the next are made ready.
    pub async fn run<T>(
        &self,
        connection: &mut SqliteConnection,
        items: &[T],
        row: impl Fn(Values, &T) -> Values,
    ) -> Result<(), StoreError> {
        let made = |items: &[T]| -> Result<SqliteArguments, StoreError> {
            let mut arguments = SqliteArguments::default();
            arguments.reserve(items.len() * N, 0);
            let empty = Values { arguments, failed: false };
            let Values { arguments, failed } = items.iter().fold(empty, &row);
            // SQLite would take missing values for NULL, silently.
            let complete = !failed && arguments.len() == items.len() * N;
            complete.then_some(arguments).ok_or_else(|| StoreError::Fatal("a row can't be bound".into()))
        };
        let mut ready: Option<(String, SqliteArguments)> = None;
        let mut rest = items;
        for step in STEPS {
            let sql = if rest.len() >= step { self.sql(step) } else { continue };
            while let Some((now, later)) = rest.split_at_checked(step) {
                rest = later;
                let next = async { made(now) };
                let next = match ready.take() {
                    Some((sql, arguments)) => {
                        let (done, next) = tokio::join!(execute(connection, sql, arguments), next);
                        done?;
                        next?
                    }
                    None => next.await?,
                };
                ready = Some((sql.clone(), next));
            }
        }
        match ready {
            Some((sql, arguments)) => execute(connection, sql, arguments).await,
            None => Ok(()),
        }
    }
}

async fn execute(connection: &mut SqliteConnection, sql: String, arguments: SqliteArguments) -> Result<(), StoreError> {
    // Made of constants alone: no value is in the text.
    sqlx::query_with(AssertSqlSafe(sql), arguments).execute(connection).await?;
    Ok(())
}
