//! How numbers are written: thousands separated, shares with sensible digits, small counts of persons kept back.

/// Writes a count with thousands separators.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a share as a percentage. Neither end is claimed unless it is reached: 0.99999 is not "100%".
pub(crate) fn share(value: f64) -> String {
    let percent = value * 100.0;
    match percent {
        _ if !percent.is_finite() => "–".to_owned(),
        _ if percent <= 0.0 => "0%".to_owned(),
        _ if percent < 0.01 => "<0.01%".to_owned(),
        _ if percent < 1.0 => format!("{percent:.2}%"),
        _ if percent < 99.5 => format!("{percent:.1}%"),
        _ if percent < 99.99 => format!("{:.2}%", (percent * 100.0).floor() / 100.0),
        _ if percent < 100.0 => ">99.99%".to_owned(),
        _ => "100%".to_owned(),
    }
}

/// Writes a share that may be very small, such as how often strangers agree: below one in a thousand as one in so many.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, positive and below 10^15")]
pub(crate) fn rate(value: f64) -> String {
    if !(1e-15..1e-3).contains(&value) {
        return share(value);
    }
    let of = value.recip();
    let unit = 10_f64.powf((of.log10() - 1.0).floor());
    format!("1 / {}", count(((of / unit).round() * unit) as u64))
}

/// Writes a length of time.
pub(crate) fn seconds(value: f64) -> String {
    match value {
        _ if value < 0.0995 => format!("{:.0} ms", value * 1000.0),
        _ if value < 9.995 => format!("{value:.2} s"),
        _ if value < 99.95 => format!("{value:.1} s"),
        _ => {
            let whole = value.round();
            format!("{:.0} min {:02.0} s", (whole / 60.0).floor(), whole % 60.0)
        }
    }
}

/// Writes a size of memory.
#[expect(clippy::cast_precision_loss, reason = "a size in GiB is shown with two digits")]
pub(crate) fn bytes(n: u64) -> String {
    let mib = n as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.2} GiB", mib / 1024.0) }
}

/// Returns a count as a number on a scale.
#[expect(clippy::cast_precision_loss, reason = "lengths on paper")]
pub(crate) const fn scale(n: u64) -> f64 {
    n as f64
}

/// Returns how many things there are.
pub(crate) fn many(n: usize) -> String {
    count(u64::try_from(n).unwrap_or(u64::MAX))
}

/// How a count of persons is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// As it is.
    Exact(u64),
    /// There are some, but fewer than the floor.
    Below(u64),
    /// Kept back so that a [`Shown::Below`] beside it cannot be computed from the total.
    Withheld(u64),
}

impl Shown {
    /// Returns how long a bar is drawn: a kept-back count tells nothing by its length.
    pub(crate) const fn drawn(self) -> u64 {
        match self {
            Self::Exact(n) | Self::Below(n) | Self::Withheld(n) => n,
        }
    }

    /// Says whether the count itself is shown.
    pub(crate) const fn is_exact(self) -> bool {
        matches!(self, Self::Exact(_))
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(n) => f.write_str(&count(*n)),
            Self::Below(floor) => write!(f, "<{}", count(*floor)),
            Self::Withheld(_) => f.write_str("＊"),
        }
    }
}

/// The floor below which counts of persons are kept back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Persons {
    pub(crate) floor: u64,
}

impl Persons {
    /// Shows one count. None is shown as none.
    pub(crate) const fn count(self, n: u64) -> Shown {
        if n == 0 || n >= self.floor { Shown::Exact(n) } else { Shown::Below(self.floor) }
    }

    /// Shows counts that add up to a known total: where one alone is kept back, the next smallest is kept back too.
    pub(crate) fn parts(self, counts: &[u64]) -> Vec<Shown> {
        let mut shown: Vec<Shown> = counts.iter().map(|n| self.count(*n)).collect();
        if shown.iter().filter(|s| !s.is_exact()).count() == 1 {
            let open = shown.iter_mut().filter(|s| s.is_exact() && s.drawn() > 0);
            if let Some(next) = open.min_by_key(|s| s.drawn()) {
                *next = Shown::Withheld(self.floor);
            }
        }
        shown
    }

    /// Shows a share of `of` persons; where it stands for fewer than the floor, it says no more than that.
    pub(crate) fn share(self, value: f64, of: u64) -> String {
        self.few(value, of).map_or_else(|| share(value), |most| format!("<{}", share(most)))
    }

    /// Returns the share that the floor is of all, where a share stands for fewer persons than the floor.
    #[expect(clippy::cast_precision_loss, reason = "a share is shown with four digits at most")]
    pub(crate) fn few(self, value: f64, of: u64) -> Option<f64> {
        let (persons, floor) = (value * of as f64, self.floor as f64);
        (persons > 0.0 && persons.round() < floor).then(|| (floor / of as f64).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_separated_by_thousands() {
        let written: Vec<String> = [0, 7, 999, 1_000, 12_345, 1_234_567].into_iter().map(count).collect();
        assert_eq!(written, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn shares_claim_neither_end_falsely() {
        let cases = [(0.0, "0%"), (0.000_001, "<0.01%"), (0.005, "0.50%"), (0.1234, "12.3%"), (0.9997, "99.97%")];
        for (value, expect) in cases.into_iter().chain([(0.99999, ">99.99%"), (0.999_899, "99.98%"), (1.0, "100%")]) {
            assert_eq!(share(value), expect);
        }
        assert_eq!(share(f64::NAN), "–");
    }

    #[test]
    fn small_shares_are_one_in_so_many() {
        let cases = [(0.5, "50.0%"), (0.002, "0.20%"), (0.000_5, "1 / 2,000"), (3.1e-7, "1 / 3,200,000"), (0.0, "0%")];
        for (value, expect) in cases.into_iter().chain([(f64::NAN, "–"), (f64::INFINITY, "–")]) {
            assert_eq!(rate(value), expect);
        }
    }

    #[test]
    fn times_and_sizes_have_few_digits() {
        assert_eq!([0.0123, 1.234, 45.67, 61.2].map(seconds), ["12 ms", "1.23 s", "45.7 s", "61.2 s"]);
        assert_eq!([119.7, 3_600.0].map(seconds), ["2 min 00 s", "60 min 00 s"]);
        assert_eq!([5 << 20, 3 << 30].map(bytes), ["5 MiB", "3.00 GiB"]);
    }

    #[test]
    fn few_persons_are_kept_back() {
        let persons = Persons { floor: 10 };
        let shown = [0, 1, 9, 10].map(|n| persons.count(n).to_string());
        assert_eq!(shown, ["0", "<10", "<10", "10"]);
        assert_eq!(persons.share(0.003, 1_000), "<1.0%");
        assert_eq!(persons.share(0.02, 1_000), "2.0%");
        assert_eq!(persons.share(0.0, 1_000), "0%");
        assert_eq!(persons.share(0.5, 4), "<100%");
    }

    #[test]
    fn a_kept_back_count_cannot_be_computed_from_the_total() {
        let show =
            |counts: &[u64]| Persons { floor: 10 }.parts(counts).iter().map(Shown::to_string).collect::<Vec<_>>();
        assert_eq!(show(&[100, 50, 3]), ["100", "＊", "<10"]);
        assert_eq!(show(&[100, 5, 3]), ["100", "<10", "<10"]);
        assert_eq!(show(&[100, 50, 0]), ["100", "50", "0"]);
        assert_eq!(show(&[3]), ["<10"]);
    }
}
