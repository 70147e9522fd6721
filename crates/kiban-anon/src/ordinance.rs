//! The standard of processing 匿名加工の基準, 施行規則第18条 items 1 to 5, and the evidence a release gives for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One item of the ordinance's article 18 (`law.md` §2A; SEED-58).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// 一号: descriptions that identify a person, deleted or replaced without a rule that leads back.
    Descriptions,
    /// 二号: individual identification codes 個人識別符号, all deleted or so replaced.
    IdentificationCodes,
    /// 三号: codes that link what was processed with its source, deleted or so replaced.
    LinkingCodes,
    /// 四号: peculiar descriptions 特異な記述等, deleted or so replaced.
    Peculiarities,
    /// 五号: fitting measures in view of the differences between records and other properties of the database.
    DatabaseProperties,
}

impl Item {
    /// All items in order.
    pub const ALL: [Self; 5] = [
        Self::Descriptions,
        Self::IdentificationCodes,
        Self::LinkingCodes,
        Self::Peculiarities,
        Self::DatabaseProperties,
    ];

    /// Returns the item's number.
    pub fn number(self) -> u8 {
        match self {
            Self::Descriptions => 1,
            Self::IdentificationCodes => 2,
            Self::LinkingCodes => 3,
            Self::Peculiarities => 4,
            Self::DatabaseProperties => 5,
        }
    }

    /// Returns the duty in Japanese, in our words.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Descriptions => {
                "特定の個人を識別することができる記述等の全部又は一部を削除する（復元できる規則性のない方法による置換えを含む）"
            }
            Self::IdentificationCodes => "個人識別符号の全部を削除する（復元できる規則性のない方法による置換えを含む）",
            Self::LinkingCodes => {
                "加工前後の情報を相互に連結する符号を削除する（復元できる規則性のない方法による置換えを含む）"
            }
            Self::Peculiarities => "特異な記述等を削除する（復元できる規則性のない方法による置換えを含む）",
            Self::DatabaseProperties => {
                "情報間の差異その他データベースの性質を勘案し、その結果を踏まえて適切な措置を講ずる"
            }
        }
    }

    /// Returns the duty in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Descriptions => "delete descriptions that identify a person, or replace them irreversibly",
            Self::IdentificationCodes => "delete all individual identification codes, or replace them irreversibly",
            Self::LinkingCodes => {
                "delete codes that link the source and the processed data, or replace them irreversibly"
            }
            Self::Peculiarities => "delete peculiar descriptions, or replace them irreversibly",
            Self::DatabaseProperties => {
                "take fitting measures against differences between records and properties of the database"
            }
        }
    }
}

/// What was done to columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// The columns are not in the release 項目削除.
    Dropped,
    /// Whole persons or rows are not in the release レコード削除.
    RowsSuppressed,
    /// Single values are not in the release セル削除.
    CellsSuppressed,
    /// Values were replaced by wider groups 一般化.
    Generalised,
    /// Rare codes were replaced by groups of their tree 一般化.
    RolledUp,
    /// Extremes were replaced by thresholds トップ・ボトムコーディング.
    TopBottomCoded,
    /// Dates were moved per person 日付のシフト.
    DatesShifted,
    /// Rows outside the shared window were cut off.
    Truncated,
    /// Identifiers were replaced by fresh random ones 乱数による置換え.
    RandomIds,
    /// Classes were counted and found large enough k-匿名性.
    ClassesChecked,
}

/// One measure taken, with the numbers that show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The item it answers.
    pub item: Item,
    /// What was done.
    pub operation: Operation,
    /// The columns, as `table.column`.
    pub columns: Vec<String>,
    /// What was counted, by name: `rows`, `persons`, `codes`, `smallest_class`, …
    pub counts: BTreeMap<String, u64>,
}

/// States that an item has no object in this data, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoObject {
    /// The item.
    pub item: Item,
    /// The reason, for the reviewers.
    pub reason: String,
}

/// What is wrong with a plan's answer to one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Neither a measure nor a reason.
    Unanswered(Item),
    /// A measure that names no column, so it did nothing.
    EmptyMeasure(Item),
    /// A statement without a reason.
    NoReason(Item),
    /// Both measures and the statement that there is nothing to measure.
    Contradiction(Item),
}

/// Returns what a release plan leaves open; an empty list means that all five items are answered.
///
/// ```
/// use kiban_anon::ordinance::{Gap, Item, NoObject, open_items};
/// let reason = "the source tables hold no such codes".to_owned();
/// let open = open_items(&[], &[NoObject { item: Item::IdentificationCodes, reason }]);
/// assert_eq!(open.len(), 4);
/// assert!(!open.contains(&Gap::Unanswered(Item::IdentificationCodes)));
/// ```
pub fn open_items(measures: &[Measure], absent: &[NoObject]) -> Vec<Gap> {
    let mut open = Vec::new();
    for item in Item::ALL {
        let taken: Vec<_> = measures.iter().filter(|m| m.item == item).collect();
        let absences: Vec<_> = absent.iter().filter(|a| a.item == item).collect();
        match (taken.is_empty(), absences.is_empty()) {
            (true, true) => open.push(Gap::Unanswered(item)),
            (false, false) => open.push(Gap::Contradiction(item)),
            _ => {}
        }
        if taken.iter().any(|m| m.columns.is_empty()) {
            open.push(Gap::EmptyMeasure(item));
        }
        if absences.iter().any(|a| a.reason.trim().is_empty()) {
            open.push(Gap::NoReason(item));
        }
    }
    open
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn measure(item: Item, columns: &[&str]) -> Measure {
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        Measure { item, operation: Operation::Dropped, columns, counts: BTreeMap::new() }
    }

    #[test]
    fn a_plan_must_answer_every_item_once() {
        let all: Vec<_> = Item::ALL.iter().map(|i| measure(*i, &["person.name"])).collect();
        assert_eq!(open_items(&all, &[]), vec![]);
        assert_eq!(open_items(&all[1..], &[]), vec![Gap::Unanswered(Item::Descriptions)]);
        let none = |reason: &str| NoObject { item: Item::Descriptions, reason: reason.to_owned() };
        assert_eq!(open_items(&all[1..], &[none("names never enter")]), vec![]);
        assert_eq!(open_items(&all[1..], &[none(" ")]), vec![Gap::NoReason(Item::Descriptions)]);
        assert_eq!(open_items(&all, &[none("x")]), vec![Gap::Contradiction(Item::Descriptions)]);
        let empty = [&all[..4], &[measure(Item::DatabaseProperties, &[])]].concat();
        assert_eq!(open_items(&empty, &[]), vec![Gap::EmptyMeasure(Item::DatabaseProperties)]);
    }

    #[test]
    fn items_are_numbered_as_the_ordinance_does() {
        assert_eq!(Item::ALL.map(Item::number), [1, 2, 3, 4, 5]);
        assert!(Item::ALL.iter().all(|i| !i.ja().is_empty() && i.en().is_ascii()));
    }
}
