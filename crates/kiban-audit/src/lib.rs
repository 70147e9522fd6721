//! An append-only Merkle log in C2SP tlog-tiles form, its proofs and its stand-alone verifier.
