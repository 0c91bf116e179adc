//! Rows written by the hundred.
//!
//! Owns the making of `INSERT` statements of many rows, and their binding. Does not own what is inserted (`flush`).
//! Invariant: the rows go in, whole and in their order, with as few statements as their number has powers of four.

use std::sync::Arc;

use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};

use crate::domain::StoreError;

/// Rows in one statement, the fewest first: the database begins while most rows are still to be made ready. Each is
/// prepared once and kept.
const STEPS: [usize; 5] = [1, 4, 16, 64, 256];

/// `INSERT INTO {into} VALUES (…), … {again}`, for rows of `N` values.
pub struct Insert<const N: usize> {
    pub into: &'static str,
    /// What happens to a row that is there already.
    pub again: &'static str,
}

impl<const N: usize> Insert<N> {
    fn sql(&self, rows: usize) -> String {
        let row = format!("({})", ["?"; N].join(","));
        format!("INSERT INTO {} VALUES {} {}", self.into, vec![row.as_str(); rows].join(","), self.again)
    }
}

/// The values of a row, in the order of the columns.
pub struct Values {
    arguments: SqliteArguments,
    /// By column, the text that the last row had there. Many are the same in row after row: those are shared, not copied.
    last: Vec<Arc<str>>,
    failed: bool,
}

impl Values {
    fn of(rows: usize, columns: usize) -> Self {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(rows * columns, 0);
        Self { arguments, last: vec![Arc::default(); columns], failed: false }
    }

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

    pub fn text<'t>(mut self, value: impl Into<Option<&'t str>>) -> Self {
        let Some(text) = value.into() else { return self.int(None) };
        let column = self.arguments.len() % self.last.len().max(1);
        let shared = match self.last.get_mut(column) {
            Some(last) => {
                if **last != *text {
                    *last = text.into();
                }
                Arc::clone(last)
            }
            None => text.into(),
        };
        self.add(shared)
    }

    /// A list, by what makes its JSON.
    pub fn list<T>(self, items: &[T], form: impl FnOnce(&[T]) -> String) -> Self {
        if items.is_empty() { self.text("[]") } else { self.text(form(items).as_str()) }
    }
}

/// Statements under way on a connection. While the database works on one, the next is made ready, be it for the same
/// table or for another.
pub struct Inserts<'c> {
    connection: &'c mut SqliteConnection,
    ready: Option<(String, SqliteArguments)>,
}

impl<'c> Inserts<'c> {
    pub fn on(connection: &'c mut SqliteConnection) -> Self {
        Self { connection, ready: None }
    }

    /// Inserts the items after those of earlier calls. The last of them are written by the next call.
    pub async fn add<const N: usize, T>(
        &mut self,
        insert: &Insert<N>,
        items: &[T],
        row: impl Fn(Values, &T) -> Values,
    ) -> Result<(), StoreError> {
        let mut rest = items;
        for (index, step) in STEPS.into_iter().enumerate() {
            // What is left over of the larger steps goes first.
            let larger = STEPS.get(index + 1).copied().unwrap_or(usize::MAX);
            let sql = if rest.len() % larger >= step { insert.sql(step) } else { continue };
            while rest.len() % larger >= step {
                let Some((now, later)) = rest.split_at_checked(step) else { break };
                rest = later;
                let next = async { values::<N, T>(now, &row) };
                let (done, next) = tokio::join!(execute(self.connection, self.ready.take()), next);
                done?;
                self.ready = Some((sql.clone(), next?));
            }
        }
        Ok(())
    }

    pub async fn finish(mut self) -> Result<(), StoreError> {
        execute(self.connection, self.ready.take()).await
    }
}

fn values<const N: usize, T>(items: &[T], row: impl Fn(Values, &T) -> Values) -> Result<SqliteArguments, StoreError> {
    let Values { arguments, failed, .. } = items.iter().fold(Values::of(items.len(), N), row);
    // SQLite would take missing values for NULL, silently.
    let complete = !failed && arguments.len() == items.len() * N;
    complete.then_some(arguments).ok_or_else(|| StoreError::Fatal("a row can't be bound".into()))
}

async fn execute(
    connection: &mut SqliteConnection,
    ready: Option<(String, SqliteArguments)>,
) -> Result<(), StoreError> {
    if let Some((sql, arguments)) = ready {
        // Made of constants alone: no value is in the text.
        sqlx::query_with(AssertSqlSafe(sql), arguments).execute(connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Row};

    use super::*;

    #[tokio::test]
    async fn rows_go_in_whole_and_in_their_order() {
        const TABLE: Insert<3> = Insert { into: "t (n, word, list)", again: "" };
        let word = |n: i64| ["", "a", "b", "b"].get(n as usize % 5).copied();
        for counts in [&[0_usize][..], &[1], &[3, 0, 1], &[340], &[257, 5, 64], &[1_023, 2]] {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            sqlx::query("CREATE TABLE t (n, word, list)").execute(&mut connection).await.unwrap();
            let mut inserts = Inserts::on(&mut connection);
            let mut numbers = 0_i64..;
            for count in counts {
                let items: Vec<i64> = numbers.by_ref().take(*count).collect();
                let list = |items: &[i64]| format!("{items:?}");
                let row = |values: Values, n: &i64| {
                    values.int(*n).text(word(*n)).list(&[*n][..usize::from(*n % 3 > 0)], list)
                };
                inserts.add(&TABLE, &items, row).await.unwrap();
            }
            inserts.finish().await.unwrap();
            let rows = sqlx::query("SELECT * FROM t ORDER BY rowid").fetch_all(&mut connection).await.unwrap();
            assert_eq!(rows.len(), counts.iter().sum::<usize>());
            for (n, row) in (0_i64..).zip(&rows) {
                let list = if n % 3 > 0 { format!("[{n}]") } else { "[]".into() };
                assert_eq!((row.get(0), row.get(1), row.get(2)), (n, word(n), list));
            }
        }
    }
}
