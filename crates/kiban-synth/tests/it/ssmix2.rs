//! SS-MIX2 storage: paths say what messages say, runs of kanji end before separators, flags tell corrections.

use std::{collections::BTreeMap, path::Path};

use crate::world::{A, World};

/// Splits a path into patient, day, kind, key, stamp, department, flag, and checks that the folders agree.
fn parts(path: &Path) -> Vec<String> {
    let folders: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    let name: Vec<&str> = folders.last().unwrap().split('_').collect();
    assert_eq!(name.len(), 7, "{path:?}");
    let id = name[0];
    assert_eq!(folders[..6], [A, &id[..3], &id[3..6], id, name[1], name[2]]);
    assert!(id.len() == 10 && name[3].len() == 15 && name[4].len() == 17, "{path:?}");
    name.into_iter().map(str::to_owned).collect()
}

fn segments(bytes: &[u8]) -> Vec<Vec<String>> {
    let (text, broken) = encoding_rs::ISO_2022_JP.decode_without_bom_handling(bytes);
    assert!(!broken && text.ends_with('\r'));
    text.split_terminator('\r').map(|segment| segment.split('|').map(str::to_owned).collect()).collect()
}

fn patient(message: &[Vec<String>]) -> &str {
    let id = message.iter().find(|segment| segment[0] == "PID").map_or("", |segment| segment[3].as_str());
    id.strip_suffix("^^^^PI").unwrap_or(id)
}

#[test]
fn paths_say_what_messages_say() {
    let world = World::only(A, 80, 0.0);
    let events: BTreeMap<&str, &str> = [
        ("ADT-00", "ADT^A08^ADT_A01"),
        ("ADT-12", "ADT^A04^ADT_A01"),
        ("ADT-22", "ADT^A01^ADT_A01"),
        ("ADT-52", "ADT^A03^ADT_A03"),
        ("PPR-01", "PPR^ZD1^PPR_ZD1"),
        ("OMP-01", "RDE^O11^RDE_O11"),
        ("OML-11", "OUL^R22^OUL_R22"),
    ]
    .into_iter()
    .collect();
    let files = world.files(&format!("{A}/delivery-0001"));
    let mut met = BTreeMap::new();
    for (path, bytes) in &files {
        let (name, message) = (parts(path), segments(bytes));
        assert_eq!(patient(&message), name[0], "{path:?}");
        assert_eq!(message[0][8], events[name[2].as_str()]);
        assert_eq!(name[1] == "-", ["ADT-00", "PPR-01"].contains(&name[2].as_str()));
        let field = |segment: &str, number: usize| message.iter().find(|s| s[0] == segment).map(|s| s[number].clone());
        let day = match name[2].as_str() {
            "ADT-12" | "ADT-22" => field("PV1", 44),
            "ADT-52" => field("PV1", 45),
            "OMP-01" => field("ORC", 9),
            "OML-11" => field("SPM", 17),
            _ => None,
        };
        assert!(day.is_none_or(|day| day.starts_with(&name[1])), "{path:?}");
        *met.entry(name[2].clone()).or_insert(0) += 1;
    }
    assert_eq!(met.len(), events.len(), "{met:?}");
    let told = &world.summary.facilities[A];
    assert_eq!(met, told.delivery_1.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect());
}

#[test]
fn prescriptions_multiply_out() {
    let world = World::only(A, 40, 0.0);
    let mut checked = 0;
    for (path, bytes) in world.files(&format!("{A}/delivery-0001")) {
        if !path.to_str().unwrap().contains("_OMP-01_") {
            continue;
        }
        let message = segments(&bytes);
        for window in message.windows(2).filter(|window| window[0][0] == "RXE" && window[0].len() > 19) {
            let daily: u32 = window[0][19].split('^').next().unwrap().parse().unwrap_or(0);
            let days: u32 = window[1][6].split('^').next().unwrap().parse().unwrap_or(0);
            if daily > 0 && days > 0 {
                assert_eq!(window[0][10].parse::<u32>().unwrap(), daily * days);
                checked += 1;
            }
        }
    }
    assert!(checked > 50);
}

#[test]
fn the_second_delivery_replaces_and_deletes() {
    let world = World::only(A, 120, 0.0);
    let first = world.files(&format!("{A}/delivery-0001"));
    let (mut replaced, mut deleted, mut anew) = (0, 0, 0);
    for path in world.files(&format!("{A}/delivery-0002")).keys() {
        let mut name = parts(path);
        let flag = name.pop().unwrap();
        let before = path.with_file_name(format!("{}_1", name.join("_")));
        match (flag.as_str(), first.contains_key(&before)) {
            ("2", true) => replaced += 1,
            ("0", true) => deleted += 1,
            ("0" | "1", false) => anew += 1,
            other => panic!("{path:?}: {other:?}"),
        }
    }
    let counts = &world.summary.facilities[A];
    assert_eq!((replaced, deleted), (counts.superseded, counts.deleted));
    assert!(replaced > 0 && deleted > 0 && anew > replaced);
}

#[test]
fn only_planted_mismatches_differ_from_their_path() {
    let world = World::only(A, 60, 80.0);
    let (mut mismatched, mut nameless) = (0, 0);
    for delivery in ["delivery-0001", "delivery-0002"] {
        for (path, bytes) in world.files(&format!("{A}/{delivery}")) {
            let text = encoding_rs::ISO_2022_JP.decode_without_bom_handling(&bytes).0;
            let pid =
                text.split('\r').find(|segment| segment.starts_with("PID|")).and_then(|pid| pid.split('|').nth(3));
            let Some(id) = pid.and_then(|id| id.split('^').next()) else { continue };
            mismatched += u64::from(!id.is_empty() && id != parts(&path)[0]);
            nameless += u64::from(id.is_empty());
        }
    }
    let dirt = &world.summary.facilities[A].dirt;
    assert_eq!((mismatched, nameless), (dirt["path-mismatch"], dirt["missing-local-id"]));
}
