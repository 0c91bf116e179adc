//! Reading of fields that authors' and servers' software writes as it likes.
//!
//! Owns the `deserialize_with` functions of the networks' record types. Does not own the types.
//! Invariant: a field of the wrong type is as if it were absent; it never spoils the record it stands in.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How the fields of a record are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Each is known to be of its type, or the reading fails: one pass, and right for nearly every record.
    Hasty,
    /// Each is looked at by itself, so that a wrong one is left out.
    Patient,
}

thread_local! {
    /// What the reading under way on this thread is; `None` where a whole record has not begun. Derived readers have
    /// no room for an argument.
    static MODE: Cell<Option<Mode>> = const { Cell::new(None) };
}

/// Longer lists are read patiently, which knows their bounds.
const HASTY_LIST_MAX: usize = INNER_LIST_MAX;

fn is_hasty() -> bool {
    MODE.get() == Some(Mode::Hasty)
}

/// A string, borrowed where it has no escapes; empty for anything else.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    deserializer.deserialize_any(TextVisitor)
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Cow::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Cow::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Cow::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Cow::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cow::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cow::default())
    }
}

/// A value of the wanted type; `None` for anything else.
pub fn value<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    if is_hasty() {
        return Option::deserialize(deserializer);
    }
    Ok(read(<&RawValue>::deserialize(deserializer)?))
}

/// Elements of a list that are looked at. A list is as long as its author likes, and a short element takes many times
/// its size in memory: what is beyond the bound is passed over (H2).
const LIST_MAX: usize = 1_024;
/// The same for a list inside the elements of a list.
const INNER_LIST_MAX: usize = 16;

/// The elements of the wanted type among the first of a list, in order; a single such value stands for a list of one.
pub fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    bounded_list::<D, T, LIST_MAX>(deserializer)
}

/// [`list`], for a list that stands in another.
pub fn inner_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    bounded_list::<D, T, INNER_LIST_MAX>(deserializer)
}

fn bounded_list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    if is_hasty() {
        return deserializer.deserialize_seq(ShortList(PhantomData));
    }
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(match serde_json::from_str::<First<'_, MAX>>(raw.get()) {
        Ok(First(items)) => items.into_iter().filter_map(read).collect(),
        Err(_not_a_list) => read(raw).into_iter().collect(),
    })
}

/// Reads a short list whose elements are all of the wanted type.
struct ShortList<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShortList<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a short list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == HASTY_LIST_MAX {
                return Err(serde::de::Error::custom("a long list"));
            }
            list.push(item);
        }
        Ok(list)
    }
}

/// The first `MAX` elements of a list, unread; those beyond are passed over.
pub struct First<'a, const MAX: usize>(pub Vec<&'a RawValue>);

impl<'de: 'a, 'a, const MAX: usize> Deserialize<'de> for First<'a, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FirstVisitor<const MAX: usize>;

        impl<'de, const MAX: usize> Visitor<'de> for FirstVisitor<MAX> {
            type Value = First<'de, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut first = Vec::new();
                while first.len() < MAX {
                    match items.next_element()? {
                        Some(item) => first.push(item),
                        None => return Ok(First(first)),
                    }
                }
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }

        deserializer.deserialize_seq(FirstVisitor::<MAX>)
    }
}

/// A number, written as one or as a string of one; `None` for anything else and for what is not finite.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    let number = match serde_json::from_str::<Cow<'_, str>>(raw) {
        Ok(text) => text.trim().parse::<f64>(),
        Err(_not_a_string) => raw.parse::<f64>(),
    };
    Ok(number.ok().filter(|number| number.is_finite()))
}

/// Reads `T` from a piece of JSON whose syntax was checked already: hastily, and again patiently where that fails.
/// What a hasty reading gives, a patient one would give too.
pub fn read<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Option<T> {
    let read_as = |mode| {
        let before = MODE.replace(Some(mode));
        let value = serde_json::from_str(raw.get()).ok();
        MODE.set(before);
        value
    };
    match MODE.get() {
        // A part of a record is read as the record is, so that nothing is read more than twice.
        Some(mode) => read_as(mode),
        None => read_as(Mode::Hasty).or_else(|| read_as(Mode::Patient)),
    }
}

/// Reads a struct from an object. (Derived readers would take an array of its fields in order, too.)
pub fn object<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Option<T> {
    raw.get().starts_with('{').then(|| read(raw)).flatten()
}

/// What a reading gives that looks at every field by itself. A hasty one may not give anything else.
#[cfg(test)]
pub fn patiently<'de, T: Deserialize<'de>>(json: &'de str) -> Option<T> {
    let before = MODE.replace(Some(Mode::Patient));
    let value = serde_json::from_str(json).ok();
    MODE.set(before);
    value
}
