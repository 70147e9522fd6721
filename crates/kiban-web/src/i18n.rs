//! Which language to speak, and the texts in it: Fluent sources compiled in, a message for every id in both languages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use fluent_bundle::{FluentArgs, FluentError, FluentResource, concurrent::FluentBundle};
use unic_langid::{LanguageIdentifier, langid};

use crate::Error;

/// A language the house speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// 日本語, first on every page.
    Ja,
    /// English.
    En,
}

impl Lang {
    /// Every language, Japanese first.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// Chooses the language: what was asked for with `--lang`, else the first of `LC_ALL`, `LC_MESSAGES` and `LANG`
    /// that is set; English where that is neither Japanese nor English.
    ///
    /// ```
    /// use kiban_web::Lang;
    /// let env = |name: &str| (name == "LANG").then(|| "ja_JP.UTF-8".to_owned());
    /// assert_eq!(Lang::choose(None, env), Lang::Ja);
    /// assert_eq!(Lang::choose(Some("en"), env), Lang::En);
    /// assert_eq!(Lang::choose(None, |_| None), Lang::En);
    /// ```
    pub fn choose(asked: Option<&str>, env: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &&str| env(name).filter(|value| !value.is_empty());
        let value = asked.map(str::to_owned).or_else(|| ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set));
        let language = value.as_deref().unwrap_or_default().split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ja") { Self::Ja } else { Self::En }
    }

    /// Returns the language tag, as in `lang` attributes.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// Returns the language that stands beside this one on a page.
    pub const fn other(self) -> Self {
        match self {
            Self::Ja => Self::En,
            Self::En => Self::Ja,
        }
    }

    const fn id(self) -> LanguageIdentifier {
        match self {
            Self::Ja => langid!("ja"),
            Self::En => langid!("en"),
        }
    }

    /// Returns the sources compiled into this crate.
    pub(crate) const fn sources(self) -> [&'static str; 3] {
        match self {
            Self::Ja => [
                include_str!("../locales/ja/report.ftl"),
                include_str!("../locales/ja/linkage.ftl"),
                include_str!("../locales/ja/eligibility.ftl"),
            ],
            Self::En => [
                include_str!("../locales/en/report.ftl"),
                include_str!("../locales/en/linkage.ftl"),
                include_str!("../locales/en/eligibility.ftl"),
            ],
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The texts of one language.
pub struct Texts {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// Reads the texts compiled into this crate.
    ///
    /// # Errors
    /// A source with a mistake in it, which the tests of this crate rule out.
    pub fn new(lang: Lang) -> Result<Self, Error> {
        let mut bundle = FluentBundle::new_concurrent(vec![lang.id()]);
        bundle.set_use_isolating(false);
        let mut texts = Self { lang, bundle };
        for source in lang.sources() {
            texts.add(source)?;
        }
        Ok(texts)
    }

    /// Adds a Fluent source of the caller's own, such as the binary's messages.
    ///
    /// # Errors
    /// A source with a mistake in it, or with a message that is already there.
    pub fn add(&mut self, source: &str) -> Result<(), Error> {
        let lang = self.lang;
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| Error::Source {
            lang,
            reason: errors.first().map(ToString::to_string).unwrap_or_default(),
        })?;
        self.bundle.add_resource(resource).map_err(|errors| match errors.into_iter().next() {
            Some(FluentError::Overriding { id, .. }) => Error::Twice { lang, id },
            other => Error::Source { lang, reason: other.map(|e| e.to_string()).unwrap_or_default() },
        })
    }

    /// Returns the language.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// Says whether there is such a message.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// Returns the message with its variables filled in, or the id itself where there is no such message.
    pub fn get(&self, id: &str, args: &[(&str, &str)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, *value)).collect();
        self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }
}

/// Returns the messages a Fluent source declares, each with its variables, so that a test can compare languages.
///
/// It reads the plain style of this house: a message begins at the start of a line, and has no attributes.
pub fn declared(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut messages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut current = "";
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((id, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            current = id;
            messages.entry(id).or_default();
        }
        for rest in line.split('$').skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            messages.entry(current).or_default().extend(rest.get(..end));
        }
    }
    messages
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn check(vars: &[(&str, &str)], expect: Lang) {
        let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        assert_eq!(Lang::choose(None, env), expect, "{vars:?}");
    }

    #[test]
    fn language_follows_the_environment() {
        check(&[], Lang::En);
        check(&[("LANG", "ja_JP.UTF-8")], Lang::Ja);
        check(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "")], Lang::Ja);
        check(&[("LANG", "ja_JP.UTF-8"), ("LC_MESSAGES", "en_GB.UTF-8")], Lang::En);
        check(&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "ja")], Lang::Ja);
        check(&[("LANG", "C")], Lang::En);
        check(&[("LANG", "jam_JM")], Lang::En);
        check(&[("LANG", "de_DE@euro")], Lang::En);
    }

    #[test]
    fn variables_are_filled_in_as_they_are() {
        let mut texts = Texts::new(Lang::Ja).unwrap();
        texts.add("mine = 全{$n}件\n").unwrap();
        assert_eq!(texts.get("mine", &[("n", "1,234")]), "全1,234件");
        assert!(texts.has("mine") && !texts.has("yours"));
    }

    #[test]
    fn a_message_may_not_stand_twice() {
        let mut texts = Texts::new(Lang::En).unwrap();
        assert!(matches!(texts.add("stage-gate = Gate\n"), Err(Error::Twice { id, .. }) if id == "stage-gate"));
        assert!(matches!(texts.add("mine = {\n"), Err(Error::Source { .. })));
    }

    #[test]
    fn declared_sees_ids_and_variables() {
        let seen = declared("# $no\na-b = {$x} of { $y_z }\n    and {$w}\nc = plain\n");
        assert_eq!(seen["a-b"], BTreeSet::from(["x", "y_z", "w"]));
        assert!(seen["c"].is_empty());
        assert_eq!(seen.len(), 2);
    }
}
