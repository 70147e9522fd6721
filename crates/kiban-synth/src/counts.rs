//! What was written, counted while writing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{dirt::Dirt, record::Delivery};

/// What one facility's files hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FacilityCounts {
    /// Patients by local id; a double registration counts twice.
    pub patients: u64,
    /// Records of the first delivery by type, spoilt and doubled ones included: SS-MIX2 files by kind, FHIR lines by
    /// resource type, claim lines by record type.
    pub delivery_1: BTreeMap<&'static str, u64>,
    /// Records of the second delivery, likewise.
    pub delivery_2: BTreeMap<&'static str, u64>,
    /// Spoilt records by kind.
    pub dirt: BTreeMap<&'static str, u64>,
    /// Records of the first delivery that the second one replaces.
    pub superseded: u64,
    /// Records of the first delivery that the second one deletes.
    pub deleted: u64,
    /// Claim points written in HO, equal to the sum of points × times and to GO.
    pub points: u64,
    /// Rows by paper: notices, objections, withdrawals, late objections.
    pub papers: BTreeMap<&'static str, u64>,
}

impl FacilityCounts {
    /// Counts a record.
    pub(crate) fn add(&mut self, delivery: Delivery, kind: &'static str) {
        let table = match delivery {
            Delivery::First => &mut self.delivery_1,
            Delivery::Second => &mut self.delivery_2,
        };
        *table.entry(kind).or_default() += 1;
    }

    /// Counts a spoilt record.
    pub(crate) fn plant(&mut self, dirt: Dirt) {
        *self.dirt.entry(dirt.word()).or_default() += 1;
    }
}
