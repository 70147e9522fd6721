//! What a name field holds besides the name: a former name, an alias, a title, a newborn without a name yet.

use super::{
    Words,
    kanji::{self, Residence},
    text::{fold_width, is_kanji_numeral, number},
};

/// A name field taken apart. Nothing of it is lost: what is not the name stands in the other parts.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// The name itself, without titles and brackets.
    pub(crate) name: String,
    /// The former family name 旧姓 (旧氏), where one is given.
    pub(crate) former: String,
    /// The name in everyday use 通称名 of a foreign resident, where one is given.
    pub(crate) alias: String,
}

impl Written {
    /// Takes a field apart: `山田　花子（旧姓：佐藤）`, `山田(佐藤)花子`, `KIM YONGHI（通称 金田英子）`, `山田花子 様`.
    pub(crate) fn read(text: &str) -> Self {
        let wide = fold_width(text);
        let mut out = Self::default();
        for (at, part) in wide.split(['(', '[', '［', '【', '〔']).enumerate() {
            let (inside, after) = if at == 0 { ("", part) } else { part.split_once(CLOSING).unwrap_or((part, "")) };
            out.take_bracket(inside.trim());
            out.name.push_str(after);
        }
        out.name = without_title(out.name.trim()).to_owned();
        out
    }

    fn take_bracket(&mut self, inside: &str) {
        const FORMER: [&str; 4] = ["旧姓", "旧氏", "旧", "前姓"];
        const ALIAS: [&str; 3] = ["通称名", "通称", "通名"];
        let after = |marks: &[&str]| marks.iter().find_map(|mark| inside.strip_prefix(mark)).map(without_colon);
        if let Some(alias) = after(&ALIAS) {
            alias.clone_into(&mut self.alias);
        } else if let Some(former) = after(&FORMER) {
            former.clone_into(&mut self.former);
        } else if !inside.is_empty() && inside.chars().all(kanji::is_kanji) && !is_newborn_word(inside) {
            inside.clone_into(&mut self.former);
        } else if !inside.is_empty() && self.alias.is_empty() {
            inside.clone_into(&mut self.alias);
        }
    }
}

const CLOSING: [char; 5] = [')', ']', '］', '】', '〕'];

fn without_colon(text: &str) -> &str {
    text.trim_start_matches([':', '・', '=']).trim()
}

fn without_title(name: &str) -> &str {
    const TITLES: [&str; 5] = ["様", "殿", "さま", "サマ", "さん"];
    let gap = |rest: &&str| rest.ends_with(char::is_whitespace) || rest.chars().count() >= 4;
    let cut = TITLES.iter().find_map(|title| name.strip_suffix(title).filter(gap));
    cut.map_or(name, str::trim_end)
}

/// A newborn registered under the mother's name: what stands before the placeholder, and the order among siblings.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Newborn {
    /// The family name (or the mother's whole name) before the placeholder.
    pub(crate) mother: String,
    /// 第1子, ベビー2, B児; twins differ in it. Zero where it is not told.
    pub(crate) order: u8,
}

/// Reads a newborn's placeholder (田中ベビー, 田中花子ベビー2, 田中 第二子, 田中B児); `None` for a real name.
pub(crate) fn newborn(name: &str) -> Option<Newborn> {
    let base: String = kanji::base(name);
    let start = PLACEHOLDERS.iter().filter_map(|word| base.find(word)).min().or_else(|| ordinal_child(&base))?;
    let (mother, rest) = base.split_at_checked(start)?;
    let mother = mother.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, 'ノ' | 'の' | '・' | '-'));
    Some(Newborn { mother: mother.to_owned(), order: order_of(rest) })
}

/// Tells whether a given name is a placeholder of a newborn (ベビー, 第一子, 新生児).
pub(crate) fn is_newborn_word(word: &str) -> bool {
    newborn(word).is_some()
}

const PLACEHOLDERS: [&str; 8] = ["ベビ", "ベイビー", "ベービー", "べび", "BABY", "新生児", "男児", "女児"];

/// Where 第一子 or A児 begins.
fn ordinal_child(base: &str) -> Option<usize> {
    let is_child = |at: &usize| {
        let mut rest = base.chars().skip(base.get(..*at).map_or(0, |before| before.chars().count()) + 1);
        rest.next().is_some_and(|n| n.is_ascii_digit() || is_kanji_numeral(n))
            && matches!(rest.next(), Some('子' | '児'))
    };
    let ordinal = base.find('第').filter(is_child);
    let lettered = base.strip_suffix('児').filter(|rest| rest.ends_with(|c: char| c.is_ascii_alphanumeric()));
    ordinal.or_else(|| lettered.map(|rest| rest.len() - 1))
}

fn order_of(rest: &str) -> u8 {
    let told =
        rest.chars().find(|c| matches!(c, '1'..='9' | '一' | '二' | '三' | '四' | '五')).and_then(|c| number(&[c]));
    let lettered = || match rest.trim_end_matches('児').chars().last() {
        Some('A') => Some(1),
        Some('B') => Some(2),
        Some('C') => Some(3),
        _ => None,
    };
    told.or_else(lettered).and_then(|n| u8::try_from(n).ok()).unwrap_or(0)
}

/// Returns the words of a romanised name, family name first where a comma or capitals tell it.
///
/// `Wei WANG`, `WANG, Wei` and `WANG WEI` are WANG WEI; without such a sign the order stays as written.
pub(crate) fn latin_words(text: &str) -> Vec<String> {
    let wide = fold_width(text);
    let (before, after) = wide.split_once(',').unwrap_or((wide.as_str(), ""));
    let split = |part: &str| -> Vec<String> {
        let gap = |c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '-' | '.');
        part.split(gap).filter(|w| w.chars().any(char::is_alphanumeric)).map(str::to_owned).collect()
    };
    let mut words = split(before);
    let has_small = |word: &String| word.chars().any(char::is_lowercase);
    if words.iter().any(has_small) {
        words.sort_by_key(|word| has_small(word) || word.chars().count() == 1);
    }
    words.extend(split(after));
    words.iter().map(|word| word.to_uppercase()).collect()
}

/// Returns a key that forgets the order of the words of a romanised name.
pub(crate) fn orderless(words: &[String]) -> String {
    let mut sorted: Vec<&str> = words.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.join(" ")
}

/// Tells whether one romanised name is the other with middle names left out, shortened to initials or cut by a field.
pub(crate) fn agree_shortened(left: &[String], right: &[String]) -> bool {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let begins = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
    let ([first, middle @ ..], [other, rest @ ..]) = (short, long) else { return false };
    let mut rest = rest.iter();
    first == other && !middle.is_empty() && middle.iter().all(|word| rest.any(|known| begins(word, known)))
}

/// Splits a newborn's words at its placeholder, so that the family name is the mother's.
pub(crate) fn newborn_words(words: Words) -> Words {
    let split = |word: String| match newborn(&word).filter(|found| !found.mother.is_empty()) {
        Some(found) => {
            let placeholder = word.chars().skip(found.mother.chars().count()).collect();
            vec![found.mother, placeholder]
        }
        None => vec![word],
    };
    Words(words.0.into_iter().flat_map(split).collect())
}

/// Returns the folded former family name, empty where none is told.
pub(crate) fn former_key(written: &Written, residence: Residence) -> String {
    kanji::fold(&kanji::base(&written.former), residence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn former_names_aliases_and_titles_are_taken_from_the_name() {
        let check = |text: &str, name: &str, former: &str, alias: &str| {
            let read = Written::read(text);
            assert_eq!(
                (read.name.as_str(), read.former.as_str(), read.alias.as_str()),
                (name, former, alias),
                "{text}"
            );
        };
        check("山田　花子（旧姓：佐藤）", "山田 花子", "佐藤", "");
        check("山田(佐藤)花子", "山田花子", "佐藤", "");
        check("山田[旧氏 佐藤] 花子", "山田 花子", "佐藤", "");
        check("KIM YONGHI（通称：金田 英子）", "KIM YONGHI", "", "金田 英子");
        check("山田花子 様", "山田花子", "", "");
        check("山田 花子", "山田 花子", "", "");
        check("大和田様", "大和田様", "", "");
        check("", "", "", "");
    }

    #[test]
    fn newborns_are_known_with_their_order() {
        let check = |name: &str, mother: &str, order: u8| {
            assert!(newborn(name) == Some(Newborn { mother: mother.to_owned(), order }), "{name}");
        };
        check("田中ベビー", "田中", 0);
        check("田中　ﾍﾞﾋﾞｰ", "田中", 0);
        check("田中花子ベビー2", "田中花子", 2);
        check("田中 第一子", "田中", 1);
        check("田中B児", "田中", 2);
        check("田中 BABY", "田中", 0);
        check("田中の男児", "田中", 0);
        for real in ["田中 蓮", "第二 花子", "児玉 誠", "", "BABA KENJI", "山田 健児"] {
            assert!(newborn(real).is_none(), "{real}");
        }
    }

    fn words(text: &str) -> Vec<String> {
        latin_words(text)
    }

    #[test]
    fn romanised_names_meet_whatever_their_order() {
        for text in ["WANG Wei", "Wei WANG", "WANG, Wei", "Wang, Wei", "ＷＡＮＧ　ＷＥＩ", "WANG WEI"] {
            assert_eq!(words(text), ["WANG", "WEI"], "{text}");
        }
        assert_eq!(words("Wei Wang"), ["WEI", "WANG"]);
        assert_eq!(orderless(&words("Wei Wang")), orderless(&words("WANG WEI")));
    }

    #[test]
    fn middle_names_may_be_left_out_or_cut_by_a_field() {
        let check = |l: &str, r: &str, expect: bool| {
            assert_eq!(agree_shortened(&words(l), &words(r)), expect, "{l} {r}");
            assert_eq!(agree_shortened(&words(r), &words(l)), expect, "{r} {l}");
        };
        check("SANTOS MARIA LOURDES", "SANTOS MARIA LOUR", true);
        check("SANTOS MARIA LOURDES", "SANTOS MARIA", true);
        check("SANTOS MARIA LOURDES", "SANTOS M LOURDES", true);
        check("SANTOS MARIA LOURDES", "SANTOS", false);
        check("SANTOS MARIA", "SANTOS JOSE MARIA", true);
        check("SANTOS MARIA", "REYES MARIA", false);
        check("", "REYES MARIA", false);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_no_letter_of_a_name_is_lost(text in any::<String>(), plain in "[一-龥]{1,3} [一-龥]{1,2}") {
            Written::read(&text);
            newborn(&text);
            latin_words(&text);
            let kept = Written::read(&plain);
            let all = format!("{}{}{}", kept.name, kept.former, kept.alias);
            prop_assert!(fold_width(&plain).starts_with(&all));
        }
    }
}
