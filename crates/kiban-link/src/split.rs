//! Where the given name begins when no gap says so: learned from the names that have one.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::normalise::{Normal, Words};

/// Family names met with a gap behind them, and the readings they were met with.
#[derive(Default)]
pub(crate) struct Splitter {
    kanji: FxHashMap<String, u32>,
    kana: FxHashMap<String, u32>,
    /// Given names, in whatever script.
    given: FxHashSet<String>,
    readings: FxHashMap<String, Vec<(String, u32)>>,
}

impl Splitter {
    /// Learns from a registration whose name has a gap.
    pub(crate) fn learn(&mut self, one: &Normal) {
        let (kanji, kana) = (one.kanji.split(), one.kana.split());
        if let (Some((family, _)), Some((reading, _))) = (&kanji, &kana) {
            let readings = self.readings.entry(family.clone()).or_default();
            match readings.iter_mut().find(|(known, _)| known == reading) {
                Some((_, count)) => *count += 1,
                None => readings.push((reading.clone(), 1)),
            }
        }
        for (map, part) in [(&mut self.kanji, kanji), (&mut self.kana, kana)] {
            if let Some((family, given)) = part {
                *map.entry(family).or_default() += 1;
                self.given.insert(given);
            }
        }
    }

    /// Splits a name in kanji and its reading; a gap in one of them tells where the other is parted.
    pub(crate) fn both(&self, kanji: &Words, kana: &Words) -> ((String, String), (String, String)) {
        let by_reading = match (unsplit(kanji), kana.split()) {
            (Some(whole), Some((family, _))) => self.read_as(&whole, &family).map(|length| cut(&whole, length)),
            _ => None,
        };
        let name = by_reading.unwrap_or_else(|| self.kanji(kanji));
        let reading = self.kana(kana, &name.0);
        (name, reading)
    }

    /// The length of the beginning of a kanji name that is known to be read so.
    fn read_as(&self, whole: &str, reading: &str) -> Option<usize> {
        let ends = whole.char_indices().enumerate().skip(1);
        let known = |end: usize| self.readings.get(whole.get(..end)?)?.iter().find(|(known, _)| known == reading);
        ends.filter_map(|(length, (end, _))| known(end).map(|(_, count)| (*count, length))).max().map(|(_, l)| l)
    }

    /// Splits a kanji name; without a known family name two characters of three or more are taken.
    pub(crate) fn kanji(&self, words: &Words) -> (String, String) {
        let Some(whole) = unsplit(words) else { return words.split().unwrap_or_default() };
        let guess = match whole.chars().count() {
            0 | 1 => 0,
            2 => 1,
            _ => 2,
        };
        cut(&whole, self.best_prefix(&whole, &self.kanji).unwrap_or(guess))
    }

    /// Splits a reading, first by the readings of the family name in kanji.
    pub(crate) fn kana(&self, words: &Words, family: &str) -> (String, String) {
        let Some(whole) = unsplit(words) else { return words.split().unwrap_or_default() };
        let readings = self.readings.get(family).map(Vec::as_slice).unwrap_or_default();
        let fitting = readings.iter().filter(|(reading, _)| fits(&whole, reading));
        let own = fitting.max_by_key(|(reading, count)| (*count, reading.as_str())).map(|(r, _)| r.chars().count());
        let guess = whole.chars().count().div_ceil(2);
        cut(&whole, own.or_else(|| self.best_prefix(&whole, &self.kana)).unwrap_or(guess))
    }

    /// The length of the known family name that begins the whole: the most frequent, longer ones weighing more, and more
    /// yet where a known given name follows.
    fn best_prefix(&self, whole: &str, known: &FxHashMap<String, u32>) -> Option<usize> {
        let ends = whole.char_indices().enumerate().skip(1);
        let found = ends.filter_map(|(length, (end, _))| {
            let (family, given) = whole.split_at_checked(end)?;
            let count = known.get(family)?;
            let weight = u32::try_from(length).ok()?.saturating_mul(4).min(24);
            let fitting = if self.given.contains(given) { 6 } else { 0 };
            Some((u64::from(*count) << (weight + fitting), length))
        });
        found.max().map(|(_, length)| length)
    }
}

fn unsplit(words: &Words) -> Option<String> {
    words.split().is_none().then(|| words.whole())
}

fn fits(whole: &str, family: &str) -> bool {
    whole.len() > family.len() && whole.starts_with(family)
}

fn cut(whole: &str, length: usize) -> (String, String) {
    let end = whole.char_indices().nth(length).map_or(whole.len(), |(end, _)| end);
    let (family, given) = whole.split_at_checked(end).unwrap_or((whole, ""));
    (family.to_owned(), given.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Registration, normalise::normalise};
    use kiban_core::{PatientRef, Phi};
    use proptest::prelude::*;

    fn taught(all: &[Normal]) -> Splitter {
        let mut splitter = Splitter::default();
        all.iter().for_each(|one| splitter.learn(one));
        splitter
    }

    fn named(kanji: &str, kana: &str) -> Normal {
        let mut one = Registration::new(PatientRef::new(1).unwrap(), "1310000017");
        (one.name_kanji, one.name_kana) = (Some(Phi::new(kanji.to_owned())), Some(Phi::new(kana.to_owned())));
        normalise(&one)
    }

    #[test]
    fn names_without_a_gap_are_split_as_others_write_them() {
        let mut splitter = Splitter::default();
        splitter.learn(&named("五十嵐 好孝", "イガラシ ヨシタカ"));
        splitter.learn(&named("森 祐治", "モリ ユウジ"));
        let check = |kanji: &str, kana: &str, expect: (&str, &str)| {
            let one = named(kanji, kana);
            let (family, _) = splitter.kanji(&one.kanji);
            let (reading, _) = splitter.kana(&one.kana, &family);
            assert_eq!((family.as_str(), reading.as_str()), expect);
        };
        check("五十嵐実", "イガラシミノル", ("五十嵐", "イガラシ"));
        check("森蘭丸", "モリランマル", ("森", "モリ"));
        check("田中実", "タナカミノル", ("田中", "タナカ"));
        check("", "", ("", ""));
    }

    #[test]
    fn a_known_given_name_tells_a_short_family_name_from_a_long_one() {
        let learned = [
            named("東 海斗", "アズマ カイト"),
            named("東 海斗", "アズマ カイト"),
            named("東海 太郎", "トウカイ タロウ"),
        ];
        let splitter = taught(&learned);
        assert_eq!(splitter.kanji(&named("東海斗", "アズマカイト").kanji).0, "東");
        assert_eq!(splitter.kanji(&named("東海太郎", "トウカイタロウ").kanji).0, "東海");
    }

    #[test]
    fn a_gap_in_the_reading_parts_the_kanji() {
        let splitter = taught(&[named("森 祐治", "モリ ユウジ"), named("森川 実", "モリカワ ミノル")]);
        let one = named("森川蘭", "モリ センラン");
        let ((family, given), (reading, _)) = splitter.both(&one.kanji, &one.kana);
        assert_eq!((family.as_str(), given.as_str(), reading.as_str()), ("森", "川蘭", "モリ"));
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_wherever_a_name_is_cut(kanji in "[一-龥]{0,6}", kana in "[ア-ワ]{0,10}") {
            let splitter = taught(&[named("森 祐治", "モリ ユウジ")]);
            let one = named(&kanji, &kana);
            let ((family, given), (reading, rest)) = splitter.both(&one.kanji, &one.kana);
            prop_assert_eq!(family + &given, one.kanji.whole());
            prop_assert_eq!(reading + &rest, one.kana.whole());
        }
    }
}
