//! Source tables: what a facility sent, in its own codes, in one shape for all formats.
//!
//! Readers in `kiban-formats` fill these; the lake keeps them as `source/<format>/<table>`. Every row begins with the
//! same lineage columns ([`LINEAGE`]), so that any row anywhere leads back to (delivery, file, offset). A code is kept
//! as HL7's six-tuple, verbatim: `code, code_text, code_system, alt_code, alt_text, alt_system`.

use super::{Column, columns};

/// Columns that begin every source table.
///
/// `record_key` identifies the record within the facility (a 63-bit hash of the source's own identity, such as order
/// number and line), `version` orders its versions, and `deleted` marks a tombstone: the highest
/// (`version`, `delivery`, `file`, `offset`) of a key wins. `document_key` identifies what is corrected as a whole (the
/// message, claim or resource that carried the row): of one document only rows of the highest (`version`, `delivery`,
/// `file`) stand, so that a corrected order with fewer lines takes the missing ones away.
pub const LINEAGE: &[Column] = columns! {
    required facility: Text Lineage,
    required delivery: Int Lineage,
    required file: Int Lineage,
    required offset: Long Lineage,
    required patient_ref: Long Key,
    required record_key: Long Lineage,
    required document_key: Long Lineage,
    required version: Long Lineage,
    required deleted: Bool Lineage,
};

/// Names a source table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceTable {
    /// Identity of a patient; goes to the vault.
    Patient,
    /// Insurance coverage; goes to the vault.
    Coverage,
    /// Visits and admissions.
    Visit,
    /// Diagnoses.
    Condition,
    /// Prescriptions, administrations, dispensings, immunisations.
    Drug,
    /// Procedures.
    Procedure,
    /// Laboratory results and vital signs.
    Measurement,
    /// Allergies and other observations.
    Observation,
    /// Specimens.
    Specimen,
    /// Deaths.
    Death,
    /// Costs of claims.
    Cost,
}

/// Every source table, in order.
pub const SOURCE_TABLES: &[SourceTable] = &[
    SourceTable::Patient,
    SourceTable::Coverage,
    SourceTable::Visit,
    SourceTable::Condition,
    SourceTable::Drug,
    SourceTable::Procedure,
    SourceTable::Measurement,
    SourceTable::Observation,
    SourceTable::Specimen,
    SourceTable::Death,
    SourceTable::Cost,
];

impl SourceTable {
    /// Returns the table's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Coverage => "coverage",
            Self::Visit => "visit",
            Self::Condition => "condition",
            Self::Drug => "drug",
            Self::Procedure => "procedure",
            Self::Measurement => "measurement",
            Self::Observation => "observation",
            Self::Specimen => "specimen",
            Self::Death => "death",
            Self::Cost => "cost",
        }
    }

    /// Returns whether the table holds direct identifiers and so belongs to the vault.
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::Patient | Self::Coverage)
    }

    /// Returns the filed data item that a row of this table belongs to.
    pub const fn data_item(self) -> crate::DataItem {
        use crate::DataItem;
        match self {
            Self::Patient | Self::Coverage => DataItem::Demographics,
            Self::Visit => DataItem::Visits,
            Self::Condition => DataItem::Conditions,
            Self::Drug => DataItem::Drugs,
            Self::Procedure => DataItem::Procedures,
            Self::Measurement | Self::Specimen => DataItem::Measurements,
            Self::Observation => DataItem::Observations,
            Self::Death => DataItem::Death,
            Self::Cost => DataItem::Claims,
        }
    }

    /// Returns the columns that follow [`LINEAGE`].
    pub const fn own_columns(self) -> &'static [Column] {
        match self {
            Self::Patient => PATIENT,
            Self::Coverage => COVERAGE,
            Self::Visit => VISIT,
            Self::Condition => CONDITION,
            Self::Drug => DRUG,
            Self::Procedure => PROCEDURE,
            Self::Measurement => MEASUREMENT,
            Self::Observation => OBSERVATION,
            Self::Specimen => SPECIMEN,
            Self::Death => DEATH,
            Self::Cost => COST,
        }
    }

    /// Returns all columns: [`LINEAGE`], then its own.
    pub fn columns(self) -> impl Iterator<Item = &'static Column> {
        LINEAGE.iter().chain(self.own_columns())
    }
}

/// `sex` is `M`, `F`, `O` or `U`. `birth_text` is what was sent; `birth_date` is it understood. Where the sender splits
/// names, `name_kanji` and `name_kana` hold family and given name with one space between.
const PATIENT: &[Column] = columns! {
    required local_id: Text Direct,
    optional name_kanji: Text Direct,
    optional name_kana: Text Direct,
    optional name_romaji: Text Direct,
    optional birth_text: Text Direct,
    optional birth_date: Date Direct,
    optional sex: Text Quasi,
    optional postal_code: Text Direct,
    optional address: Text Direct,
    optional phone: Text Direct,
};

/// `insurer` is 保険者番号 (8 digits, left zero padded), then 記号, 番号, 枝番 as sent.
const COVERAGE: &[Column] = columns! {
    optional insurer: Text Direct,
    optional symbol: Text Direct,
    optional number: Text Direct,
    optional branch: Text Direct,
    optional relationship: Text Clinical,
    optional plan: Text Clinical,
    optional start_date: Date Date,
    optional end_date: Date Date,
};

/// `visit_key` joins events to their visit. `kind` is `inpatient`, `outpatient`, `emergency`, `home` or `other`.
const VISIT: &[Column] = columns! {
    required visit_key: Long Key,
    required kind: Text Clinical,
    optional start_date: Date Date,
    optional end_date: Date Date,
    optional start_at: Instant Date,
    optional end_at: Instant Date,
    optional department: Text Clinical,
    optional department_text: Text Clinical,
    optional admitted_from: Text Clinical,
    optional discharged_to: Text Clinical,
};

/// `status` is `confirmed`, `provisional` or `refuted`; `rank` is `main` or `other`; `outcome` is the sender's own code.
const CONDITION: &[Column] = columns! {
    optional visit_key: Long Key,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
    optional alt_code: Text Clinical,
    optional alt_text: Text Clinical,
    optional alt_system: Text Clinical,
    optional start_date: Date Date,
    optional end_date: Date Date,
    required status: Text Clinical,
    optional rank: Text Clinical,
    optional outcome: Text Clinical,
};

/// `kind` is `prescribed`, `administered`, `dispensed`, `claimed`, `immunised` or `stated`.
const DRUG: &[Column] = columns! {
    optional visit_key: Long Key,
    required kind: Text Clinical,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
    optional alt_code: Text Clinical,
    optional alt_text: Text Clinical,
    optional alt_system: Text Clinical,
    optional start_date: Date Date,
    optional end_date: Date Date,
    optional days_supply: Int Clinical,
    optional quantity: Float Clinical,
    optional quantity_unit: Text Clinical,
    optional dose: Float Clinical,
    optional dose_unit: Text Clinical,
    optional route: Text Clinical,
    optional sig: Text FreeText,
};

const PROCEDURE: &[Column] = columns! {
    optional visit_key: Long Key,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
    optional alt_code: Text Clinical,
    optional alt_text: Text Clinical,
    optional alt_system: Text Clinical,
    optional start_date: Date Date,
    optional end_date: Date Date,
    optional quantity: Int Clinical,
};

/// `value_text` is the value as sent; `value_number` with `operator` (`<`, `<=`, `=`, `>=`, `>`) or `value_code` is it
/// understood. `flag` is the sender's abnormality flag.
const MEASUREMENT: &[Column] = columns! {
    optional visit_key: Long Key,
    optional specimen_key: Long Key,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
    optional alt_code: Text Clinical,
    optional alt_text: Text Clinical,
    optional alt_system: Text Clinical,
    optional start_date: Date Date,
    optional start_at: Instant Date,
    optional value_text: Text FreeText,
    optional value_number: Float Clinical,
    optional operator: Text Clinical,
    optional value_code: Text Clinical,
    optional value_code_text: Text Clinical,
    optional value_code_system: Text Clinical,
    optional unit: Text Clinical,
    optional range_low: Float Clinical,
    optional range_high: Float Clinical,
    optional flag: Text Clinical,
};

/// `kind` is `allergy`, `social`, `survey` or `other`.
const OBSERVATION: &[Column] = columns! {
    optional visit_key: Long Key,
    required kind: Text Clinical,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
    optional alt_code: Text Clinical,
    optional alt_text: Text Clinical,
    optional alt_system: Text Clinical,
    optional start_date: Date Date,
    optional value_text: Text FreeText,
    optional value_number: Float Clinical,
    optional value_code: Text Clinical,
    optional value_code_text: Text Clinical,
    optional value_code_system: Text Clinical,
    optional unit: Text Clinical,
};

const SPECIMEN: &[Column] = columns! {
    required specimen_key: Long Key,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
    optional start_date: Date Date,
};

const DEATH: &[Column] = columns! {
    optional death_date: Date Date,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
};

/// `item` is what is paid for: `receipt` (the whole claim), `procedure`, `drug` or `device`. `points` are 点 of ten yen.
const COST: &[Column] = columns! {
    optional visit_key: Long Key,
    required item: Text Clinical,
    optional code: Text Clinical,
    optional code_text: Text Clinical,
    optional code_system: Text Clinical,
    optional start_date: Date Date,
    optional points: Float Clinical,
    optional yen: Float Clinical,
    optional payer: Text Clinical,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_identifiers_live_in_the_vault_only() {
        for table in SOURCE_TABLES {
            let direct = table.columns().any(|c| c.privacy == super::super::Privacy::Direct);
            assert_eq!(direct, table.is_identity(), "{}", table.name());
        }
    }

    #[test]
    fn column_names_are_unique_within_a_table() {
        for table in SOURCE_TABLES {
            let mut names: Vec<_> = table.columns().map(|c| c.name).collect();
            names.sort_unstable();
            let before = names.len();
            names.dedup();
            assert_eq!(names.len(), before, "{}", table.name());
        }
    }
}
