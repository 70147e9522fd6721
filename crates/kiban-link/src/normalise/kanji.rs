//! Kanji of names: variants folded by tables, candidate sets where one form may be several, lost characters as
//! wildcards. The name as written is never replaced: everything here is a key beside it.
//!
//! Three tables stand behind it. `variants.txt` is chosen by hand for names. `mj_shrink.txt` is made from the MJ縮退
//! マップ of the 文字情報技術促進協議会 (CC BY-SA 2.1 JP), `seiji.txt` from the 正字 table of the 出入国在留管理庁;
//! `cargo xtask kanji` writes both anew. See the crate's NOTICE.

use std::{iter::once, sync::OnceLock};

use rustc_hash::FxHashMap;

use super::{
    kana::to_katakana,
    text::{LOST, fold_width},
};

const CHOSEN: &str = include_str!("variants.txt");
const SHRUNK: &str = include_str!("mj_shrink.txt");
const REGULAR: &str = include_str!("seiji.txt");

/// Whose name it is: simplified Chinese forms are folded for foreign residents only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Residence {
    Domestic,
    Foreign,
}

/// The forms that a character may stand for, the likelier first.
type Forms = FxHashMap<char, Vec<char>>;

#[derive(Default)]
struct Variants {
    /// The representatives chosen by hand.
    fold: FxHashMap<char, char>,
    /// The last representative of every form that any table folds.
    settled: FxHashMap<char, char>,
    weak: FxHashMap<char, char>,
    foreign: FxHashMap<char, char>,
    /// 親字・正字 of the family registers.
    family: Forms,
    /// Further characters that the ministry's notices allow for a form (告示582号, 民二5202号, 民一2842号).
    further: Forms,
    /// 正字 of simplified forms, rank 1 before rank 2.
    regular: Forms,
}

fn variants() -> &'static Variants {
    static VARIANTS: OnceLock<Variants> = OnceLock::new();
    VARIANTS.get_or_init(|| {
        let mut all = chosen();
        (all.family, all.further) = grouped(SHRUNK);
        let (first, second) = grouped(REGULAR);
        all.regular = first;
        for (form, regular) in second {
            all.regular.entry(form).or_default().extend(regular);
        }
        let forms = all.fold.keys().chain(all.family.keys());
        all.settled = forms.map(|form| (*form, all.settle(*form))).filter(|(form, last)| form != last).collect();
        all
    })
}

impl Variants {
    /// Follows the tables to the last representative: no chain of them is longer than four.
    fn settle(&self, c: char) -> char {
        (0..4).fold(c, |c, _| self.representative(c))
    }

    /// The representative by hand, else the one 親字・正字; a form of several characters stays itself.
    fn representative(&self, c: char) -> char {
        let by_hand = |c: char| self.fold.get(&c).copied();
        if let Some(folded) = by_hand(c) {
            return folded;
        }
        let mut forms = self.family.get(&c).filter(|_| !self.weak.contains_key(&c)).into_iter().flatten();
        let first_step = |c: &char| by_hand(*c).unwrap_or(*c);
        match forms.next().map(first_step) {
            Some(first) if forms.all(|other| first_step(other) == first) => first,
            _ => c,
        }
    }
}

fn chosen() -> Variants {
    let mut all = Variants::default();
    for line in CHOSEN.lines() {
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
}

/// Reads lines of a character followed by its forms and, after a gap, its less certain forms.
fn grouped(table: &str) -> (Forms, Forms) {
    let (mut sure, mut less) = (Forms::default(), Forms::default());
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (first, second) = line.split_once(' ').unwrap_or((line, ""));
        let mut letters = first.chars();
        let Some(regular) = letters.next() else { continue };
        letters.for_each(|form| sure.entry(form).or_default().push(regular));
        second.chars().for_each(|form| less.entry(form).or_default().push(regular));
    }
    (sure, less)
}

/// Returns a name as compared literally: width folded, selectors removed, lost characters as one wildcard, upper case.
pub(crate) fn base(text: &str) -> String {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) && !text.contains(['?', '*']) {
        return text.to_ascii_uppercase();
    }
    // Upper case may take composed letters apart, so they are composed again.
    let upper = fold_width(&fold_width(text).to_uppercase());
    upper.chars().map(|c| if is_lost(c) { LOST } else { c }).collect()
}

/// Tells whether a character only marks the place of one that an old code page lost.
fn is_lost(c: char) -> bool {
    matches!(c, '〓' | '●' | '○' | '◯' | '■' | '□' | '◆' | '◇' | '▲' | '△' | '?' | '*' | '※' | '〼' | '\u{FFFD}')
        || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFD}')
}

/// Returns the base text with every variant replaced by its representative and repetition marks spelt out.
///
/// Kana inside a kanji name become katakana, and between kanji ヶ, が and ノ, 之, 乃 become one each (井之上, 井ノ上).
pub(crate) fn fold(base: &str, residence: Residence) -> String {
    let mut out = String::with_capacity(base.len());
    let mut last = None;
    let mut rest = base.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = last.is_some_and(is_kanji) && rest.peek().copied().is_some_and(is_kanji);
        let folded = match (to_katakana_letter(c), last) {
            ('々' | 'ヽ' | '〻', Some(previous)) => previous,
            ('ケ' | 'ヶ' | 'ガ' | 'カ' | 'ヵ', _) if inside => 'ケ',
            ('ノ' | '之' | '乃', _) if inside => 'ノ',
            (letter, _) => fold_letter(letter, residence),
        };
        out.push(folded);
        last = Some(folded);
    }
    out
}

/// Hiragana as katakana; hyphens stay what they are.
fn to_katakana_letter(c: char) -> char {
    if matches!(c, 'ぁ'..='ゖ' | 'ゝ' | 'ゞ') { to_katakana(c) } else { c }
}

/// Tells whether the character is a kanji or a mark that repeats one.
pub(crate) fn is_kanji(c: char) -> bool {
    matches!(c, '一'..='鿿' | '々' | '〻' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn fold_letter(c: char, residence: Residence) -> char {
    let regular = match residence {
        Residence::Foreign => regular_of(c).unwrap_or(c),
        Residence::Domestic => c,
    };
    domestic(regular)
}

/// The representative of a character, itself where the tables know none.
fn domestic(c: char) -> char {
    variants().settled.get(&c).copied().unwrap_or(c)
}

fn regular_of(c: char) -> Option<char> {
    let table = variants();
    table.foreign.get(&c).copied().or_else(|| table.regular.get(&c)?.first().copied())
}

/// Returns every folded character that a written one may stand for, the likeliest first (one-to-many by the MJ map).
pub(crate) fn candidates(c: char, residence: Residence) -> Vec<char> {
    let table = variants();
    let (family, further) = (table.family.get(&c), table.further.get(&c));
    let foreign = table.regular.get(&c).filter(|_| residence == Residence::Foreign);
    let others = [foreign, family, further].into_iter().flatten().flatten().map(|form| domestic(*form));
    let mut out: Vec<char> = Vec::new();
    for form in once(fold_letter(c, residence)).chain(others) {
        if !out.contains(&form) {
            out.push(form);
        }
    }
    out
}

/// Tells whether two base texts can be one name, letter by letter, when every form stands for all its candidates.
///
/// Weaker than folded equality: 冨田 and 富田 may be one, and are different surnames all the same.
pub(crate) fn may_be_one(left: &str, right: &str, residence: Residence) -> bool {
    let meet = |(l, r): (char, char)| {
        l == r || {
            let candidates_of_right = candidates(r, residence);
            candidates(l, residence).iter().any(|c| candidates_of_right.contains(c))
        }
    };
    let known = left.chars().any(|c| c != LOST) && right.chars().any(|c| c != LOST);
    known && left.chars().count() == right.chars().count() && left.chars().zip(right.chars()).all(meet)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOMESTIC: Residence = Residence::Domestic;

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
        let forms = table.fold.keys().chain(table.family.keys()).chain(table.further.keys());
        for once in forms.map(|form| domestic(*form)) {
            assert_eq!(domestic(once), once, "folding {once} again moves it");
        }
    }

    #[test]
    fn repetition_marks_are_spelt_out_and_small_words_between_kanji_are_one() {
        let check = |text: &str, expect: &str| assert_eq!(fold(text, DOMESTIC), expect);
        check("佐々木", "佐佐木");
        check("々", "々");
        check("龍ヶ崎", "竜ケ崎");
        check("竜が﨑", "竜ケ崎");
        check("井之上", "井ノ上");
        check("井乃上", "井ノ上");
        check("博之", "博之");
        check("さくら", "サクラ");
    }

    #[test]
    fn a_form_keeps_all_its_candidates_and_the_likeliest_comes_first() {
        let check = |c: char, residence, expect: &[char]| assert_eq!(candidates(c, residence), expect, "{c}");
        check('髙', DOMESTIC, &['高']);
        check('邉', DOMESTIC, &['辺']);
        check('冨', DOMESTIC, &['冨', '富']);
        check('夈', DOMESTIC, &['夈', '斎', '粂']);
        check('张', Residence::Foreign, &['張', '弡']);
        check('张', DOMESTIC, &['张']);
    }

    #[test]
    fn candidates_meet_where_folding_does_not_dare() {
        let check = |l: &str, r: &str, expect: bool| assert_eq!(may_be_one(l, r, DOMESTIC), expect, "{l} {r}");
        check("冨田", "富田", true);
        check("渡邉", "渡辺", true);
        check("齋藤", "斉藤", false);
        check("田中", "田", false);
        check("〓", "〓", false);
    }

    #[test]
    fn marks_of_lost_characters_and_private_ones_are_wildcards() {
        for text in ["〓橋", "●橋", "■橋", "?橋", "\u{E123}橋", "\u{F0001}橋", "\u{FFFD}橋"] {
            let base = base(text);
            assert!(base.starts_with(LOST), "{text}");
            assert!(agree_with_lost(&fold(&base, DOMESTIC), "高橋"), "{text}");
        }
        assert!(!agree_with_lost("〓", "高"), "nothing known agrees with nothing");
    }

    proptest! {
        #[test]
        fn folding_is_settled_keeps_the_length_and_never_panics(text in any::<String>(), name in "[一-龥ぁ-ヶ々]{0,6}") {
            for one in [&text, &name] {
                let base = base(one);
                prop_assert_eq!(super::base(&base), base.clone());
                for residence in [DOMESTIC, Residence::Foreign] {
                    let folded = fold(&base, residence);
                    prop_assert_eq!(folded.chars().count(), base.chars().count());
                    prop_assert_eq!(fold(&folded, residence), folded.clone());
                    prop_assert_eq!(weaken(&weaken(&folded)), weaken(&folded));
                    let known = base.chars().any(|c| c != LOST);
                    prop_assert_eq!(may_be_one(&base, &base, residence), known);
                }
            }
        }
    }
}
