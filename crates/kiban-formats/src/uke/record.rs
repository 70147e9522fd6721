//! Lines and fields of a claim file.

use crate::text::{Ends, MOST, ascii, decimal, digits, leading, split};

/// The record types of medical claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `IR` 医療機関情報.
    Issuer,
    /// `RE` レセプト共通: begins a claim.
    Claim,
    /// `HO` 保険者.
    Insurer,
    /// `KO` 公費.
    Public,
    /// `SN` 資格確認.
    Entitlement,
    /// `SY` 傷病名.
    Disease,
    /// `SI` 診療行為.
    Service,
    /// `IY` 医薬品.
    Drug,
    /// `TO` 特定器材.
    Device,
    /// `CO` コメント.
    Comment,
    /// `GO` 診療報酬請求書: the file's totals.
    Total,
    /// A record type that exists and is not read yet.
    Unread(&'static str),
}

/// Record types that exist in medical, DPC and insurer-side files and are not read yet.
const UNREAD: &[&str] = &[
    "UK", "YK", "SJ", "NI", "BU", "SB", "KK", "SK", "GA", "HH", "GT", "CD", "TI", "TR", "TS", "MF", "MD", "HI", "HR",
    "RC", "JY", "EX", "MN", "JR", "JS", "GR", "KH", "SH", "CZ", "HS", "SS", "RT", "ST", "KI", "TK", "ZS",
];

impl Kind {
    /// Reads a record type.
    #[inline]
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"SI" => Self::Service,
            b"IY" => Self::Drug,
            b"SY" => Self::Disease,
            b"CO" => Self::Comment,
            b"TO" => Self::Device,
            b"RE" => Self::Claim,
            b"HO" => Self::Insurer,
            b"KO" => Self::Public,
            b"SN" => Self::Entitlement,
            b"IR" => Self::Issuer,
            b"GO" => Self::Total,
            other => Self::Unread(UNREAD.iter().find(|known| known.as_bytes() == other)?),
        })
    }
}

/// Returns how many fields stand before the record type, if the line is one of a claim file: 0, or 3 in files of
/// insurers.
pub(super) fn prefix_of(line: &[u8]) -> Option<usize> {
    let mut fields = line.trim_ascii_end().splitn(5, |b| *b == b',');
    let first = fields.next()?;
    if Kind::of(first).is_some() {
        return fields.next().map(|_| 0);
    }
    let number = |field: &[u8]| !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    let (second, third) = (fields.next()?, fields.next()?);
    let numbered = number(first) && number(second) && (third.is_empty() || number(third));
    (numbered && Kind::of(fields.next()?).is_some()).then_some(3)
}

/// Where the day columns of services and drugs begin.
pub(super) const DAYS: usize = 14;

/// Where the day columns of devices begin.
pub(super) const DEVICE_DAYS: usize = 18;

/// The fields of a line, by their numbers in the specification (1-based). A comma is never the second byte of a CP932
/// character, so raw bytes can be split.
pub(super) struct Fields<'l> {
    /// The line from its record type on.
    line: &'l [u8],
    ends: &'l [u32],
}

impl<'l> Fields<'l> {
    /// Splits a line, as far as its record type has fields of different meaning; day columns are left to [`days`].
    ///
    /// [`days`]: Self::days
    #[inline]
    pub(super) fn split(line: &'l [u8], prefix: usize, ends: &'l mut Ends) -> Self {
        let own = |line: &'l [u8]| line.splitn(prefix + 1, |b| *b == b',').nth(prefix).unwrap_or_default();
        let line = if prefix == 0 { line } else { own(line) };
        let most = match line {
            [b'S', b'I', b',', ..] | [b'I', b'Y', b',', ..] => DAYS - 1,
            [b'T', b'O', b',', ..] => DEVICE_DAYS - 1,
            // `TO` has 48 fields, the most.
            _ => MOST,
        };
        Self { line, ends: split(line, b',', most, ends) }
    }

    /// Returns a field; what is not there is empty.
    #[inline]
    pub(super) fn get(&self, number: usize) -> &'l [u8] {
        let Some(end) = self.ends.get(number - 1) else { return &[] };
        let before = number.checked_sub(2).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |end| *end as usize + 1);
        self.line.get(start..*end as usize).unwrap_or_default()
    }

    /// Returns a field that must be ASCII, as text; empty where it is not.
    #[inline]
    pub(super) fn code(&self, number: usize) -> &'l str {
        let field = self.get(number);
        // Of a few bytes that are ASCII this is the quicker look; of others both come to the same.
        let text = ascii(field).or_else(|| std::str::from_utf8(field).ok());
        text.unwrap_or_default().trim_ascii()
    }

    /// Returns a field that must be a number.
    #[inline]
    pub(super) fn number(&self, number: usize) -> Option<f64> {
        let text = self.get(number);
        digits(text).map(f64::from).or_else(|| decimal(text.trim_ascii()))
    }

    /// Returns a field that must be a count.
    #[inline]
    pub(super) fn count(&self, number: usize) -> Option<u32> {
        let text = self.get(number);
        digits(text).or_else(|| std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok())
    }

    /// Returns the days of the month with a count, from the 31 columns that begin at `first`.
    #[inline]
    pub(super) fn days(&self, first: usize) -> impl Iterator<Item = (u8, u32)> {
        let before = self.ends.get(first - 2);
        let mut rest = before.and_then(|end| self.line.get(*end as usize + 1..)).unwrap_or_default();
        let mut day = 1_usize;
        std::iter::from_fn(move || {
            loop {
                let empty = leading(rest, b',');
                rest = rest.get(empty..).filter(|rest| !rest.is_empty())?;
                day += empty;
                let end = rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len());
                let count = digits(rest.get(..end)?.trim_ascii());
                let this = u8::try_from(day).ok().filter(|day| *day <= 31)?;
                rest = rest.get(end + 1..).unwrap_or_default();
                day += 1;
                if let Some(count) = count.filter(|count| *count > 0) {
                    return Some((this, count));
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_count_from_one() {
        let mut ends = [0; _];
        let fields = Fields::split(b"RE,1,,202110", 0, &mut ends);
        assert_eq!([1, 2, 3, 4, 5].map(|n| fields.get(n)), [&b"RE"[..], b"1", b"", b"202110", b""]);
        assert_eq!(Fields::split(b"1,5,0,SI,60", 3, &mut [0; _]).get(2), b"60");
        assert_eq!(Fields::split(b"", 0, &mut [0; _]).get(1), b"");
        let long = vec![b','; 200];
        assert_eq!(Fields::split(&long, 0, &mut [0; _]).get(190), b"");
    }

    #[test]
    fn files_of_insurers_have_a_prefix() {
        for (line, expect) in [
            (&b"IR,1,12,1,0000000,,,202111,00,"[..], Some(0)),
            (b"1,1,0,IR,1,12,1", Some(3)),
            (b"1,1,,RE,1", Some(3)),
            (b"a,b,c", None),
            (b"IR", None),
            (b"", None),
        ] {
            assert_eq!(prefix_of(line), expect, "{line:?}");
        }
    }

    #[test]
    fn day_columns() {
        let mut ends = [0; _];
        let fields = Fields::split(b"SI,,,,,,,,,,,,,1,,2", 0, &mut ends);
        assert_eq!(fields.days(14).collect::<Vec<_>>(), [(1, 1), (3, 2)]);
        let fields = Fields::split(b"9,9,9,IY,21,1,620098801,3,,5,,,,,,,0,x,7,", 3, &mut ends);
        assert_eq!((fields.get(7), fields.days(14).collect::<Vec<_>>()), (&b"5"[..], vec![(3, 7)]));
        let late = [&b"TO,,,,,,,,,,,,,,,,,"[..], &[b','; 30], b"4,9"].concat();
        assert_eq!(Fields::split(&late, 0, &mut [0; _]).days(18).collect::<Vec<_>>(), [(31, 4)]);
        assert_eq!(Fields::split(b"SI,1", 0, &mut [0; _]).days(14).count(), 0);
    }
}
