//! The counter's round: facility, notice, objection, verdict, in both languages, and nothing of the patient anywhere.

use crate::support::{FACILITY, House};

const HEAD: &str =
    "local_patient_id,birth_date,given_at,method,template_version,recipient,staff,track,capacity,died_on\n";
/// A local id that occurs nowhere else.
const CANARY: &str = "CANARY-8675309";

fn with_notice() -> House {
    let house = House::new();
    let line = format!("{CANARY},1961-02-03,2024-05-10T10:00:00+09:00,written,v1,person,S1,,,\n");
    let list = house.file("notices.csv", &format!("{HEAD}{line}"));
    house.run(&["notice", "import", &list, "--facility", FACILITY]).ends(0);
    house
}

#[test]
fn facilities_are_recorded_once_and_shown() {
    let house = House::new();
    let said = house.run(&["facility", "list"]).ends(0).out;
    assert!(said.contains(FACILITY) && said.contains("みなと病院") && said.contains("hospital"), "{said}");
    let said = house.run(&["facility", "show", FACILITY, "--lang", "ja"]).ends(0).out;
    assert!(said.contains("病院") && said.contains("F-1") && said.contains("傷病"), "{said}");
    let again = ["facility", "add", FACILITY, "--name", "みなと病院", "--kind", "hospital", "--from", "2024-04-01"];
    assert!(house.run(&again).ends(0).out.contains("stands so already"));
    house.run(&["facility", "show", "1319900028"]).ends(2);
}

#[test]
fn facilities_come_from_a_file_as_well() {
    let house = House::new();
    let text = r#"[{"code":"1419900028","name":"丘の上","kind":"hospital","supply_from":"2024-06-03","waiting_days":45,
        "filings":[{"track":"anonymised","number":"F-9","effective_from":"2024-05-20","items":["visits","drugs"]}],
        "feed":"fhir"}]"#;
    let file = house.file("facilities.json", text);
    let first = house.run(&["facility", "import", &file, "--json"]).ends(0).json();
    assert_eq!((&first["facilities"], &first["filings"], &first["new"]), (&1.into(), &1.into(), &2.into()));
    assert_eq!(house.run(&["facility", "import", &file, "--json"]).ends(0).json()["new"], 0);
    let shown = house.run(&["facility", "show", "1419900028", "--json"]).ends(0).json();
    assert_eq!((&shown["facility"]["waiting_days"], &shown["filings"][0]["number"]), (&45.into(), &"F-9".into()));
    let broken = house.file("broken.json", "[{\"code\":\"14\"}]");
    assert!(house.run(&["facility", "import", &broken]).ends(2).err.contains("line 1"));
}

#[test]
fn a_notice_list_with_bad_lines_stops_until_a_person_has_looked() {
    let house = House::new();
    let good = "P1,1961-02-03,2024-05-10T10:00:00+09:00,written,v1,person,S1,,,\n";
    let list = house.file("notices.csv", &format!("{HEAD}{good}P2,1961-02-30,,,,,,,,\n"));
    let import = ["notice", "import", &list, "--facility", FACILITY];
    let said = house.run(&import).ends(1).out;
    assert!(said.contains("nothing was recorded") && said.contains("birth_date"), "{said}");
    let verdict = |house: &House| {
        house.run(&["eligibility", FACILITY, "P1", "--json"]).ends(0).json()["explained"]["verdict"]["verdict"].clone()
    };
    assert_eq!(verdict(&house), "denied");
    let said = house.run(&[&import[..], &["--accept-findings", "--json"]].concat()).ends(1).json();
    assert_eq!(said["imported"]["notices"]["new"], 1);
    assert_eq!(said["rejected"], serde_json::json!([{ "line": 3, "field": "birth_date", "code": "no-day" }]));
    assert_eq!(verdict(&house), "eligible");
}

#[test]
fn an_objection_stops_from_its_receipt_and_its_withdrawal_revives_nothing() {
    let house = with_notice();
    let verdict = |at: &str| {
        let said = house.run(&["eligibility", FACILITY, CANARY, "--at", at, "--json"]).ends(0).json();
        let verdict = &said["explained"]["verdict"];
        (verdict["verdict"].clone(), verdict["reason"].clone())
    };
    assert_eq!(verdict("2024-06-10T23:59"), ("denied".into(), "waiting".into()));
    assert_eq!(verdict("2024-06-11").0, "eligible");
    let add = ["objection", "add", FACILITY, CANARY, "--requester", "person", "--channel", "paper"];
    let add = [&add[..], &["--received-at", "2024-07-01T10:00"]].concat();
    let said = house.run(&add).ends(0).out;
    assert!(said.contains("Receipt number   9900010-20240701-0001-"), "{said}");
    assert!(said.contains("2024-07-01 10:00:00") && said.contains("the person, on paper"), "{said}");
    let said = house.run(&[&add[..], &["--lang", "ja"]].concat()).ends(0).out;
    assert!(said.contains("受付番号　　9900010-20240701-0001-") && said.contains("本人（書面）"), "{said}");
    assert_eq!(verdict("2024-07-01T09:59").0, "eligible");
    assert_eq!(verdict("2024-07-01T10:00"), ("denied".into(), "objected".into()));

    let receipt =
        house.run(&[&add[..], &["--json"]].concat()).ends(0).json()["receipt_no"].as_str().unwrap().to_owned();
    let withdraw = ["objection", "withdraw", &receipt, "--requester", "person", "--received-at", "2024-07-10"];
    house.run(&withdraw).ends(0);
    assert_eq!(verdict("2024-07-20"), ("denied".into(), "not-notified-again".into()));
    let again = house.run(&withdraw).ends(3);
    assert!(again.err.contains("stands already"), "{}", again.err);
}

#[test]
fn the_verdict_is_told_step_by_step_in_both_languages() {
    let house = with_notice();
    let ask = |lang: &str| house.run(&["eligibility", FACILITY, CANARY, "--lang", lang]).ends(0).out;
    let (ja, en) = (ask("ja"), ask("en"));
    assert!(ja.starts_with("2024-08-01 12:00:00 の時点で提供できます：基本情報、"), "{ja}");
    assert!(ja.contains("通知後の待機期間が終わった") && ja.contains("待機期間が明ける日 2024-06-11"), "{ja}");
    assert!(en.starts_with("May go on 2024-08-01 12:00:00: demographics, visits"), "{en}");
    assert_eq!(ja.lines().count(), en.lines().count());
    assert!(en.contains("SEED-43"), "{en}");
    let unknown = house.run(&["eligibility", FACILITY, "nobody"]).ends(0).out;
    assert!(unknown.contains("May not go") && unknown.contains("What to do:"), "{unknown}");
}

#[test]
fn lists_of_objections_and_withdrawals_are_told_apart_by_their_columns() {
    let house = with_notice();
    let objections = format!(
        "local_patient_id,requester,channel,received_at,track,staff\n{CANARY},guardian,phone,2024-07-01T10:00:00+09:00,,S1\n"
    );
    let list = house.file("objections.csv", &objections);
    let said = house.run(&["objection", "import", &list, "--facility", FACILITY, "--json"]).ends(0).json();
    assert_eq!((&said["new"], &said["receipts"][0][0]), (&1.into(), &2.into()));
    assert_eq!(house.run(&["objection", "import", &list, "--facility", FACILITY, "--json"]).ends(0).json()["new"], 0);
    let withdrawals = format!(
        "local_patient_id,requester,received_at,track,staff\n{CANARY},guardian,2024-07-02T10:00:00+09:00,,S1\nP9,person,yesterday,,S1\n"
    );
    let list = house.file("withdrawals.csv", &withdrawals);
    let said = house.run(&["objection", "import", &list, "--facility", FACILITY, "--json"]).ends(1).json();
    assert_eq!(said["new"], 1);
    assert_eq!(said["rejected"][0]["field"], "received_at");
    let other = house.file("other.csv", "a,b\n1,2\n");
    house.run(&["objection", "import", &other, "--facility", FACILITY]).ends(2);
}

#[test]
fn nothing_that_the_program_says_or_writes_holds_a_local_id() {
    let house = with_notice();
    let add = ["objection", "add", FACILITY, CANARY, "--requester", "person", "--channel", "web"];
    let runs: [&[&str]; 6] = [
        &add,
        &["eligibility", FACILITY, CANARY, "--log", "trace"],
        &["audit", "show", "--json", "--log", "trace"],
        &["eligibility", CANARY, FACILITY],
        &["run", CANARY],
        &[CANARY],
    ];
    for args in runs {
        let said = house.run(args);
        assert!(!said.out.contains(CANARY) && !said.err.contains(CANARY), "{args:?}: {}{}", said.out, said.err);
    }
    assert_eq!(house.files_with(CANARY), Vec::<std::path::PathBuf>::new());
    // The search finds what is there: the facility's name stands in the registry.
    assert!(!house.files_with("みなと病院").is_empty());
}

#[test]
fn every_event_is_in_the_log_and_a_changed_log_is_found() {
    let house = with_notice();
    let shown = house.run(&["audit", "show", "--json"]).ends(0).json();
    let classes: Vec<&str> =
        shown["events"].as_array().unwrap().iter().map(|one| one["class"].as_str().unwrap()).collect();
    assert_eq!(classes, ["init", "facility", "filing", "notice"]);
    let earlier = house.file("checkpoint.txt", shown["checkpoint"].as_str().unwrap());
    house.run(&["objection", "add", FACILITY, "P1", "--requester", "person", "--channel", "web"]).ends(0);
    let verified = house.run(&["audit", "verify", "--earlier", &earlier, "--json"]).ends(0).json();
    assert_eq!((&verified["size"], &verified["earlier"]), (&6.into(), &4.into()));
    assert!(house.run(&["audit", "show", "--lang", "ja"]).ends(0).out.contains("停止の求め"));

    let entries = house.dir().join("audit/tile/entries/000.p/6");
    let mut bytes = std::fs::read(&entries).unwrap();
    bytes[5] ^= 1;
    std::fs::write(&entries, bytes).unwrap();
    let said = house.run(&["audit", "verify"]).ends(1).out;
    assert!(said.contains("NOT what it was"), "{said}");
}
