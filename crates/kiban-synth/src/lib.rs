//! Synthetic hospitals: seeded people with truth, written as real SS-MIX2, FHIR and UKE files.
