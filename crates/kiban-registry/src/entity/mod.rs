//! One file per noun: the rows as the database holds them. No other crate sees these.

pub(crate) mod audit_body;
pub(crate) mod birth;
pub(crate) mod capacity;
pub(crate) mod checkpoint;
pub(crate) mod data_release;
pub(crate) mod death;
pub(crate) mod deletion_request;
pub(crate) mod delivery;
pub(crate) mod facility;
pub(crate) mod facility_state;
pub(crate) mod filing;
pub(crate) mod filing_item;
pub(crate) mod finding;
pub(crate) mod incident;
pub(crate) mod job;
pub(crate) mod link_constraint;
pub(crate) mod notice;
pub(crate) mod objection;
pub(crate) mod person_change;
pub(crate) mod project;
pub(crate) mod release_subject;
pub(crate) mod review;
pub(crate) mod stage_commit;
pub(crate) mod withdrawal;
pub(crate) mod work_item;
