//! Tables as files.
//!
//! Owns the two forms, CSV and JSON, and where they lie: beside the page that shows the table. Does not own what is in a table:
//! whoever shows it gives it.
//! Invariant: both forms are of the same rows, in the same order.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use crate::domain::City;

/// A cell of a file. In a CSV what is not known is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Text(String),
    Number(u64),
    Unknown,
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Field {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<u64>> for Field {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Unknown, Self::Number)
    }
}

/// A table, each of whose rows has a cell for each column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet<const N: usize> {
    pub columns: [&'static str; N],
    pub rows: Vec<[Field; N]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Csv,
    Json,
}

impl<const N: usize> Sheet<N> {
    pub fn csv(&self) -> String {
        let mut text = self.columns.join(",");
        text.push_str("\r\n");
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(cell).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    pub fn json(&self, city: &City, name: &str) -> String {
        let value = |field: &Field| match field {
            Field::Text(text) => json!(text),
            Field::Number(number) => json!(number),
            Field::Unknown => Value::Null,
        };
        let row = |row: &[Field; N]| -> Map<String, Value> {
            self.columns.iter().map(|column| (*column).to_owned()).zip(row.iter().map(value)).collect()
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        let mut text = serde_json::to_string_pretty(&json!({ "city": city.id.as_str(), "table": name, "rows": rows }))
            .unwrap_or_default();
        text.push('\n');
        text
    }
}

/// A file of a table: `parvis-nantes-2027-01-13.csv`.
pub fn file<const N: usize>(city: &City, name: &str, form: Form, sheet: &Sheet<N>) -> HttpResponse {
    let (kind, ending, body) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv", sheet.csv()),
        Form::Json => ("application/json", "json", sheet.json(city, name)),
    };
    let file = format!("attachment; filename=\"parvis-{}-{name}.{ending}\"", city.id.as_str());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, file))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

impl Form {
    /// By the ending of the address that is asked for.
    pub fn of(request: &HttpRequest) -> Self {
        if request.path().ends_with(".json") { Self::Json } else { Self::Csv }
    }
}

/// The files of the table on a page: what each is, and its address.
pub type Files = [(&'static str, String); 2];

/// `query`: what the page was asked, from its `?` on; else empty.
pub fn files(page: &str, query: &str) -> Files {
    ["csv", "json"].map(|ending| (ending, format!("{page}.{ending}{query}")))
}

/// A value that a program for tables would take for a formula is a word here (H3): an apostrophe stands before it, and before one
/// that begins with an apostrophe, so that no two values are written alike.
fn cell(field: &Field) -> String {
    let text = match field {
        Field::Text(text) => text,
        Field::Number(number) => return number.to_string(),
        Field::Unknown => return String::new(),
    };
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    let guarded = if is_formula { format!("'{text}") } else { text.clone() };
    if is_formula || guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h3_a_cell_is_a_word_to_every_program_for_tables() {
        for (value, written) in [
            ("nantes", "nantes"),
            ("Île, de \"Nantes\"", "\"Île, de \"\"Nantes\"\"\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("-1+1", "\"'-1+1\""),
            ("@sum", "\"'@sum\""),
            ("'=a", "\"''=a\""),
            ("a\r\nb", "\"a\r\nb\""),
        ] {
            assert_eq!(cell(&value.into()), written);
        }
    }

    #[test]
    fn both_forms_are_of_the_same_rows() {
        let rows = vec![["=a".into(), 3_u64.into()], ["b, c".into(), None.into()]];
        let sheet = Sheet { columns: ["value", "posts"], rows };
        assert_eq!(sheet.csv(), "value,posts\r\n\"'=a\",3\r\n\"b, c\",\r\n");
        let json: Value = serde_json::from_str(&sheet.json(&crate::http::tests::city("nantes"), "x")).unwrap();
        let rows = json!([{ "value": "=a", "posts": 3 }, { "value": "b, c", "posts": null }]);
        assert_eq!(json, json!({ "city": "nantes", "table": "x", "rows": rows }));
    }
}
