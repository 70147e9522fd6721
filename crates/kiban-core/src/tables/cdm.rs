//! OMOP CDM v5.4 tables that Kiban fills (OHDSI CommonDataModel, field-level specification v5.4).
//!
//! Column names, types and requiredness are those of the specification, which a test holds them against. Source codes
//! stand beside concept ids. Behind the columns of the specification each table carries Kiban's own ([`TRACE`]).

use super::{Column, columns};

/// Columns that Kiban adds behind those of the specification: who sent the row, where it stands in the delivery, and the
/// system its source code belongs to.
pub const TRACE: &[Column] = columns! {
    required facility: Text Lineage,
    required patient_ref: Long Key,
    required delivery: Int Lineage,
    required file: Int Lineage,
    required offset: Long Lineage,
    optional source_system: Text Clinical,
};

/// A table of the common data model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CdmTable {
    /// Name, as in the specification.
    pub name: &'static str,
    /// Columns of the specification, in its order.
    pub columns: &'static [Column],
}

impl CdmTable {
    /// Returns the table of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CDM_TABLES.iter().find(|table| table.name == name)
    }

    /// Returns the column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns whether rows belong to one person.
    pub fn is_of_person(&self) -> bool {
        self.column("person_id").is_some()
    }
}

/// Every table that Kiban fills, in the order of the specification.
pub const CDM_TABLES: &[CdmTable] = &[
    CdmTable { name: "person", columns: PERSON },
    CdmTable { name: "observation_period", columns: OBSERVATION_PERIOD },
    CdmTable { name: "visit_occurrence", columns: VISIT_OCCURRENCE },
    CdmTable { name: "condition_occurrence", columns: CONDITION_OCCURRENCE },
    CdmTable { name: "drug_exposure", columns: DRUG_EXPOSURE },
    CdmTable { name: "procedure_occurrence", columns: PROCEDURE_OCCURRENCE },
    CdmTable { name: "measurement", columns: MEASUREMENT },
    CdmTable { name: "observation", columns: OBSERVATION },
    CdmTable { name: "death", columns: DEATH },
    CdmTable { name: "specimen", columns: SPECIMEN },
    CdmTable { name: "note", columns: NOTE },
    CdmTable { name: "location", columns: LOCATION },
    CdmTable { name: "care_site", columns: CARE_SITE },
    CdmTable { name: "payer_plan_period", columns: PAYER_PLAN_PERIOD },
    CdmTable { name: "cost", columns: COST },
];

const PERSON: &[Column] = columns! {
    required person_id: Long Key,
    required gender_concept_id: Long Quasi,
    required year_of_birth: Long Quasi,
    optional month_of_birth: Long Quasi,
    optional day_of_birth: Long Quasi,
    optional birth_datetime: Instant Quasi,
    required race_concept_id: Long Quasi,
    required ethnicity_concept_id: Long Quasi,
    optional location_id: Long Key,
    optional provider_id: Long Key,
    optional care_site_id: Long Key,
    optional person_source_value: Text Direct,
    optional gender_source_value: Text Quasi,
    optional gender_source_concept_id: Long Quasi,
    optional race_source_value: Text Quasi,
    optional race_source_concept_id: Long Quasi,
    optional ethnicity_source_value: Text Quasi,
    optional ethnicity_source_concept_id: Long Quasi,
};

const OBSERVATION_PERIOD: &[Column] = columns! {
    required observation_period_id: Long Key,
    required person_id: Long Key,
    required observation_period_start_date: Date Date,
    required observation_period_end_date: Date Date,
    required period_type_concept_id: Long Clinical,
};

const VISIT_OCCURRENCE: &[Column] = columns! {
    required visit_occurrence_id: Long Key,
    required person_id: Long Key,
    required visit_concept_id: Long Clinical,
    required visit_start_date: Date Date,
    optional visit_start_datetime: Instant Date,
    required visit_end_date: Date Date,
    optional visit_end_datetime: Instant Date,
    required visit_type_concept_id: Long Clinical,
    optional provider_id: Long Key,
    optional care_site_id: Long Key,
    optional visit_source_value: Text Clinical,
    optional visit_source_concept_id: Long Clinical,
    optional admitted_from_concept_id: Long Clinical,
    optional admitted_from_source_value: Text Clinical,
    optional discharged_to_concept_id: Long Clinical,
    optional discharged_to_source_value: Text Clinical,
    optional preceding_visit_occurrence_id: Long Key,
};

const CONDITION_OCCURRENCE: &[Column] = columns! {
    required condition_occurrence_id: Long Key,
    required person_id: Long Key,
    required condition_concept_id: Long Clinical,
    required condition_start_date: Date Date,
    optional condition_start_datetime: Instant Date,
    optional condition_end_date: Date Date,
    optional condition_end_datetime: Instant Date,
    required condition_type_concept_id: Long Clinical,
    optional condition_status_concept_id: Long Clinical,
    optional stop_reason: Text FreeText,
    optional provider_id: Long Key,
    optional visit_occurrence_id: Long Key,
    optional visit_detail_id: Long Key,
    optional condition_source_value: Text Clinical,
    optional condition_source_concept_id: Long Clinical,
    optional condition_status_source_value: Text Clinical,
};

const DRUG_EXPOSURE: &[Column] = columns! {
    required drug_exposure_id: Long Key,
    required person_id: Long Key,
    required drug_concept_id: Long Clinical,
    required drug_exposure_start_date: Date Date,
    optional drug_exposure_start_datetime: Instant Date,
    required drug_exposure_end_date: Date Date,
    optional drug_exposure_end_datetime: Instant Date,
    optional verbatim_end_date: Date Date,
    required drug_type_concept_id: Long Clinical,
    optional stop_reason: Text FreeText,
    optional refills: Long Clinical,
    optional quantity: Float Clinical,
    optional days_supply: Long Clinical,
    optional sig: Text FreeText,
    optional route_concept_id: Long Clinical,
    optional lot_number: Text FreeText,
    optional provider_id: Long Key,
    optional visit_occurrence_id: Long Key,
    optional visit_detail_id: Long Key,
    optional drug_source_value: Text Clinical,
    optional drug_source_concept_id: Long Clinical,
    optional route_source_value: Text Clinical,
    optional dose_unit_source_value: Text Clinical,
};

const PROCEDURE_OCCURRENCE: &[Column] = columns! {
    required procedure_occurrence_id: Long Key,
    required person_id: Long Key,
    required procedure_concept_id: Long Clinical,
    required procedure_date: Date Date,
    optional procedure_datetime: Instant Date,
    optional procedure_end_date: Date Date,
    optional procedure_end_datetime: Instant Date,
    required procedure_type_concept_id: Long Clinical,
    optional modifier_concept_id: Long Clinical,
    optional quantity: Long Clinical,
    optional provider_id: Long Key,
    optional visit_occurrence_id: Long Key,
    optional visit_detail_id: Long Key,
    optional procedure_source_value: Text Clinical,
    optional procedure_source_concept_id: Long Clinical,
    optional modifier_source_value: Text Clinical,
};

const MEASUREMENT: &[Column] = columns! {
    required measurement_id: Long Key,
    required person_id: Long Key,
    required measurement_concept_id: Long Clinical,
    required measurement_date: Date Date,
    optional measurement_datetime: Instant Date,
    optional measurement_time: Text Date,
    required measurement_type_concept_id: Long Clinical,
    optional operator_concept_id: Long Clinical,
    optional value_as_number: Float Clinical,
    optional value_as_concept_id: Long Clinical,
    optional unit_concept_id: Long Clinical,
    optional range_low: Float Clinical,
    optional range_high: Float Clinical,
    optional provider_id: Long Key,
    optional visit_occurrence_id: Long Key,
    optional visit_detail_id: Long Key,
    optional measurement_source_value: Text Clinical,
    optional measurement_source_concept_id: Long Clinical,
    optional unit_source_value: Text Clinical,
    optional unit_source_concept_id: Long Clinical,
    optional value_source_value: Text FreeText,
    optional measurement_event_id: Long Key,
    optional meas_event_field_concept_id: Long Clinical,
};

const OBSERVATION: &[Column] = columns! {
    required observation_id: Long Key,
    required person_id: Long Key,
    required observation_concept_id: Long Clinical,
    required observation_date: Date Date,
    optional observation_datetime: Instant Date,
    required observation_type_concept_id: Long Clinical,
    optional value_as_number: Float Clinical,
    optional value_as_string: Text FreeText,
    optional value_as_concept_id: Long Clinical,
    optional qualifier_concept_id: Long Clinical,
    optional unit_concept_id: Long Clinical,
    optional provider_id: Long Key,
    optional visit_occurrence_id: Long Key,
    optional visit_detail_id: Long Key,
    optional observation_source_value: Text Clinical,
    optional observation_source_concept_id: Long Clinical,
    optional unit_source_value: Text Clinical,
    optional qualifier_source_value: Text Clinical,
    optional value_source_value: Text FreeText,
    optional observation_event_id: Long Key,
    optional obs_event_field_concept_id: Long Clinical,
};

const DEATH: &[Column] = columns! {
    required person_id: Long Key,
    required death_date: Date Date,
    optional death_datetime: Instant Date,
    optional death_type_concept_id: Long Clinical,
    optional cause_concept_id: Long Clinical,
    optional cause_source_value: Text Clinical,
    optional cause_source_concept_id: Long Clinical,
};

const SPECIMEN: &[Column] = columns! {
    required specimen_id: Long Key,
    required person_id: Long Key,
    required specimen_concept_id: Long Clinical,
    required specimen_type_concept_id: Long Clinical,
    required specimen_date: Date Date,
    optional specimen_datetime: Instant Date,
    optional quantity: Float Clinical,
    optional unit_concept_id: Long Clinical,
    optional anatomic_site_concept_id: Long Clinical,
    optional disease_status_concept_id: Long Clinical,
    optional specimen_source_id: Text Key,
    optional specimen_source_value: Text Clinical,
    optional unit_source_value: Text Clinical,
    optional anatomic_site_source_value: Text Clinical,
    optional disease_status_source_value: Text Clinical,
};

const NOTE: &[Column] = columns! {
    required note_id: Long Key,
    required person_id: Long Key,
    required note_date: Date Date,
    optional note_datetime: Instant Date,
    required note_type_concept_id: Long Clinical,
    required note_class_concept_id: Long Clinical,
    optional note_title: Text FreeText,
    required note_text: Text FreeText,
    required encoding_concept_id: Long Clinical,
    required language_concept_id: Long Clinical,
    optional provider_id: Long Key,
    optional visit_occurrence_id: Long Key,
    optional visit_detail_id: Long Key,
    optional note_source_value: Text Clinical,
    optional note_event_id: Long Key,
    optional note_event_field_concept_id: Long Clinical,
};

const LOCATION: &[Column] = columns! {
    required location_id: Long Key,
    optional address_1: Text Direct,
    optional address_2: Text Direct,
    optional city: Text Quasi,
    optional state: Text Quasi,
    optional zip: Text Quasi,
    optional county: Text Quasi,
    optional location_source_value: Text Direct,
    optional country_concept_id: Long Quasi,
    optional country_source_value: Text Quasi,
    optional latitude: Float Direct,
    optional longitude: Float Direct,
};

const CARE_SITE: &[Column] = columns! {
    required care_site_id: Long Key,
    optional care_site_name: Text Direct,
    optional place_of_service_concept_id: Long Clinical,
    optional location_id: Long Key,
    optional care_site_source_value: Text Direct,
    optional place_of_service_source_value: Text Clinical,
};

const PAYER_PLAN_PERIOD: &[Column] = columns! {
    required payer_plan_period_id: Long Key,
    required person_id: Long Key,
    required payer_plan_period_start_date: Date Date,
    required payer_plan_period_end_date: Date Date,
    optional payer_concept_id: Long Clinical,
    optional payer_source_value: Text Clinical,
    optional payer_source_concept_id: Long Clinical,
    optional plan_concept_id: Long Clinical,
    optional plan_source_value: Text Clinical,
    optional plan_source_concept_id: Long Clinical,
    optional sponsor_concept_id: Long Clinical,
    optional sponsor_source_value: Text Clinical,
    optional sponsor_source_concept_id: Long Clinical,
    optional family_source_value: Text Clinical,
    optional stop_reason_concept_id: Long Clinical,
    optional stop_reason_source_value: Text Clinical,
    optional stop_reason_source_concept_id: Long Clinical,
};

const COST: &[Column] = columns! {
    required cost_id: Long Key,
    required cost_event_id: Long Key,
    required cost_domain_id: Text Key,
    required cost_type_concept_id: Long Clinical,
    optional currency_concept_id: Long Clinical,
    optional total_charge: Float Clinical,
    optional total_cost: Float Clinical,
    optional total_paid: Float Clinical,
    optional paid_by_payer: Float Clinical,
    optional paid_by_patient: Float Clinical,
    optional paid_patient_copay: Float Clinical,
    optional paid_patient_coinsurance: Float Clinical,
    optional paid_patient_deductible: Float Clinical,
    optional paid_by_primary: Float Clinical,
    optional paid_ingredient_cost: Float Clinical,
    optional paid_dispensing_fee: Float Clinical,
    optional payer_plan_period_id: Long Key,
    optional amount_allowed: Float Clinical,
    optional revenue_code_concept_id: Long Clinical,
    optional revenue_code_source_value: Text Clinical,
    optional drg_concept_id: Long Clinical,
    optional drg_source_value: Text Clinical,
};
