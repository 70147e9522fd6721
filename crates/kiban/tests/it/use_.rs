//! Right and wrong use: exit codes, languages, one sentence.

use crate::support::{FACILITY, House, kiban};

#[test]
fn init_refuses_a_folder_that_is_not_empty() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("something"), "").unwrap();
    let said = kiban(dir.path(), &["init", "."]).ends(2);
    assert_eq!(said.err, "kiban: . is not empty; give a folder that is empty or does not exist\n");
    let said = kiban(dir.path(), &["init", ".", "--lang", "ja"]).ends(2);
    assert_eq!(said.err, "kiban: . は空ではありません。空のフォルダか、まだないフォルダを指定してください\n");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_new_house_has_keys_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let made = kiban(dir.path(), &["init", "a", "--json"]).ends(0).json();
    kiban(dir.path(), &["init", "b", "--json"]).ends(0);
    let keys = dir.path().join("a/keys");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&keys), 0o700);
    for entry in std::fs::read_dir(&keys).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let other = dir.path().join("b/keys").join(path.file_name().unwrap());
        assert_ne!(std::fs::read(&path).unwrap(), std::fs::read(other).unwrap(), "two houses share a key");
    }
    let verifier = std::fs::read_to_string(keys.join("audit.pub")).unwrap();
    assert_eq!(made["verifier"], verifier.trim());
}

#[test]
fn wrong_use_ends_with_2_and_one_sentence() {
    let house = House::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let check = |args: &[&str], expect: &str| {
        let said = house.run(args).ends(2);
        let last = said.err.lines().last().unwrap_or_default();
        assert_eq!(last, format!("kiban: {expect}"), "{args:?}");
    };
    check(
        &["eligibility", "12", "P1"],
        "the value of <FACILITY> cannot be used: not a facility code: expected ten digits; see kiban --help",
    );
    check(&["dance"], "there is no such command; see kiban --help");
    check(
        &["collect", "nowhere", "--facility", FACILITY],
        "cannot open nowhere: No such file or directory (os error 2)",
    );
    check(
        &["collect", ".", "--facility", "1319900028"],
        "facility 1319900028 is not known; record it with kiban facility add",
    );
    check(
        &[
            "objection",
            "add",
            FACILITY,
            "P1",
            "--requester",
            "person",
            "--channel",
            "web",
            "--received-at",
            "2025-01-01",
        ],
        "nothing can have been received in the future; check --received-at",
    );
    let said = kiban(elsewhere.path(), &["findings"]).ends(2);
    assert_eq!(said.err, "kiban: there is no house in .; make one with kiban init DIR\n");
}

#[test]
fn a_mistake_in_the_configuration_is_told_by_its_line() {
    let house = House::new();
    let path = house.dir().join("kiban.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("memory = \"2GiB\"", "memory = \"2GB\"");
    let line = 1 + text[..text.find("memory =").unwrap()].matches('\n').count();
    std::fs::write(&path, text).unwrap();
    let said = house.run(&["findings"]).ends(2);
    assert_eq!(said.err, format!("kiban: kiban.toml, line {line}: expected a size such as 512MiB or 2GiB\n"));
}

#[test]
fn one_kiban_at_a_time_works_in_a_house_and_others_may_look() {
    let house = House::new();
    let lock = std::fs::File::options().write(true).open(house.dir().join("kiban.lock")).unwrap();
    lock.lock().unwrap();
    let said = house.run(&["run", "--quiet"]).ends(2);
    assert!(said.err.contains("another kiban is at work"), "{}", said.err);
    house.run(&["facility", "list"]).ends(0);
    house.run(&["audit", "verify"]).ends(0);
    drop(lock);
    house.run(&["facility", "list"]).ends(0);
}

#[test]
fn keys_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new();
    let key = house.dir().join("keys/audit-signing.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = house.run(&["facility", "list"]).ends(2);
    assert!(said.err.contains("protect it with chmod 600"), "{}", said.err);
}

#[test]
fn a_trial_says_so_and_quiet_says_results_only() {
    let house = House::new();
    assert!(house.run(&["facility", "list"]).ends(0).err.starts_with("TRIAL: the clock stands at 2024-08-01 12:00:00"));
    assert_eq!(house.run(&["facility", "list", "--quiet"]).ends(0).err, "");
}

#[test]
fn the_log_is_json_lines_on_standard_error() {
    let house = House::new();
    assert_eq!(house.run(&["facility", "list", "--quiet"]).ends(0).err, "");
    let said = house.run(&["facility", "list", "--quiet", "--log", "info"]).ends(0);
    let lines: Vec<serde_json::Value> = said.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["fields"]["message"], "house opened");
}
