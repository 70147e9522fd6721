//! JSON read leniently: a member of an unexpected type is as good as absent, and never spoils its resource.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text, borrowed where it holds no escapes; numbers and truth values are texts too.
#[derive(Debug, Clone, Default)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl Text<'_> {
    /// Returns the text without surrounding blanks; empty where there is none.
    pub(super) fn get(&self) -> &str {
        self.0.trim_ascii()
    }

    /// Returns the text if there is one.
    pub(super) fn some(&self) -> Option<&str> {
        Some(self.get()).filter(|text| !text.is_empty())
    }
}

/// A decimal; texts that hold one count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Decimal(pub(super) Option<f64>);

/// A truth value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Truth(pub(super) bool);

/// A list; a single value counts as a list of one.
#[derive(Debug, Clone)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> List<T> {
    pub(super) fn first(&self) -> Option<&T> {
        self.0.first()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

/// Drains what is not wanted, so that the reader stays in step.
macro_rules! drained {
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    (scalars) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (unit) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
}
pub(super) use drained;

macro_rules! expecting {
    () => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("any JSON value")
        }
    };
}
pub(super) use expecting;

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;
    expecting!();
    drained!(seq);
    drained!(map);
    drained!(unit);

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(number.to_string())))
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(if truth { "true" } else { "false" })))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

struct DecimalVisitor;

impl<'de> Visitor<'de> for DecimalVisitor {
    type Value = Decimal;
    expecting!();
    drained!(seq);
    drained!(map);
    drained!(unit);

    fn visit_str<E>(self, text: &str) -> Result<Decimal, E> {
        Ok(Decimal(text.trim().parse().ok().filter(|number: &f64| number.is_finite())))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Decimal, E> {
        Ok(Decimal(Some(number)))
    }
    #[expect(clippy::cast_precision_loss, reason = "a decimal of FHIR is read as a double")]
    fn visit_u64<E>(self, number: u64) -> Result<Decimal, E> {
        Ok(Decimal(Some(number as f64)))
    }
    #[expect(clippy::cast_precision_loss, reason = "a decimal of FHIR is read as a double")]
    fn visit_i64<E>(self, number: i64) -> Result<Decimal, E> {
        Ok(Decimal(Some(number as f64)))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Decimal, E> {
        Ok(Decimal(None))
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(DecimalVisitor)
    }
}

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Text::deserialize(from).map(|text| Self(text.get() == "true"))
    }
}

struct ListVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;
    expecting!();
    drained!(scalars);
    drained!(unit);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List<T>, A::Error> {
        let one = T::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(List(vec![one]))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListVisitor(std::marker::PhantomData))
    }
}

/// Declares objects of which only the named members are read; of a member met twice the last counts.
macro_rules! objects {
    ($($(#[$doc:meta])* $Object:ident { $($member:literal $name:ident: $Type:ty,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default)]
        pub(super) struct $Object<'a> {
            $(pub(super) $name: $Type,)+
            pub(super) marker: std::marker::PhantomData<&'a str>,
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $Object<'a> {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Members<'a>(std::marker::PhantomData<&'a str>);
                impl<'de: 'a, 'a> Visitor<'de> for Members<'a> {
                    type Value = $Object<'a>;
                    expecting!();
                    drained!(seq);
                    drained!(scalars);
                    drained!(unit);

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut object = $Object::default();
                        while let Some(key) = map.next_key::<Text<'de>>()? {
                            match key.0.as_ref() {
                                $($member => object.$name = map.next_value()?,)+
                                _ => { map.next_value::<IgnoredAny>()?; }
                            }
                        }
                        Ok(object)
                    }
                }
                from.deserialize_any(Members(std::marker::PhantomData))
            }
        }
    )+};
}
pub(super) use objects;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    objects! {
        /// A test object.
        Thing { "a" a: Text<'a>, "n" n: Decimal, "list" list: List<Text<'a>>, "deep" deep: List<Thing<'a>>, }
    }

    #[test]
    fn a_member_of_the_wrong_type_spoils_nothing() {
        let json = r#"{"a":{"x":[1]},"n":"2.5","list":"no","deep":{"a":7,"n":[],"list":["x",{"y":1},true]},"z":null}"#;
        let thing: Thing<'_> = serde_json::from_str(json).unwrap();
        assert_eq!((thing.a.get(), thing.n.0, thing.list.0.len()), ("", Some(2.5), 0));
        let deep = thing.deep.first().unwrap();
        assert_eq!((deep.a.get(), deep.n.0), ("7", None));
        assert_eq!(deep.list.iter().map(Text::get).collect::<Vec<_>>(), ["x", "", "true"]);
        assert!(serde_json::from_str::<Thing<'_>>("[]").is_ok());
        assert!(serde_json::from_str::<Thing<'_>>("{").is_err());
    }
}
