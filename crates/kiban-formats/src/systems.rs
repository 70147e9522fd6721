//! Names of code systems that a format implies without stating them.
//!
//! Where a sender states a system (HL7's third component, FHIR's `system`), that stands in the rows instead, verbatim.

/// 傷病名マスター, seven digits.
pub const CLAIM_DISEASE: &str = "receden-disease";
/// 修飾語マスター, four digits each, written together.
pub const CLAIM_MODIFIER: &str = "receden-modifier";
/// 診療行為マスター, nine digits beginning with 1.
pub const CLAIM_PROCEDURE: &str = "receden-procedure";
/// 医薬品マスター, nine digits beginning with 6.
pub const CLAIM_DRUG: &str = "receden-drug";
/// 特定器材マスター, nine digits beginning with 7.
pub const CLAIM_DEVICE: &str = "receden-device";
/// Words for qualitative results: `negative`, `trace`, `positive`, `1+` … `5+`.
pub const QUALITATIVE: &str = "kiban-qualitative";
