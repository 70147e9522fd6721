//! What lies on the disk.

use kiban_audit::Log;
use proptest::prelude::*;

use crate::support::{files, leaves, logged, open, scratch, signer};

#[test]
fn a_new_log_is_a_signed_empty_tree() {
    let dir = scratch();
    let (log, repair) = Log::open(dir.path().join("deep/log"), signer()).unwrap();
    assert_eq!((log.size(), repair), (0, None));
    insta::assert_snapshot!(log.checkpoint(), @"
    kiban.example/audit
    0
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

    — kiban.example/audit 40hNzxiz+gTCBOAMh9Q3gvJlGO3p5Z5FGZMEVG4t7BOKlde4hDGXpHuuVz1kpKaFJB/4DgKtBcY8T5F9PIufaN4Z9g4=
    ");
    assert_eq!(files(&dir.path().join("deep/log")).into_keys().collect::<Vec<_>>(), ["checkpoint", "lock"]);
}

#[test]
fn three_leaves_are_signed_as_they_always_were() {
    let dir = logged(3);
    insta::assert_snapshot!(open(dir.path()).checkpoint(), @"
    kiban.example/audit
    3
    EPDOTpONddJBVDMHEatuPy+NAkItaJphPuLNIzrYfpk=

    — kiban.example/audit 40hNz4VZnnck4mWO0chLIccGY5yqvWLybTipkVb+K9+9oI7VhQ/oRwTIzjZQPyze8GeoBLCgJEIhF1/hls9JlJRHwwU=
    ");
}

#[test]
fn tiles_have_the_names_and_sizes_of_the_specification() {
    let dir = logged(520);
    let listing = files(dir.path())
        .iter()
        .fold(String::new(), |listing, (name, bytes)| listing + &format!("{name} {}\n", bytes.len()));
    insta::assert_snapshot!(listing, @"
    checkpoint 187
    lock 0
    tile/0/000 8192
    tile/0/001 8192
    tile/0/002.p/8 256
    tile/1/000.p/2 64
    tile/entries/000 11520
    tile/entries/001 11520
    tile/entries/002.p/8 360
    ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_bytes_do_not_depend_on_how_leaves_were_batched(
        cuts in proptest::collection::btree_set(1_u64..700, 0..6), reopen: bool,
    ) {
        let whole = logged(700);
        let dir = scratch();
        let mut log = open(dir.path());
        let mut start = 0;
        for end in cuts.into_iter().chain([700]) {
            prop_assert_eq!(log.append(&leaves(start..end)).unwrap(), start..end);
            if reopen {
                drop(log);
                let (opened, repair) = Log::open(dir.path(), signer()).unwrap();
                prop_assert_eq!(repair, None);
                log = opened;
            }
            start = end;
        }
        prop_assert_eq!(files(dir.path()), files(whole.path()));
    }
}
