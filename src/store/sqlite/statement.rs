//! A statement that knows how many values it takes.
//!
//! Owns the binding of values. Does not own any statement (`statements`).
//! Invariant: a call with too few values does not compile. SQLite would take a missing value for NULL, silently.

use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqliteRow};

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// SQL with the parameters `$1` to `$N`. That the text has exactly these is checked by a test over all statements.
#[derive(Clone, Copy, Debug)]
pub struct Statement<const N: usize>(pub &'static str);

impl<const N: usize> Statement<N> {
    fn query(&self, values: [Value; N]) -> Query<'static, Sqlite, SqliteArguments> {
        values.into_iter().fold(sqlx::query(self.0), |query, value| match value {
            Value::Null => query.bind(None::<i64>),
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Blob(value) => query.bind(value),
        })
    }

    pub async fn all(&self, connection: &mut SqliteConnection, values: [Value; N]) -> sqlx::Result<Vec<SqliteRow>> {
        self.query(values).fetch_all(connection).await
    }

    pub async fn first(
        &self,
        connection: &mut SqliteConnection,
        values: [Value; N],
    ) -> sqlx::Result<Option<SqliteRow>> {
        self.query(values).fetch_optional(connection).await
    }

    /// The number of rows changed.
    pub async fn run(&self, connection: &mut SqliteConnection, values: [Value; N]) -> sqlx::Result<u64> {
        self.query(values).execute(connection).await.map(|done| done.rows_affected())
    }
}

/// A list of named statements, with `all()` for the test that prepares each.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident: $n:literal = $sql:expr;)*) => {
        $($(#[$doc])* pub const $name: Statement<$n> = Statement($sql);)*

        /// Name, text and number of parameters of every statement.
        #[cfg(test)]
        pub fn all() -> Vec<(&'static str, &'static str, usize)> {
            vec![$((stringify!($name), $name.0, $n),)*]
        }
    };
}
pub(super) use statements;
