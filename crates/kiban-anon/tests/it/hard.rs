//! Inputs at the edges: each gives a right answer or one clear sentence.

use arrow_array::{BooleanArray, StringArray, UInt32Array};
use kiban_anon::{
    Budget, ClassMap, Folded, Hierarchy, Policy, QuasiIdentifier, Solution, Strategy, recode_locally, search,
    search_within,
};

struct Table {
    attributes: Vec<QuasiIdentifier>,
    columns: Vec<UInt32Array>,
    folded: Folded,
}

/// Takes hierarchies as `leaf;…|leaf;…` and rows as `cell,cell`.
fn table(hierarchies: &[&str], rows: &[&str]) -> Table {
    let hierarchy = |csv: &&str| Hierarchy::from_arx_csv("h", &csv.replace('|', "\n")).unwrap();
    let attributes: Vec<_> = hierarchies.iter().map(hierarchy).map(QuasiIdentifier::new).collect();
    let column = |(at, attribute): (usize, &QuasiIdentifier)| {
        let texts: StringArray = rows.iter().map(|row| row.split(',').nth(at)).collect();
        attribute.hierarchy().encode(&texts).unwrap()
    };
    let columns: Vec<UInt32Array> = attributes.iter().enumerate().map(column).collect();
    let folded = Folded::new(&attributes.iter().map(QuasiIdentifier::hierarchy).collect::<Vec<_>>(), &columns).unwrap();
    Table { attributes, columns, folded }
}

impl Table {
    fn search(&self, k: u32, limit: f64) -> kiban_anon::Result<Solution> {
        search(&self.attributes, &self.folded, &Policy::new(k, limit))
    }

    /// The released rows, suppressed ones as none.
    fn released(&self, solution: &Solution) -> Vec<Option<String>> {
        let map = ClassMap::new(&self.attributes, &self.folded, solution).unwrap();
        let released = map.apply(&self.columns).unwrap();
        let row = |at: usize| released.columns.iter().map(|c| c.value(at)).collect::<Vec<_>>().join(",");
        let kept = |kept: &BooleanArray, at: usize| kept.value(at).then(|| row(at));
        (0..released.kept.len()).map(|at| kept(&released.kept, at)).collect()
    }
}

const AGE: &str = "1;0-9;*|2;0-9;*|11;10-19;*";

/// Searches a table of ages and checks what is released.
#[track_caller]
fn check(rows: &[&str], k: u32, limit: f64, expect: &[Option<&str>]) {
    let table = table(&[AGE], rows);
    let solution = table.search(k, limit).unwrap();
    let released = table.released(&solution);
    assert_eq!(released.iter().map(Option::as_deref).collect::<Vec<_>>(), expect);
    let suppressed = expect.iter().filter(|row| row.is_none()).count() as u64;
    assert_eq!((solution.suppressed, solution.optimal), (suppressed, true));
}

#[test]
fn tables_of_few_rows_have_an_answer() {
    check(&[], 5, 0.0, &[]);
    check(&["1"], 1, 0.0, &[Some("1")]);
    check(&["1", "1", "1"], 3, 0.0, &[Some("1"); 3]);
    check(&["1", "2", "11"], 2, 0.0, &[Some("*"); 3]);
    check(&["1", "2", "11"], 2, 0.4, &[Some("0-9"), Some("0-9"), None]);
}

#[test]
fn fewer_rows_than_k_can_only_be_suppressed() {
    let said = table(&[AGE], &["1", "2"]).search(5, 0.0).unwrap_err().to_string();
    let expect = "no allowed generalisation with classes of 5 or more keeps the privacy models: 2 persons would be \
                  suppressed, 0 may be";
    assert_eq!(said, expect);
    check(&["1", "2"], 5, 1.0, &[None, None]);
    let local = table(&[AGE], &["1", "2"]);
    assert!(recode_locally(&local.attributes, &local.folded, &Policy::new(5, 0.0)).is_err());
    let nobody = table(&[AGE], &[]);
    let local = recode_locally(&nobody.attributes, &nobody.folded, &Policy::new(5, 0.0)).unwrap();
    assert_eq!(local.apply(&nobody.attributes, &nobody.columns).unwrap().kept.len(), 0);
}

#[test]
fn a_hierarchy_of_leaves_alone_cannot_be_generalised() {
    let table = table(&["a|b|c"], &["a", "a", "b"]);
    assert!(table.search(2, 0.0).is_err());
    let solution = table.search(2, 0.5).unwrap();
    assert_eq!((solution.levels.as_slice(), solution.nodes), (&[0][..], 1));
    assert_eq!(table.released(&solution), [Some("a".to_owned()), Some("a".to_owned()), None]);
}

#[test]
fn a_star_in_the_input_is_a_value_like_others() {
    let table = table(&["*;x;all|a;x;all|b;y;all"], &["*", "*", "a", "b", "b"]);
    let solution = table.search(2, 0.2).unwrap();
    assert_eq!(solution.levels, [0]);
    assert_eq!(
        table.released(&solution),
        [Some("*"), Some("*"), None, Some("b"), Some("b")].map(|r| r.map(str::to_owned))
    );
    // Where it is also the label above, level 0 and level 1 stay apart.
    let above = self::table(&["*;*|a;*"], &["*", "a"]);
    assert_eq!(above.released(&above.search(2, 0.0).unwrap()), [Some("*".to_owned()), Some("*".to_owned())]);
}

#[test]
fn values_in_any_script_come_through() {
    let table = table(&["東京都;関東|神奈川県;関東|🗾é;島"], &["東京都", "神奈川県", "🗾é", "🗾é"]);
    let solution = table.search(2, 0.0).unwrap();
    assert_eq!(table.released(&solution), ["関東", "関東", "島", "島"].map(|label| Some(label.to_owned())));
}

#[test]
fn a_column_of_13_294_values_is_searched() {
    let rows: Vec<Vec<String>> =
        (0..13_294).map(|v| vec![format!("{v:05}"), format!("{:03}**", v / 100), "*".to_owned()]).collect();
    let attribute = QuasiIdentifier::new(Hierarchy::from_rows("zip", &[], &rows).unwrap());
    let codes = UInt32Array::from_iter_values((0..20_000_u32).map(|row| row * 7 % 13_294));
    let folded = Folded::new(&[attribute.hierarchy()], &[codes]).unwrap();
    let solution = search(&[attribute], &folded, &Policy::new(5, 0.0)).unwrap();
    assert_eq!((solution.levels.as_slice(), solution.classes), (&[1][..], 133));
}

/// Columns of eight values in three levels; every second one is like the one before in nine rows of ten.
fn wide(columns: usize, rows: u32) -> Table {
    let csv: Vec<String> = (0..8).map(|v| format!("{v};{}-{};*", v / 2 * 2, v / 2 * 2 + 1)).collect();
    let hierarchy = csv.join("|");
    let cell = |row: u32, column: usize| {
        let leader = if !row.is_multiple_of(10) { column / 2 } else { column };
        (row.wrapping_add(leader as u32 * 77).wrapping_mul(0x9E37_79B9) >> 20) % 8 / (1 + row % 3)
    };
    let rows: Vec<String> =
        (0..rows).map(|row| (0..columns).map(|c| cell(row, c).to_string()).collect::<Vec<_>>().join(",")).collect();
    table(&vec![hierarchy.as_str(); columns], &rows.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn thirty_attributes_take_the_long_word_and_tell_the_gap() {
    let table = wide(30, 400);
    let budget = Budget { nodes: Some(60), stop: None };
    let policy = Policy::new(3, 0.2);
    let found = search_within(&table.attributes, &table.folded, &policy, Strategy::BestEffort, budget).unwrap();
    assert_eq!(found.nodes, 3_u64.pow(30));
    assert!(!found.optimal && found.bound <= found.loss.score && (0.0..=1.0).contains(&found.gap()));
    assert!(found.checked <= 60 && found.suppressed <= 80);
    let released = table.released(&found);
    let mut kept: Vec<&String> = released.iter().flatten().collect();
    kept.sort_unstable();
    assert!(kept.chunk_by(|a, b| a == b).all(|class| class.len() >= 3));
}

#[test]
fn a_gap_never_promises_more_than_there_is() {
    let table = wide(5, 300);
    let policy = Policy::new(4, 0.1);
    let best = search(&table.attributes, &table.folded, &policy).unwrap();
    for nodes in [2, 5, 10, 20, 60, 200] {
        let budget = Budget { nodes: Some(nodes), stop: None };
        let found = search_within(&table.attributes, &table.folded, &policy, Strategy::BestEffort, budget).unwrap();
        assert!(found.bound <= best.loss.score + 1e-12 && best.loss.score <= found.loss.score + 1e-12);
    }
}

#[test]
fn more_than_the_longest_word_holds_is_refused_in_one_sentence() {
    let rows: Vec<Vec<String>> = (0..1 << 13).map(|v| vec![v.to_string(), "*".to_owned()]).collect();
    let hierarchy = Hierarchy::from_rows("h", &[], &rows).unwrap();
    let codes = UInt32Array::from(vec![0, 1]);
    let said = Folded::new(&[&hierarchy; 10], &vec![codes; 10]).unwrap_err().to_string();
    let expect = "the quasi-identifiers need 130 bits, at most 128 can be packed: leave out of the hierarchies what no \
                  record has, or ask for fewer quasi-identifiers";
    assert_eq!(said, expect);
}
