//! Where the given name begins when no gap says so: learned from the names that have one.

use rustc_hash::FxHashMap;

use crate::normalise::{Normal, Words};

/// Family names met with a gap behind them, and the readings they were met with.
#[derive(Default)]
pub(crate) struct Splitter {
    kanji: FxHashMap<String, u32>,
    kana: FxHashMap<String, u32>,
    readings: FxHashMap<String, Vec<(String, u32)>>,
}

impl Splitter {
    /// Learns from every registration whose name has a gap.
    pub(crate) fn learn(all: &[Normal]) -> Self {
        let mut learned = Self::default();
        for one in all {
            let (kanji, kana) = (one.kanji.split(), one.kana.split());
            if let (Some((family, _)), Some((reading, _))) = (&kanji, &kana) {
                let readings = learned.readings.entry(family.clone()).or_default();
                match readings.iter_mut().find(|(known, _)| known == reading) {
                    Some((_, count)) => *count += 1,
                    None => readings.push((reading.clone(), 1)),
                }
            }
            for (map, part) in [(&mut learned.kanji, kanji), (&mut learned.kana, kana)] {
                if let Some((family, _)) = part {
                    *map.entry(family).or_default() += 1;
                }
            }
        }
        learned
    }

    /// Splits a kanji name; without a known family name two characters of three or more are taken.
    pub(crate) fn kanji(&self, words: &Words) -> (String, String) {
        let Some(whole) = unsplit(words) else { return words.split().unwrap_or_default() };
        let guess = match whole.chars().count() {
            0 | 1 => 0,
            2 => 1,
            _ => 2,
        };
        cut(&whole, best_prefix(&whole, &self.kanji).unwrap_or(guess))
    }

    /// Splits a reading, first by the readings of the family name in kanji.
    pub(crate) fn kana(&self, words: &Words, family: &str) -> (String, String) {
        let Some(whole) = unsplit(words) else { return words.split().unwrap_or_default() };
        let readings = self.readings.get(family).map(Vec::as_slice).unwrap_or_default();
        let fitting = readings.iter().filter(|(reading, _)| fits(&whole, reading));
        let own = fitting.max_by_key(|(reading, count)| (*count, reading.as_str())).map(|(r, _)| r.chars().count());
        let guess = whole.chars().count().div_ceil(2);
        cut(&whole, own.or_else(|| best_prefix(&whole, &self.kana)).unwrap_or(guess))
    }
}

fn unsplit(words: &Words) -> Option<String> {
    words.split().is_none().then(|| words.whole())
}

fn fits(whole: &str, family: &str) -> bool {
    whole.len() > family.len() && whole.starts_with(family)
}

/// The length of the known family name that begins the whole: the most frequent, longer ones weighing more.
fn best_prefix(whole: &str, known: &FxHashMap<String, u32>) -> Option<usize> {
    let ends = whole.char_indices().enumerate().skip(1);
    let found = ends.filter_map(|(length, (end, _))| {
        let count = whole.get(..end).and_then(|prefix| known.get(prefix))?;
        let weight = u32::try_from(length).ok()?.saturating_mul(4);
        Some((u64::from(*count) << weight.min(24), length))
    });
    found.max().map(|(_, length)| length)
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

    fn named(kanji: &str, kana: &str) -> Normal {
        let mut one = Registration::new(PatientRef::new(1).unwrap(), "1310000017".parse().unwrap());
        (one.name_kanji, one.name_kana) = (Some(Phi::new(kanji.to_owned())), Some(Phi::new(kana.to_owned())));
        normalise(&one)
    }

    #[test]
    fn names_without_a_gap_are_split_as_others_write_them() {
        let splitter = Splitter::learn(&[named("五十嵐 好孝", "イガラシ ヨシタカ"), named("森 祐治", "モリ ユウジ")]);
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
}
