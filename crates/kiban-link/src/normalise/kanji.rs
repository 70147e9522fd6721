//! Kanji of names: variants folded by a table, lost characters as wildcards.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::text::{LOST, fold_width};

const TABLE: &str = include_str!("variants.txt");

/// Whose name it is: simplified Chinese forms are folded for foreign residents only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Residence {
    Domestic,
    Foreign,
}

#[derive(Default)]
struct Variants {
    fold: FxHashMap<char, char>,
    weak: FxHashMap<char, char>,
    foreign: FxHashMap<char, char>,
}

fn variants() -> &'static Variants {
    static VARIANTS: OnceLock<Variants> = OnceLock::new();
    VARIANTS.get_or_init(|| {
        let mut all = Variants::default();
        for line in TABLE.lines() {
            let mut words = line.split_whitespace();
            let map = match words.next() {
                Some("fold") => &mut all.fold,
                Some("weak") => &mut all.weak,
                Some("foreign") => &mut all.foreign,
                _ => continue,
            };
            let mut letters = words.filter_map(|w| w.chars().next());
            if let Some(representative) = letters.next() {
                map.extend(letters.map(|variant| (variant, representative)));
            }
        }
        all
    })
}

/// Returns a name as compared literally: width folded, selectors removed, lost characters as one wildcard, upper case.
pub(crate) fn base(text: &str) -> String {
    let kept = fold_width(text);
    kept.chars().map(|c| if is_lost(c) { LOST } else { c }).flat_map(char::to_uppercase).collect()
}

fn is_lost(c: char) -> bool {
    matches!(c, '〓' | '●' | '■' | '□' | '?' | '*' | '〼' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}')
}

/// Returns the base text with every variant replaced by its representative and `々` spelt out.
pub(crate) fn fold(base: &str, residence: Residence) -> String {
    let table = variants();
    let mut out = String::with_capacity(base.len());
    let mut last = None;
    for c in base.chars() {
        let regular = match residence {
            Residence::Foreign => table.foreign.get(&c).copied().unwrap_or(c),
            Residence::Domestic => c,
        };
        let folded = match (regular, last) {
            ('々', Some(previous)) => previous,
            _ => table.fold.get(&regular).copied().unwrap_or(regular),
        };
        out.push(folded);
        last = Some(folded);
    }
    out
}

/// Returns the folded text with confusable characters made one; equality here is weaker evidence.
pub(crate) fn weaken(folded: &str) -> String {
    let table = variants();
    folded.chars().map(|c| table.weak.get(&c).copied().unwrap_or(c)).collect()
}

/// Tells whether two folded names agree when each lost character may be any one character.
pub(crate) fn agree_with_lost(left: &str, right: &str) -> bool {
    let known = |text: &str| text.chars().filter(|c| *c != LOST).count();
    left.chars().count() == right.chars().count()
        && known(left) > 0
        && known(right) > 0
        && left.chars().zip(right.chars()).all(|(l, r)| l == r || l == LOST || r == LOST)
}

/// Tells whether the given name is a placeholder of a newborn (ベビー, 第一子, 新生児).
pub(crate) fn is_newborn_placeholder(given: &str) -> bool {
    ["ベビー", "BABY", "新生児", "男児", "女児", "ベビ"].iter().any(|word| given.contains(word))
        || (given.contains('第') && given.contains('子'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_never_folds_twice() {
        let table = variants();
        assert!(table.fold.len() > 200);
        for representative in table.fold.values() {
            assert_eq!(table.fold.get(representative), None, "{representative} is a variant itself");
        }
        for (variant, representative) in &table.foreign {
            assert_ne!(variant, representative);
        }
    }

    #[test]
    fn repetition_marks_are_spelt_out() {
        assert_eq!(fold("佐々木", Residence::Domestic), "佐佐木");
        assert_eq!(fold("々", Residence::Domestic), "々");
    }
}
