//! The mathematics of anonymity: hierarchies, privacy models, lattice search, risk, utility.
