//! Phone numbers in every spelling, as the national number without separators.

use super::text::fold_width;

/// A phone number with the country code removed.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Phone {
    /// The national number, beginning with 0; empty where there is none.
    pub(crate) number: String,
    /// Whether it is a mobile number: one person's, where a landline is a household's.
    pub(crate) mobile: bool,
    /// The extension 内線: a landline with one is an employer's or a home's.
    pub(crate) extension: String,
}

/// Reads a phone number; what cannot be one is missing. Of several numbers the first that can be one is taken.
pub(crate) fn phone(text: &str) -> Phone {
    all(text).into_iter().next().unwrap_or_default()
}

/// Reads every phone number of a field (`03-1234-5678 / 090-1234-5678`), in the order written.
pub(crate) fn all(text: &str) -> Vec<Phone> {
    let wide = fold_width(text);
    wide.split(['/', ',', ';', '、', '\n', '又', '或']).filter_map(one).collect()
}

fn one(text: &str) -> Option<Phone> {
    let lower = text.to_lowercase();
    let mark = ["内線", "(内", "内", "extension", "ext", "x", "#"].iter().filter_map(|m| lower.find(m)).min();
    let (main, extension) = mark.and_then(|at| lower.split_at_checked(at)).unwrap_or((lower.as_str(), ""));
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let national = national(main.trim_start(), &digits(main));
    let landline = matches!(national.len(), 10);
    let mobile = national.len() == 11 && MOBILE.iter().any(|prefix| national.starts_with(prefix));
    let other = national.len() == 11 && ["050", "0800", "020"].iter().any(|prefix| national.starts_with(prefix));
    let real = national.starts_with('0') && !national.starts_with("00") && !is_placeholder(&national);
    ((landline || mobile || other) && real).then(|| Phone { number: national, mobile, extension: digits(extension) })
}

const MOBILE: [&str; 4] = ["070", "080", "090", "060"];

/// Puts the national form: `+81`, `0081` and `81` with eleven or twelve digits go, a leading zero that a spreadsheet ate
/// comes back.
fn national(text: &str, digits: &str) -> String {
    let abroad = ["0081", "01081"].iter().find_map(|code| digits.strip_prefix(code));
    let plus = digits.strip_prefix("81").filter(|rest| text.starts_with('+') || matches!(rest.len(), 9 | 10));
    let long = plus.filter(|_| text.starts_with('+') || digits.len() > 10);
    match abroad.or(long) {
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None if !digits.starts_with('0') && is_without_zero(digits) => format!("0{digits}"),
        None => digits.to_owned(),
    }
}

/// Nine digits are a landline without its zero, ten that begin as a mobile number are one.
fn is_without_zero(digits: &str) -> bool {
    match digits.len() {
        9 => true,
        10 => ["70", "80", "90", "60", "50"].iter().any(|prefix| digits.starts_with(prefix)),
        _ => false,
    }
}

/// 000-0000-0000, 090-9999-9999 and their like.
fn is_placeholder(national: &str) -> bool {
    let same = |tail: &str| tail.bytes().all(|b| Some(&b) == tail.as_bytes().first());
    national.get(3..).is_some_and(same) || national.get(1..).is_some_and(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn phones_are_one_in_every_spelling() {
        let check = |text: &str, number: &str, mobile: bool, extension: &str| {
            let read = phone(text);
            assert_eq!(
                (read.number.as_str(), read.mobile, read.extension.as_str()),
                (number, mobile, extension),
                "{text}"
            );
        };
        check("０９０－１２３４－５６７８", "09012345678", true, "");
        check("+81 90-1234-5678", "09012345678", true, "");
        check("+81 (0)3-1234-5678", "0312345678", false, "");
        check("0081-3-1234-5678", "0312345678", false, "");
        check("819012345678", "09012345678", true, "");
        check("03(1234)5678", "0312345678", false, "");
        check("03ー1234ー5678", "0312345678", false, "");
        check("9012345678", "09012345678", true, "");
        check("312345678", "0312345678", false, "");
        check("03-1234-5678 内線 12", "0312345678", false, "12");
        check("03-1234-5678(内)345", "0312345678", false, "345");
        check("03-1234-5678 ext. 9", "0312345678", false, "9");
        check("0120-123-456", "0120123456", false, "");
        check("050-1234-5678", "05012345678", false, "");
        for none in ["000-0000-0000", "090-9999-9999", "123", "", "なし", "0312345", "+1 212 555 0100"] {
            check(none, "", false, "");
        }
    }

    #[test]
    fn a_field_of_several_numbers_gives_them_all() {
        let numbers: Vec<String> = all("03-1234-5678 / 090-1234-5678").into_iter().map(|p| p.number).collect();
        assert_eq!(numbers, ["0312345678", "09012345678"]);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_number_read_again_is_itself(text in any::<String>(), likely in "[+]?[0-9０-９ ()ー-]{8,16}") {
            for read in all(&text).into_iter().chain(all(&likely)) {
                let again = phone(&read.number);
                prop_assert_eq!((again.number, again.mobile), (read.number, read.mobile));
            }
        }
    }
}
