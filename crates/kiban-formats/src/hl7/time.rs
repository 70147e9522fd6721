//! HL7 time stamps: `YYYY[MM[DD[HH[MM[SS[.S…]]]]]]`, Japan Standard Time.

use crate::text::{Day, Instant, JST, civil, instant, micros};

/// A time stamp as far as it was stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hl7Time {
    /// The day, where it is stated whole.
    pub(crate) day: Option<Day>,
    /// The instant, where at least hour and minute are stated.
    pub(crate) at: Option<Instant>,
    /// All digits in order, as a number to compare versions by: 17 digits, right padded with zeros.
    pub(crate) order: i64,
    /// Why there is no day: `R33` for text, `text.partial-date`, `text.bad-date`, `R16`.
    pub(crate) fault: Option<&'static str>,
}

/// Reads a time stamp. Fractions may lack their point (R06); an offset from UTC is not used in SS-MIX2.
pub(crate) fn hl7_time(text: &str) -> Hl7Time {
    let none = |fault| Hl7Time { fault, ..Hl7Time::default() };
    let mut digits = [0_u8; 20];
    let mut count = 0;
    for byte in text.trim_matches(' ').bytes().filter(|b| *b != b'.') {
        if !byte.is_ascii_digit() {
            return none(Some("R33"));
        }
        if let Some(digit) = digits.get_mut(count) {
            *digit = byte - b'0';
            count += 1;
        }
    }
    if count == 0 {
        return none(None);
    }
    let number = |from: usize, to: usize| {
        digits
            .get(from..to.min(count))
            .unwrap_or_default()
            .iter()
            .fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit))
    };
    if count < 8 {
        return none(Some("text.partial-date"));
    }
    let small = |from, to| u8::try_from(number(from, to)).unwrap_or(0);
    let Some(day) = civil(number(0, 4).cast_signed(), small(4, 6), small(6, 8)) else {
        let sentinel = digits.iter().take(8).all(|d| *d == 0) || digits.iter().take(8).all(|d| *d == 9);
        return none(Some(if sentinel { "R16" } else { "text.bad-date" }));
    };
    let fraction: Vec<u8> = digits.get(14..count).unwrap_or_default().iter().map(|digit| digit + b'0').collect();
    let of_day = (number(8, 10), number(10, 12), number(12, 14), micros(&fraction));
    let at = if count >= 12 { instant(day, of_day, JST) } else { None };
    let order = digits.iter().take(17).fold(0_i64, |sum, digit| sum * 10 + i64::from(*digit));
    Hl7Time { day: Some(day), at, order, fault: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_of_every_precision() {
        let day = civil(2011, 7, 1);
        for (text, expect, has_time, fault) in [
            ("20110701", day, false, None),
            ("2011070100", day, false, None),
            ("201107010830", day, true, None),
            ("20110701113813.225", day, true, None),
            ("20110701113813225", day, true, None),
            ("201107", None, false, Some("text.partial-date")),
            ("小学校低学年の頃", None, false, Some("R33")),
            ("20110732", None, false, Some("text.bad-date")),
            ("99999999", None, false, Some("R16")),
            ("", None, false, None),
        ] {
            let time = hl7_time(text);
            assert_eq!((time.day, time.at.is_some(), time.fault), (expect, has_time, fault), "{text}");
        }
        assert_eq!(hl7_time("20110701113813.225").order, 20_110_701_113_813_225);
        assert_eq!(hl7_time("197001010900").at, Some(Instant(0)));
    }
}
