//! An order of values whose neighbours join, by number or by name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ANY, ColumnValues, Hierarchy, LevelName, UNKNOWN};
use crate::error::{Error, Result};

/// Describes values in an order and, level by level, how they join.
///
/// ```
/// use kiban_anon::{Hierarchy, HierarchySpec, Joining, Order};
/// let values = ["none", "mild", "moderate", "severe"].map(str::to_owned).to_vec();
/// let pain = HierarchySpec::Order(Order { values, levels: vec![Joining::Neighbours(2)] });
/// assert_eq!(pain.over("pain", ["mild"])?.label(1, 0), Some("none – mild"));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The values in their order; those of the column in the order of their text where none are given.
    #[serde(default)]
    pub values: Vec<String>,
    /// How groups come about, level by level from 1 on.
    pub levels: Vec<Joining>,
}

/// How the groups of a level come about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected how many neighbours join, or a table of groups with their members")]
pub enum Joining {
    /// So many neighbours join; the group is called after its first and last value.
    Neighbours(u32),
    /// A group's name and the labels of the level below that it holds.
    Named(BTreeMap<String, Vec<String>>),
}

/// The label of each value on one level.
type Labels = Vec<String>;

impl Order {
    pub(super) fn build(&self, name: &str, column: &ColumnValues) -> Result<Hierarchy> {
        let wrong = |why| Error::BadParameter { what: name.to_owned(), why };
        let texts = column.texts().filter(|text| super::is_value(text)).map(str::to_owned);
        let values: Labels = if self.values.is_empty() { texts.collect() } else { self.values.clone() };
        if values.is_empty() {
            return Err(wrong("there is no value: give values, or a column"));
        }
        let mut rows: Vec<Vec<String>> = values.iter().map(|value| vec![value.clone()]).collect();
        for joining in &self.levels {
            let below: Labels = rows.iter().filter_map(|row| row.last().cloned()).collect();
            let labels = match joining {
                Joining::Neighbours(many) => neighbours(&below, &values, *many).map_err(wrong)?,
                Joining::Named(groups) => named(&below, groups).map_err(wrong)?,
            };
            rows.iter_mut().zip(labels).for_each(|(row, label)| row.push(label));
        }
        rows.iter_mut().for_each(|row| row.push(ANY.to_owned()));
        if !values.iter().any(|value| value == UNKNOWN) {
            rows.push(super::unknown_row(self.levels.len() + 2));
        }
        Hierarchy::from_named_rows(name, self.names(), &rows)
    }

    fn names(&self) -> Vec<LevelName> {
        let title = |(at, joining): (usize, &Joining)| match joining {
            Joining::Neighbours(many) => LevelName::new(format!("{many} joined"), format!("{many}個ずつ")),
            Joining::Named(_) => LevelName::new(format!("groups {}", at + 1), format!("群{}", at + 1)),
        };
        let groups = self.levels.iter().enumerate().map(title);
        [LevelName::new("value", "値")].into_iter().chain(groups).chain([LevelName::all()]).collect()
    }
}

/// Joins so many groups that follow each other; a group is called after its first and last value.
fn neighbours(below: &[String], values: &[String], many: u32) -> std::result::Result<Labels, &'static str> {
    if many < 2 {
        return Err("each level must join at least two neighbours");
    }
    let many = usize::try_from(many).unwrap_or(usize::MAX);
    let runs: Vec<&[String]> = below.chunk_by(|a, b| a == b).collect();
    let (mut labels, mut from) = (Vec::new(), 0);
    for joined in runs.chunks(many) {
        let size: usize = joined.iter().map(|run| run.len()).sum();
        let group = values.get(from..from + size).unwrap_or(&[]);
        let label = match (joined, group) {
            // A group that stays alone keeps its name.
            ([alone], _) => alone.first().cloned().unwrap_or_default(),
            (_, [first, .., last]) => format!("{first} – {last}"),
            _ => group.first().cloned().unwrap_or_default(),
        };
        labels.extend(std::iter::repeat_n(label, size));
        from += size;
    }
    Ok(labels)
}

fn named(below: &[String], groups: &BTreeMap<String, Vec<String>>) -> std::result::Result<Labels, &'static str> {
    let mut group_of: BTreeMap<&str, &str> = BTreeMap::new();
    for (group, members) in groups {
        for member in members {
            if !below.contains(member) {
                return Err("a named group holds a label that the level below does not have");
            }
            if group_of.insert(member, group).is_some() {
                return Err("a label stands in two named groups of one level");
            }
        }
    }
    let label = |member: &String| group_of.get(member.as_str()).map(|group| (*group).to_owned());
    let labels: Option<Labels> = below.iter().map(label).collect();
    labels.ok_or("the named groups leave out a label of the level below")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{super::path, *};

    fn build(toml: &str, column: &[&str]) -> Result<Hierarchy> {
        toml::from_str::<Order>(toml).unwrap().build("h", &column.iter().copied().collect())
    }

    #[test]
    fn neighbours_join_and_are_called_after_first_and_last() {
        let h = build("values = ['low', 'mid', 'high', 'top', 'max']\nlevels = [2, 2]", &[]).unwrap();
        assert_eq!(path(&h, "mid"), ["mid", "low – mid", "low – top", "*"]);
        assert_eq!(path(&h, "max"), ["max", "max", "max", "*"]);
        assert_eq!(path(&h, UNKNOWN), [UNKNOWN, UNKNOWN, UNKNOWN, "*"]);
        let h = build("levels = [2]", &["c", "a", "b"]).unwrap();
        assert_eq!(path(&h, "b"), ["b", "a – b", "*"]);
    }

    #[test]
    fn named_groups_may_follow_neighbours_and_the_other_way_round() {
        let toml = "values = ['1', '2', '3', '4']\nlevels = [{ A = ['1', '2'], B = ['3'], C = ['4'] }, 2, { few = ['1 – 3'], many = ['C'] }]";
        let h = build(toml, &[]).unwrap();
        assert_eq!(path(&h, "3"), ["3", "B", "1 – 3", "few", "*"]);
        assert_eq!(path(&h, "4"), ["4", "C", "C", "many", "*"]);
        assert_eq!(
            h.levels().iter().map(|l| l.name()).collect::<Vec<_>>(),
            ["value", "groups 1", "2 joined", "groups 3", "all"]
        );
    }

    #[test]
    fn groups_that_do_not_fit_are_refused_with_a_sentence() {
        let check = |levels: &str, expect: &str| {
            let error = build(&format!("values = ['x1', 'x2']\nlevels = {levels}"), &[]).unwrap_err().to_string();
            assert!(error.contains(expect) && !error.contains("x1"), "{error}");
        };
        check("[1]", "at least two");
        check("[{ A = ['x1'] }]", "leave out");
        check("[{ A = ['x1', 'x2'], B = ['x2'] }]", "two named groups");
        check("[{ A = ['x1', 'x2', 'x3'] }]", "does not have");
        assert!(build("levels = [2]", &[]).unwrap_err().to_string().contains("no value"));
        assert!(matches!(build("values = ['a', 'a']\nlevels = []", &[]), Err(Error::RepeatedLeaf { row: 1, .. })));
    }
}
