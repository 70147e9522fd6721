//! Intervals of numbers: a grid of one width, chosen cuts, or cuts that the column itself gives.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ANY, ColumnValues, Decimal, Hierarchy, LevelName};
use crate::error::{Error, Result};

/// Whole numbers listed at most where no column gives the values.
const MOST_LISTED: i64 = 1_000_000;
const MOST_INTERVALS: u32 = 1_000;

/// Describes intervals and how many of them join on each further level, as ARX's interval builder does.
///
/// Level 0 is the number itself, level 1 its interval, and each entry of `levels` joins so many neighbours more. Exactly
/// one of `width`, `cuts`, `equal_width` and `equal_frequency` says where the intervals lie. An interval holds its lower
/// bound and not its upper one. Numbers beyond `bottom` and `top` share one group on every level but the first and last
/// (ordinance item 4, トップ・ボトムコーディング), and intervals end there.
///
/// ```
/// use kiban_anon::{Decimal, HierarchySpec, Intervals};
/// let ages = Intervals { width: Some(Decimal::from(5)), levels: vec![2], top: Some(Decimal::from(90)), ..Intervals::default() };
/// let age = HierarchySpec::Intervals(ages).over("age", ["34", "92"])?;
/// assert_eq!((age.label(1, 0), age.label(2, 0), age.label(1, 1)), (Some("30-34"), Some("30-39"), Some("≥90")));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Intervals {
    /// A number at which an interval of the grid begins.
    pub origin: Decimal,
    /// The width of every interval.
    pub width: Option<Decimal>,
    /// The numbers at which a new interval begins, rising; the first and the last interval are open.
    pub cuts: Vec<Decimal>,
    /// So many intervals of one width between the column's least and greatest number; both ends are open.
    pub equal_width: Option<u32>,
    /// So many intervals with about the same number of records each; both ends are open.
    pub equal_frequency: Option<u32>,
    /// How many intervals join on each further level; at least two each.
    pub levels: Vec<u32>,
    /// Numbers below it share one group.
    pub bottom: Option<Decimal>,
    /// Numbers from it on share one group.
    pub top: Option<Decimal>,
    /// The first of the whole numbers to list, beside those of the column.
    pub min: Option<i64>,
    /// The last of them.
    pub max: Option<i64>,
    /// How an interval is written.
    pub labels: IntervalLabels,
}

/// How an interval is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalLabels {
    /// As `20-29` where all numbers and bounds are whole and none is negative, else as `[20, 30)`.
    #[default]
    Auto,
    /// `20-29`: first and last whole number.
    Dash,
    /// `[20, 30)`: lower bound, held, and upper bound, not held.
    HalfOpen,
}

/// Where the intervals of level 1 lie.
enum Scale {
    Grid { origin: i128, width: i128 },
    Cuts(Vec<Decimal>),
}

impl Scale {
    fn is_whole(&self) -> bool {
        match self {
            Self::Grid { origin, width } => [*origin, *width].into_iter().map(Decimal::of_units).all(Decimal::is_whole),
            Self::Cuts(cuts) => cuts.iter().all(|cut| cut.is_whole()),
        }
    }

    /// Returns the bounds of the group of so many neighbours in which a number lies; none where it is open.
    fn bounds(&self, number: Decimal, span: i128) -> (Option<Decimal>, Option<Decimal>) {
        match self {
            Self::Grid { origin, width } => {
                let width = width.saturating_mul(span);
                let low = number.units() - (number.units() - origin).rem_euclid(width);
                (Some(Decimal::of_units(low)), Some(Decimal::of_units(low.saturating_add(width))))
            }
            Self::Cuts(cuts) => {
                let span = usize::try_from(span).unwrap_or(usize::MAX);
                let first = cuts.partition_point(|cut| *cut <= number) / span * span;
                let low = first.checked_sub(1).and_then(|at| cuts.get(at));
                let high = (first.saturating_add(span)).checked_sub(1).and_then(|at| cuts.get(at));
                (low.copied(), high.copied())
            }
        }
    }
}

impl Intervals {
    /// Builds the hierarchy over the numbers of a column and those that `min` and `max` list.
    pub(super) fn build(&self, name: &str, column: &ColumnValues) -> Result<Hierarchy> {
        let wrong = |why| Err(Error::BadParameter { what: name.to_owned(), why });
        if let Some(why) = self.contradiction() {
            return wrong(why);
        }
        let mut numbers: BTreeMap<Decimal, u64> = BTreeMap::new();
        for (number, records) in column.iter().filter_map(|(text, seen)| Some((Decimal::parse(text)?, seen.records))) {
            *numbers.entry(number).or_default() += records;
        }
        let scale = match self.scale(&numbers) {
            Ok(scale) => scale,
            Err(why) => return wrong(why),
        };
        if let (Some(min), Some(max)) = (self.min, self.max) {
            (min..=max).for_each(|number| _ = numbers.entry(number.into()).or_default());
        }
        if numbers.is_empty() {
            return wrong("there is no number: give a column, or min and max");
        }
        let labels = self.style(&numbers, &scale);
        let spans = self.spans();
        let row = |number: &Decimal| {
            let groups = spans.iter().map(|span| self.label(*number, &scale, *span, labels));
            [number.to_string()].into_iter().chain(groups).chain([ANY.to_owned()]).collect()
        };
        let mut rows: Vec<Vec<String>> = numbers.keys().map(row).collect();
        rows.push(super::unknown_row(spans.len() + 2));
        let mut built = Hierarchy::from_named_rows(name, self.names(&spans), &rows)?;
        for (text, number) in column.texts().filter_map(|text| Some((text, Decimal::parse(text)?))) {
            built.alias(text, &number.to_string());
        }
        Ok(built)
    }

    fn contradiction(&self) -> Option<&'static str> {
        let chosen =
            [self.width.is_some(), !self.cuts.is_empty(), self.equal_width.is_some(), self.equal_frequency.is_some()];
        if chosen.into_iter().filter(|one| *one).count() != 1 {
            return Some("say exactly one of width, cuts, equal_width and equal_frequency");
        }
        let many = self.equal_width.or(self.equal_frequency);
        let is_grid = self.width.is_some();
        let listed = self.min.zip(self.max).map(|(min, max)| max.saturating_sub(min));
        let checks = [
            (self.width.is_some_and(|width| width <= Decimal::default()), "the width must be above zero"),
            (!self.cuts.is_sorted_by(|a, b| a < b), "cuts must rise"),
            (many.is_some_and(|many| !(2..=MOST_INTERVALS).contains(&many)), "there must be 2 to 1000 intervals"),
            (
                !is_grid && (self.bottom.is_some() || self.top.is_some()),
                "bottom and top go with width: cuts have open ends",
            ),
            (self.bottom.zip(self.top).is_some_and(|(bottom, top)| bottom >= top), "bottom must lie below top"),
            (self.levels.iter().any(|many| *many < 2), "each level must join at least two intervals"),
            (self.spans().last().is_some_and(|span| *span > 1_000_000_000), "the levels join too many intervals"),
            (self.min.is_some() != self.max.is_some(), "min and max go together"),
            (
                listed.is_some_and(|many| !(0..MOST_LISTED).contains(&many)),
                "min to max must list 1 to 1,000,000 numbers",
            ),
            (
                self.labels == IntervalLabels::Dash && !self.is_whole(),
                "dash labels need whole bounds: choose half-open",
            ),
        ];
        checks.into_iter().find_map(|(is_wrong, why)| is_wrong.then_some(why))
    }

    /// Tells whether every bound given is whole.
    fn is_whole(&self) -> bool {
        let bounds = [Some(self.origin), self.width, self.bottom, self.top];
        bounds.into_iter().flatten().chain(self.cuts.iter().copied()).all(Decimal::is_whole)
    }

    /// Returns how many intervals of level 1 make a group, level by level from 1 on.
    fn spans(&self) -> Vec<i128> {
        let mut span = 1_i128;
        let further = self.levels.iter().map(|many| {
            span = span.saturating_mul(i128::from(*many));
            span
        });
        [1].into_iter().chain(further).collect()
    }

    fn scale(&self, numbers: &BTreeMap<Decimal, u64>) -> std::result::Result<Scale, &'static str> {
        if let Some(width) = self.width {
            return Ok(Scale::Grid { origin: self.origin.units(), width: width.units() });
        }
        let cuts = match (self.equal_width, self.equal_frequency) {
            (Some(many), _) => of_equal_width(numbers, many),
            (_, Some(many)) => of_equal_frequency(numbers, many),
            _ => self.cuts.clone(),
        };
        let too_few = "equal_width and equal_frequency need a column with at least two different numbers";
        if cuts.is_empty() { Err(too_few) } else { Ok(Scale::Cuts(cuts)) }
    }

    fn style(&self, numbers: &BTreeMap<Decimal, u64>, scale: &Scale) -> IntervalLabels {
        let whole = self.is_whole() && scale.is_whole() && numbers.keys().all(|number| number.is_whole());
        let lowest = numbers.keys().next().copied().max(self.bottom);
        match self.labels {
            IntervalLabels::Auto if whole && lowest >= Some(Decimal::default()) => IntervalLabels::Dash,
            IntervalLabels::Auto => IntervalLabels::HalfOpen,
            chosen => chosen,
        }
    }

    fn label(&self, number: Decimal, scale: &Scale, span: i128, labels: IntervalLabels) -> String {
        if let Some(bottom) = self.bottom.filter(|bottom| number < *bottom) {
            return format!("<{bottom}");
        }
        if let Some(top) = self.top.filter(|top| number >= *top) {
            return format!("≥{top}");
        }
        let (low, high) = scale.bounds(number, span);
        let low = low.max(self.bottom);
        let high = high.map(|high| self.top.map_or(high, |top| high.min(top)));
        match (low, high) {
            (None, None) => ANY.to_owned(),
            (None, Some(high)) => format!("<{high}"),
            (Some(low), None) => format!("≥{low}"),
            (Some(low), Some(high)) if labels != IntervalLabels::Dash => format!("[{low}, {high})"),
            (Some(low), Some(high)) if low >= high.before() => low.to_string(),
            (Some(low), Some(high)) => format!("{low}-{}", high.before()),
        }
    }

    fn names(&self, spans: &[i128]) -> Vec<LevelName> {
        let interval = |span: &i128| match self.width {
            Some(width) => {
                let width = Decimal::of_units(width.units().saturating_mul(*span));
                LevelName::new(format!("width {width}"), format!("{width}刻み"))
            }
            None if *span == 1 => LevelName::new("interval", "区間"),
            None => LevelName::new(format!("{span} intervals"), format!("{span}区間")),
        };
        let value = LevelName::new("value", "値");
        [value].into_iter().chain(spans.iter().map(interval)).chain([LevelName::all()]).collect()
    }
}

/// Returns the cuts that part the range of the numbers into equal widths, rounded up to the grain of the numbers.
fn of_equal_width(numbers: &BTreeMap<Decimal, u64>, many: u32) -> Vec<Decimal> {
    let (Some((least, _)), Some((greatest, _))) = (numbers.first_key_value(), numbers.last_key_value()) else {
        return Vec::new();
    };
    let grain = numbers.keys().map(|number| number.grain()).min().unwrap_or(1);
    let (range, many) = (greatest.units() - least.units(), i128::from(many));
    let cut = |place: i128| {
        let exact = least.units() + range / many * place + range % many * place / many;
        Decimal::of_units(exact + (-exact).rem_euclid(grain))
    };
    let mut cuts: Vec<Decimal> = (1..many).map(cut).filter(|cut| cut > least && cut <= greatest).collect();
    cuts.dedup();
    cuts
}

/// Returns the cuts below which the first, second, … of so many equal shares of the records lie.
fn of_equal_frequency(numbers: &BTreeMap<Decimal, u64>, many: u32) -> Vec<Decimal> {
    let records: u128 = numbers.values().map(|records| u128::from(*records)).sum();
    let (mut below, mut place, mut cuts) = (0_u128, 1_u128, Vec::new());
    for (number, here) in numbers {
        let first = place;
        while place < u128::from(many) && below * u128::from(many) >= records * place {
            place += 1;
        }
        if place > first {
            cuts.push(*number);
        }
        below += u128::from(*here);
    }
    cuts
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::{super::path, *};

    fn spec(toml: &str) -> Intervals {
        toml::from_str(toml).unwrap()
    }

    fn check(toml: &str, numbers: &[&str], number: &str, expect: &[&str]) {
        let h = spec(toml).build("h", &numbers.iter().copied().collect()).unwrap();
        assert_eq!(path(&h, number), expect, "{toml}");
    }

    #[test]
    fn intervals_repeat_join_and_end_at_the_coding() {
        let ages = "width = 5\nlevels = [2, 2]\nbottom = 3\ntop = 92\nmin = 0\nmax = 120";
        check(ages, &[], "34", &["34", "30-34", "30-39", "20-39", "*"]);
        check(ages, &[], "2", &["2", "<3", "<3", "<3", "*"]);
        check(ages, &[], "3", &["3", "3-4", "3-9", "3-19", "*"]);
        check(ages, &[], "91", &["91", "90-91", "90-91", "80-91", "*"]);
        check(ages, &[], "92", &["92", "≥92", "≥92", "≥92", "*"]);
        check(ages, &[], "unknown", &["unknown", "unknown", "unknown", "unknown", "*"]);
        check("width = 10\norigin = 5", &["4", "5", "007"], "007", &["7", "5-14", "*"]);
    }

    #[test]
    fn decimals_and_negative_numbers_have_half_open_labels() {
        check("width = 0.5\norigin = 0.1", &["0.59", "0.6"], "0.59", &["0.59", "[0.1, 0.6)", "*"]);
        check("width = 0.5\norigin = 0.1", &["0.59", "0.6"], "0.6", &["0.6", "[0.6, 1.1)", "*"]);
        check("width = 5", &["-3", "12"], "-3", &["-3", "[-5, 0)", "*"]);
        check("width = 5\nlabels = 'half-open'", &["12"], "12", &["12", "[10, 15)", "*"]);
        check("width = 5", &["12.5"], "12.5", &["12.5", "[10, 15)", "*"]);
        check("width = 1", &["3"], "3", &["3", "3", "*"]);
    }

    #[test]
    fn cuts_have_open_ends() {
        let cuts = "cuts = [18, 40, 65]\nlevels = [2, 2]";
        check(cuts, &["17", "18", "64", "65"], "17", &["17", "<18", "<40", "*", "*"]);
        check(cuts, &["17", "18", "64", "65"], "18", &["18", "18-39", "<40", "*", "*"]);
        check(cuts, &["17", "18", "64", "65"], "65", &["65", "≥65", "≥40", "*", "*"]);
    }

    #[test]
    fn the_column_gives_cuts_of_equal_width_or_frequency() {
        check("equal_width = 3", &["0", "100"], "0", &["0", "<34", "*"]);
        check("equal_width = 4", &["1.5", "3.5"], "3.5", &["3.5", "≥3", "*"]);
        let skewed: Vec<String> = [1, 1, 1, 1, 1, 1, 2, 3, 4, 9].iter().map(ToString::to_string).collect();
        let skewed: Vec<&str> = skewed.iter().map(String::as_str).collect();
        // Six of ten records are 1: the first and the second third end in it together.
        check("equal_frequency = 3", &skewed, "1", &["1", "<2", "*"]);
        check("equal_frequency = 3", &skewed, "2", &["2", "2", "*"]);
        check("equal_frequency = 3", &skewed, "9", &["9", "≥3", "*"]);
    }

    #[test]
    fn contradictions_are_refused_with_a_sentence() {
        let check = |toml: &str, expect: &str| {
            let error = spec(toml).build("age", &["1", "x"].into_iter().collect()).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check("", "exactly one of");
        check("width = 5\ncuts = [1]", "exactly one of");
        check("width = 0", "above zero");
        check("cuts = [2, 2]", "must rise");
        check("cuts = [2]\ntop = 3", "open ends");
        check("width = 1\nbottom = 3\ntop = 3", "below top");
        check("width = 1\nlevels = [1]", "at least two");
        check("width = 1\nmin = 3", "together");
        check("width = 1\nmin = 3\nmax = 2", "1,000,000");
        check("width = 0.5\nlabels = 'dash'", "half-open");
        check("equal_width = 3", "two different numbers");
        assert!(toml::from_str::<Intervals>("widht = 5").is_err());
        let none = spec("width = 5").build("age", &["x"].into_iter().collect()).unwrap_err();
        assert!(!none.to_string().contains('x') || none.to_string().contains("max"));
    }

    #[test]
    fn what_is_no_number_has_no_leaf() {
        let h = spec("width = 5").build("age", &["1", "1.0", "x"].into_iter().collect()).unwrap();
        assert_eq!((h.leaf("x"), h.leaf("1.0")), (None, h.leaf("1")));
    }

    proptest! {
        /// Every number lies between the bounds of its label, on every level, whatever the grid.
        #[test]
        fn a_number_lies_in_its_interval(
            numbers in prop::collection::vec(-500_i64..500, 1..30), width in 1_u32..40, origin in -20_i64..20,
            fans in prop::collection::vec(2_u32..5, 0..3),
        ) {
            let texts: Vec<String> = numbers.iter().map(|n| format!("{}.{}", n / 10, (n % 10).abs())).collect();
            let column: ColumnValues = texts.iter().map(String::as_str).collect();
            let tenth = |n: i64| Decimal::of_units(i128::from(n) * ONE_TENTH);
            let intervals = Intervals {
                width: Some(tenth(i64::from(width))), origin: tenth(origin), levels: fans.clone(), ..Intervals::default()
            };
            let h = intervals.build("h", &column).unwrap();
            for text in &texts {
                let number = Decimal::parse(text).unwrap();
                for (level, label) in path(&h, text).iter().enumerate().skip(1).take(fans.len() + 1) {
                    let inner = label.trim_matches(|c| "[)".contains(c));
                    let (low, high) = inner.split_once(", ").map_or_else(
                        || panic!("{label}"),
                        |(low, high)| (Decimal::parse(low).unwrap(), Decimal::parse(high).unwrap()),
                    );
                    let many: u32 = fans.iter().take(level - 1).product();
                    prop_assert!(low <= number && number < high, "{number} {label}");
                    prop_assert_eq!(high.units() - low.units(), i128::from(width * many) * ONE_TENTH);
                }
            }
        }
    }

    const ONE_TENTH: i128 = 100_000_000_000_000_000;
}
