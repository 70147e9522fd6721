//! The page is well formed, self-contained, escapes whatever it is given, and keeps small counts back.

use std::{collections::BTreeSet, sync::LazyLock};

use kiban_web::{
    Lang, RunReport, render,
    report::{AttackTried, Check, Denied, Hold, Method, RunKind, Study, TruthCheck},
};
use proptest::prelude::*;

use crate::{
    example,
    read::{Read, hostile, read},
};

#[test]
fn the_page_is_as_reviewed() {
    insta::assert_snapshot!("report-ja", render(&example(), Lang::Ja).unwrap());
}

#[test]
fn the_page_is_well_formed_in_either_order_of_languages() {
    for lang in Lang::ALL {
        let seen = read(&render(&example(), lang).unwrap());
        let ids: BTreeSet<String> = seen.ids.iter().cloned().collect();
        assert_eq!(ids.len(), seen.ids.len(), "an id stands twice");
        let missing: Vec<_> = seen.references.difference(&ids).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(seen.tags.contains("svg") && !seen.tags.contains("script") && !seen.tags.contains("img"));
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = render(&example(), Lang::Ja).unwrap();
    for outside in ["http", "src=", "<script", "<link", "@import", "url(", "javascript:", "xmlns"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn every_message_of_the_page_was_found() {
    let seen = read(&render(&example(), Lang::Ja).unwrap());
    let id = |text: &&String| {
        let text = text.trim();
        let families =
            ["section-", "lead-", "tile-", "figure-", "desc-", "table-", "column-", "fact-", "verify-", "risk-"];
        families.iter().any(|f| text.starts_with(f))
    };
    let bare: Vec<_> = seen.texts.iter().filter(id).collect();
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn every_figure_has_a_title_a_description_and_a_table() {
    let page = render(&example(), Lang::Ja).unwrap();
    let figures: Vec<&str> = page.split("<figure>").skip(1).map(|f| f.split("</figure>").next().unwrap()).collect();
    assert!(figures.len() >= 10);
    for figure in figures {
        let count = |what: &str| figure.matches(what).count();
        assert!(count("<svg ") >= 1 && count("<table>") >= 1, "{figure}");
        assert_eq!((count("<title id="), count("<desc id=")), (count("<svg "), count("<svg ")), "{figure}");
    }
}

#[test]
fn a_report_survives_json() {
    let json = serde_json::to_string(&example()).unwrap();
    assert_eq!(serde_json::from_str::<RunReport>(&json).unwrap(), example());
    assert!(serde_json::from_str::<RunReport>(&json.replacen("{\"header\"", "{\"surprise\":1,\"header\"", 1)).is_err());
}

#[test]
fn a_run_with_nothing_to_tell_still_makes_a_page() {
    let mut report = example();
    report.header.kind = RunKind::Operation;
    (report.header.seed, report.header.release, report.header.build) = (None, None, None);
    report.truth_checks.clear();
    report.flow.stages.clear();
    report.flow.facilities.clear();
    (report.linkage, report.risk, report.audit, report.peak_memory_bytes) = (None, None, None, None);
    report.study = Study::default();
    report.losses.clear();
    report.measures.clear();
    report.open_attacks.clear();
    report.rare_codes.clear();
    report.findings.clear();
    report.standings.clear();
    report.timings.clear();
    let page = render(&report, Lang::Ja).unwrap();
    let seen = read(&page);
    assert!(!page.contains("NaN") && !page.contains("inf"));
    assert!(seen.texts.iter().any(|text| text == "所見はありませんでした。"));
}

#[test]
fn few_persons_are_never_shown_as_they_are() {
    let mut report = example();
    for standing in &mut report.standings {
        standing.denied = vec![Denied { reason: kiban_core::Reason::Objected, persons: 7 }];
    }
    let page = render(&report, Lang::Ja).unwrap();
    let table = page.split("id=\"standings\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(table.contains("<td class=\"number\">&#60;10</td>"), "{table}");
    assert!(table.contains("<td class=\"number\">＊</td>"), "the eligible give the rest away");
    assert!(!table.contains(">7<") && !table.contains(": 7<"));
}

#[test]
fn bars_of_kept_back_counts_are_all_alike() {
    let with = |persons| {
        let mut report = example();
        report.linkage.as_mut().unwrap().persons_by_facilities = vec![2021, 791, persons];
        render(&report, Lang::Ja).unwrap()
    };
    assert_eq!(with(2), with(9));
    assert_ne!(with(9), with(10));
}

#[test]
fn a_check_that_looked_at_nothing_has_not_passed() {
    let check = |seen, wrong, allowed| TruthCheck { check: Check::Found, seen, wrong, allowed }.passed();
    assert!(check(5, 0, 0) && check(5, 2, 2));
    assert!(!check(0, 0, 0) && !check(5, 1, 0) && !check(5, 3, 2));
}

#[test]
fn an_attack_is_measured_by_its_limit_or_by_its_control() {
    let tried = |share: f64, control: f64, limit: Option<f64>| AttackTried {
        method: Method::Linkage,
        knows: vec![],
        target: None,
        attempts: 100,
        share,
        interval: [share - 0.1, share + 0.1],
        control,
        control_interval: [control - 0.1, control + 0.1],
        worst: limit.map(|_| share),
        limit,
    };
    assert!(tried(0.2, 0.0, Some(0.2)).withstood() && !tried(0.21, 0.0, Some(0.2)).withstood());
    assert!(tried(0.5, 0.35, None).withstood() && !tried(0.6, 0.35, None).withstood());
    let fell = |report: &RunReport| render(report, Lang::En).unwrap().matches("not withstood").count();
    let mut report = example();
    let before = fell(&report);
    report.study.attacks[3].attempts = 0;
    report.study.attacks[3].interval = [0.0, 1.0];
    assert!(render(&report, Lang::En).unwrap().contains("Singling out / 一人の選び出し: no description"));
    assert!(before > fell(&report), "what could not be tried has been withstood");
}

#[test]
fn rows_that_do_not_add_up_are_said_not_to() {
    let mut report = example();
    assert!(report.flow.stages.iter().all(kiban_web::report::StageFlow::balances));
    assert!(!render(&report, Lang::Ja).unwrap().contains("不一致"));
    report.flow.stages[0].rows_out -= 1;
    assert!(render(&report, Lang::Ja).unwrap().contains("不一致"));
}

/// The example as it is, to compare with.
static EXAMPLE: LazyLock<Read> = LazyLock::new(|| read(&render(&example(), Lang::Ja).unwrap()));

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_comes_out_as_text(text in hostile()) {
        let mut report = example();
        report.header.name.clone_from(&text);
        report.header.rule_set.clone_from(&text);
        report.header.build = Some(text.clone());
        report.header.release = Some(text.clone());
        report.flow.facilities[0].name.clone_from(&text);
        report.flow.facilities[0].format.clone_from(&text);
        report.losses[0].column.clone_from(&text);
        report.measures[0].columns = vec![text.clone()];
        report.rare_codes[0].column.clone_from(&text);
        report.study.attacks[2].knows = vec![text.clone()];
        report.study.attacks[2].target = Some(text.clone());
        report.study.accuracy[0].column.clone_from(&text);
        report.findings[0].code.clone_from(&text);
        report.risk.as_mut().unwrap().quasi_identifiers = vec![text.clone()];
        let audit = report.audit.as_mut().unwrap();
        (audit.origin, audit.root_hash, audit.signature) = (text.clone(), text.clone(), text.clone());
        let seen = read(&render(&report, Lang::Ja).unwrap());
        prop_assert_eq!(&seen.tags, &EXAMPLE.tags);
        prop_assert_eq!(&seen.ids, &EXAMPLE.ids);
        prop_assert!(seen.texts.iter().filter(|t| **t == text).count() >= 8, "the text is there, letter for letter");
    }

    #[test]
    fn no_number_breaks_the_page(rows in any::<[u32; 4]>(), shares in prop::array::uniform4(0.0..=1.0f64)) {
        let mut report = example();
        let stage = &mut report.flow.stages[1];
        (stage.rows_in, stage.rows_out) = (rows[0].into(), rows[1].into());
        (stage.made, stage.lost) = (rows[2].into(), rows[3].into());
        let risk = report.risk.as_mut().unwrap();
        (risk.before.unique_share, risk.after.marketer) = (shares[0], shares[1]);
        (risk.limit, report.losses[0].loss) = (shares[2], shares[3]);
        let point = &mut report.study.frontier[3];
        (point.risk_max, point.kept, point.suppression_limit) = (shares[0], shares[1], shares[2]);
        let attack = &mut report.study.attacks[2];
        (attack.attempts, attack.share, attack.control) = (rows[0].into(), shares[3], shares[2]);
        report.study.accuracy[0].relative = Some(shares[0] - shares[1]);
        let page = render(&report, Lang::En).unwrap().replace("tabindex=\"-1\"", "");
        read(&page);
        prop_assert!(!page.contains("NaN") && !page.contains("=\"-") && !page.contains("inf\""));
    }
}

#[test]
fn every_hold_can_stand_in_the_flow() {
    let mut report = example();
    let stage = &mut report.flow.stages[4];
    stage.held = Hold::ALL
        .iter()
        .map(|hold| kiban_web::report::Held { by: kiban_web::report::HeldBy::House(*hold), rows: 11 })
        .collect();
    read(&render(&report, Lang::Ja).unwrap());
}
