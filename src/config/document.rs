use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Settings;

/// The commented default configuration, written from the types' own documentation: `config/parvis.toml` is this text,
/// and a test compares them.
pub fn document<S>(example: &Settings<S>) -> String
where
    S: Serialize + JsonSchema + Default,
{
    let schema = schemars::schema_for!(Settings<S>).to_value();
    let values = serde_json::to_value(example).unwrap_or_default();
    let mut out = String::from(
        "# The configuration of Parvis. Written by `parvis config doc`; every key is shown with its default.\n\
         # A variable PARVIS__SECTION__KEY overrides a key. Paths are relative to this file. Cities: see cities/*.toml.\n",
    );
    let definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    write_table(&mut out, "", &schema, &values, &definitions);
    out
}

fn write_table(out: &mut String, path: &str, schema: &Value, values: &Value, definitions: &Map<String, Value>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let (mut tables, mut lists) = (Vec::new(), Vec::new());
    for (name, property) in properties {
        let resolved = resolve(property, definitions);
        let value = values.get(name).unwrap_or(&Value::Null);
        if resolved.get("properties").is_some() {
            tables.push((name, property, resolved, value));
            continue;
        }
        let item = resolved.get("items").map(|item| resolve(item, definitions));
        if let Some(item) = item.filter(|item| item.get("properties").is_some()) {
            lists.push((name, item));
            continue;
        }
        comment(out, property.get("description").or_else(|| resolved.get("description")));
        match value {
            // A key without a default is shown commented out.
            Value::Null => out.push_str(&format!("# {name} =\n")),
            value => out.push_str(&format!("{name} = {}\n", literal(value))),
        }
    }
    for (name, property, resolved, value) in tables {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if value.is_null() {
            continue;
        }
        let has_keys = resolved
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|keys| keys.values().any(|key| is_key(resolve(key, definitions))));
        out.push('\n');
        comment(out, property.get("description").or_else(|| resolved.get("description")));
        if has_keys {
            out.push_str(&format!("[{path}]\n"));
        }
        write_table(out, &path, resolved, value, definitions);
    }
    for (name, item) in lists {
        write_list(out, &format!("{path}.{name}"), item);
    }
}

/// A table of which there may be several, commented out: there is none unless somebody lists it.
fn write_list(out: &mut String, path: &str, item: &Value) {
    out.push('\n');
    comment(out, item.get("description"));
    out.push_str(&format!("# [[{path}]]\n"));
    for (name, property) in item.get("properties").and_then(Value::as_object).into_iter().flatten() {
        comment(out, property.get("description"));
        let default = property.get("default").map(|value| format!(" {}", literal(value))).unwrap_or_default();
        out.push_str(&format!("# {name} ={default}\n"));
    }
}

/// Neither a table nor a list of tables.
fn is_key(schema: &Value) -> bool {
    let is_list = schema.get("items").is_some_and(|item| item.get("$ref").is_some());
    schema.get("properties").is_none() && !is_list
}

/// Follows a reference, also inside the `anyOf` that stands for an optional section.
fn resolve<'a>(schema: &'a Value, definitions: &'a Map<String, Value>) -> &'a Value {
    let by_name = |value: &Value| {
        let name = value.get("$ref").and_then(Value::as_str)?.rsplit('/').next()?;
        definitions.get(name)
    };
    by_name(schema)
        .or_else(|| schema.get("anyOf").and_then(Value::as_array)?.iter().find_map(by_name))
        .unwrap_or(schema)
}

fn comment(out: &mut String, description: Option<&Value>) {
    for line in description.and_then(Value::as_str).unwrap_or_default().lines() {
        out.push_str(format!("# {line}").trim_end());
        out.push('\n');
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
