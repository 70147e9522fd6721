//! The mathematics of person matching: normalising, comparisons, EM, clustering, quality.
