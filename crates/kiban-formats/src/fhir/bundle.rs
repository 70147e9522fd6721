//! Bundles: the entries, each resource left as raw JSON so that it keeps its byte offset.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{Text, drained, expecting, objects};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A Bundle of any type.
#[derive(Debug, Deserialize)]
pub(super) struct Bundle<'a> {
    #[serde(borrow, default, rename = "entry")]
    pub(super) entries: Vec<Entry<'a>>,
}

/// An entry.
#[derive(Debug, Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow, default, rename = "fullUrl")]
    pub(super) full_url: Text<'a>,
    #[serde(borrow)]
    pub(super) resource: Option<&'a RawValue>,
}

objects! {
    /// Only the type of a resource.
    Typed { "resourceType" kind: Text<'a>, }
}

impl Bundle<'_> {
    /// Returns whether a JSON text is a Bundle.
    pub(super) fn is_one(json: &str) -> bool {
        let named = || serde_json::from_str::<Typed<'_>>(json).is_ok_and(|typed| typed.kind.get() == "Bundle");
        memchr::memmem::find(json.as_bytes(), b"\"Bundle\"").is_some() && named()
    }
}
