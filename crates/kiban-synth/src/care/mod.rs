//! Illness and care: what befalls a person, and what each facility sees of it.

mod catalogue;
mod chart;
mod course;
mod items;

pub(crate) use catalogue::{Allergen, Span, Vaccine};
pub(crate) use chart::{Chart, ChartPlan, Ending, LabResult, Outcome, Prescription, Problem, Visit, chart};
pub(crate) use course::{Course, course};
pub(crate) use items::{
    Act, BIOCHEMISTRY, BLOOD_DRAW, CHRONIC_CARE, DISPENSING, DISPENSING_EXTERNAL, FIRST_VISIT, OUTPATIENT_CARE,
    PRESCRIBING, RETURN_VISIT, Taken,
};
