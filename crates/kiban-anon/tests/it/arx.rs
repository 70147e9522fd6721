//! The published optimum of ARX on the adult table must come out here too (`anonymisation.md` §9).

use std::fs;

use arrow_array::{StringArray, UInt32Array};
use kiban_anon::{Folded, Hierarchy, Policy, QuasiIdentifier, search};

use crate::corpus::{cells, file};

const COLUMNS: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];

fn adult() -> Option<(Vec<QuasiIdentifier>, Folded)> {
    let rows = cells(&fs::read_to_string(file("anon/arx_adult/adult.csv")?).unwrap(), ';');
    let mut attributes = Vec::new();
    let mut codes: Vec<UInt32Array> = Vec::new();
    for (column, name) in COLUMNS.iter().enumerate() {
        assert_eq!(&rows[0][column], name);
        let text = fs::read_to_string(file(&format!("anon/arx_adult/adult_hierarchy_{name}.csv"))?).unwrap();
        let hierarchy = Hierarchy::from_rows(name, &[], &cells(&text, ';')).unwrap();
        let values: StringArray = rows[1..].iter().map(|r| Some(r[column].as_str())).collect();
        codes.push(hierarchy.encode(&values).unwrap());
        attributes.push(QuasiIdentifier::new(hierarchy));
    }
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    let table = Folded::new(&hierarchies, &codes).unwrap();
    Some((attributes, table))
}

/// Limit, levels, persons suppressed, score, granularity, nodes ARX checked.
type Reference = (f64, [usize; 9], u64, f64, f64, u64);

const REFERENCES: [Reference; 4] = [
    (0.00, [0, 4, 1, 1, 3, 2, 2, 1, 0], 0, 0.57315, 0.2917, 181),
    (0.02, [0, 3, 0, 2, 2, 1, 1, 2, 0], 506, 0.31371, 0.6044, 1_245),
    (0.05, [0, 3, 0, 0, 2, 1, 1, 2, 0], 1_346, 0.24193, 0.6984, 1_217),
    (1.00, [0, 3, 0, 0, 2, 1, 1, 1, 0], 2_553, 0.22041, 0.7514, 4_749),
];

#[test]
fn the_optima_of_arx_on_adult_come_out_with_fewer_nodes_checked() {
    let Some((attributes, table)) = adult() else { return };
    assert_eq!((table.persons(), table.tuples()), (30_162, 19_502));
    for (limit, levels, suppressed, score, granularity, checked) in REFERENCES {
        let found = search(&attributes, &table, &Policy::new(5, limit)).unwrap();
        assert_eq!((found.levels.as_slice(), found.suppressed), (levels.as_slice(), suppressed), "{limit}");
        assert!((found.loss.score - score).abs() < 6e-6, "score {}", found.loss.score);
        assert!((found.loss.granularity - granularity).abs() < 6e-5, "granularity {}", found.loss.granularity);
        // ARX writes 223 classes: these and the one of the suppressed.
        assert!(limit != 0.02 || found.classes == 222, "{} classes", found.classes);
        assert!((found.nodes, found.optimal) == (12_960, true) && found.checked < checked, "{}", found.checked);
    }
}
