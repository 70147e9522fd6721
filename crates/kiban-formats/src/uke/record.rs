//! Lines and fields of a claim file.

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

/// The most fields a line can have: `TO` has 48, and insurers prefix three.
const MOST: usize = 64;

/// The fields of a line, by their numbers in the specification (1-based). A comma is never the second byte of a CP932
/// character, so raw bytes can be split.
pub(super) struct Fields<'l> {
    line: &'l [u8],
    ends: [u32; MOST],
    count: usize,
    prefix: usize,
}

impl<'l> Fields<'l> {
    /// Splits a line.
    pub(super) fn split(line: &'l [u8], prefix: usize) -> Self {
        let mut ends = [0; MOST];
        let mut count = 0;
        for (at, byte) in (0_u32..).zip(line) {
            if let Some(end) = ends.get_mut(count) {
                *end = at;
            }
            count += usize::from(*byte == b',');
        }
        if let Some(end) = ends.get_mut(count) {
            *end = u32::try_from(line.len()).unwrap_or(u32::MAX);
        }
        Self { line, ends, count: (count + 1).min(MOST), prefix }
    }

    /// Returns a field; what is not there is empty.
    pub(super) fn get(&self, number: usize) -> &'l [u8] {
        let index = number + self.prefix;
        if index > self.count || number == 0 {
            return &[];
        }
        let start = index.checked_sub(2).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize + 1);
        let end = self.ends.get(index - 1).map_or(0, |end| *end as usize);
        self.line.get(start..end).unwrap_or_default()
    }

    /// Returns a field that must be ASCII, as text; empty where it is not.
    pub(super) fn code(&self, number: usize) -> &'l str {
        std::str::from_utf8(self.get(number)).unwrap_or_default().trim_ascii()
    }

    /// Returns the days of the month with a count, from the 31 columns that begin at `first`.
    pub(super) fn days(&self, first: usize) -> impl Iterator<Item = (u8, u32)> {
        (1_u8..=31).filter_map(move |day| {
            let count = self.get(first + usize::from(day) - 1);
            if count.is_empty() {
                return None;
            }
            let count = std::str::from_utf8(count).ok()?.trim_ascii().parse().ok()?;
            (count > 0).then_some((day, count))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_count_from_one() {
        let fields = Fields::split(b"RE,1,,202110", 0);
        assert_eq!([1, 2, 3, 4, 5].map(|n| fields.get(n)), [&b"RE"[..], b"1", b"", b"202110", b""]);
        assert_eq!(Fields::split(b"1,5,0,SI,60", 3).get(2), b"60");
        assert_eq!(Fields::split(b"", 0).get(1), b"");
        let long = vec![b','; 200];
        assert_eq!(Fields::split(&long, 0).get(190), b"");
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
        let fields = Fields::split(b"SI,,,,,,,,,,,,,1,,2", 0);
        assert_eq!(fields.days(14).collect::<Vec<_>>(), [(1, 1), (3, 2)]);
    }
}
