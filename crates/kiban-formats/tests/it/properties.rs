//! What must hold whatever the bytes: no panic, every record accounted for, the same rows however the input is cut.

use kiban_core::tables::SourceTable;
use kiban_formats::{DeliveryState, FORMATS, FileName, Format};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::support::{Collected, context, read_into};

const SEEDS: &[&str] = &[
    "IR,1,12,1,0000000,,,202111,00,\r\nRE,1,1112,202110,N,1,19911121,,,,,,,00697,,,,,,,,,,,,,,,,,,,,,,,K,\r\nHO,1,2,3,1,288\r\nSY,8830417,20210801,3,8002,,01,\r\nSI,11,1,111000110,,288,1,,,,,,,1\r\nIY,,1,620098801,1,1,2,,,,,,,2\r\nTO,40,1,710010001,1,1,1\r\nGO,1,288,99\r\n",
    "MSH|^~\\&|||||20110701||RDE^O11|1|P|2.5\rPID|||7^^^^PI||\x1b$B45<T\x1b(B^T^^^^^L^I\rORC|NW|1\rRXE||1^D^HOT9|1\rTQ1|1||1&x&y|||5^d|20110701\r",
    "MSH|^~\\&|||||20110701||OUL^R22|1|P|2.5\rPID|||7\rSPM|1|||023\rOBR|1\rOBX|1|ST|3A^a^JC10||<0.3(+-)|g|1-2\r",
    "MSH|^~\\&|||||20110701||ADT^A08|1|P|2.5\rPID|||7||A^B~C^D||19480405|M\rAL1|1|DA|1^x\rIN1|1|67|1234\r",
    "{\"resourceType\":\"Patient\",\"id\":\"p\",\"identifier\":[{\"system\":\"s\",\"value\":\"1\"}],\"name\":[{\"family\":\"x\"}]}\n{\"resourceType\":\"Observation\",\"id\":\"o\",\"code\":{\"text\":\"t\"},\"subject\":{\"reference\":\"Patient/p\"},\"valueString\":\"1+\"}\n",
    "{\n\"resourceType\":\"Bundle\",\"entry\":[{\"fullUrl\":\"urn:uuid:1\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\"}},{\"resource\":{\"resourceType\":\"Condition\",\"code\":{\"text\":\"t\"},\"subject\":{\"reference\":\"urn:uuid:1\"}}}]\n}",
];

/// Real files with pieces of them replaced: most of a reader lies behind a well-formed beginning.
fn spoilt() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..4),
        select(vec![
            b"".to_vec(),
            b",".to_vec(),
            b"|".to_vec(),
            b"\r".to_vec(),
            b"\n".to_vec(),
            b"\x1b$B".to_vec(),
            b"\"".to_vec(),
            b"}".to_vec()
        ]),
    ];
    let edits = vec((any::<prop::sample::Index>(), 0_usize..6, piece), 0..6);
    (select(SEEDS), edits).prop_map(|(seed, edits)| {
        let mut bytes = seed.as_bytes().to_vec();
        for (at, cut, piece) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, piece);
        }
        bytes
    })
}

fn read(format: &dyn Format, bytes: &[u8], chunk: usize) -> Collected {
    let (mut state, mut out) = (DeliveryState::default(), Collected::default());
    context("x", 0, |ctx| format.index(ctx, &mut &bytes[..], &mut state).unwrap());
    read_into(&mut out, format, ("x", 0), bytes, &state, chunk);
    out
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_accounted_for(bytes in vec(any::<u8>(), 0..300)) {
        for format in FORMATS {
            format.sniff(&bytes, &FileName::new("x"));
            read(*format, &bytes, 64).assert_balanced();
        }
    }

    #[test]
    fn spoilt_files_are_accounted_for(bytes in spoilt()) {
        for format in FORMATS {
            read(*format, &bytes, 64).assert_balanced();
        }
    }

    #[test]
    fn rows_do_not_depend_on_how_the_input_is_cut(bytes in spoilt(), chunk in 1_usize..40) {
        for format in FORMATS {
            let (whole, cut) = (read(*format, &bytes, 1 << 16), read(*format, &bytes, chunk));
            prop_assert_eq!(&whole.rows, &cut.rows);
            prop_assert_eq!(&whole.findings, &cut.findings);
            prop_assert_eq!(&whole.counts, &cut.counts);
        }
    }
}

/// A patient whose every value occurs nowhere else; no finding may tell any of them, whatever is wrong with the file.
#[test]
fn no_finding_tells_a_patient_value() {
    let canaries = ["canary-id", "Zzyzx", "19010203", "777-0001", "quux-street"];
    let message = "MSH|^~\\&|||||2011||ADT^A08|1|P|2.5\rPID|||canary-id||Zzyzx^Zzyzx||19010203x|M|||^^^^777-0001^^^quux-street\rIN1|1||\rZzyzx|canary-id\r";
    let resource = r#"{"resourceType":"Zzyzx","id":"canary-id"}
{"resourceType":"Patient","id":"canary-id","birthDate":"19010203","name":"Zzyzx"
{"resourceType":"Condition","subject":{"reference":"Patient/canary-id"},"code":{"text":"Zzyzx"}}"#;
    let claim =
        "RE,1,1112,202110,Zzyzx,1,19010203x,,,,,,,canary-id\r\nZzyzx,canary-id\r\nSY,canary-id,Zzyzx\r\nSI,,,Zzyzx\r\n";
    for bytes in [message, resource, claim] {
        for format in FORMATS {
            let name = "quux-street/777-0001/canary-id_-_ADT-00_1_20110101000000000_-_1";
            let mut out = Collected::default();
            read_into(&mut out, *format, (name, 0), bytes.as_bytes(), &DeliveryState::default(), 64);
            assert!(!out.findings.is_empty() || out.count(SourceTable::Patient) > 0);
            let told = format!("{:?}", out.findings);
            assert!(canaries.iter().all(|canary| !told.contains(canary)), "{told}");
        }
    }
}
