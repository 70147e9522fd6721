//! The page of a linkage is well formed, self-contained, says what it knows in both languages, and escapes the rest.

use std::{collections::BTreeSet, sync::LazyLock};

use kiban_web::{
    Lang,
    linkage::{LinkageReport, PairOutcome, render},
};
use proptest::prelude::*;

use crate::read::{Read, hostile, read};

fn example() -> LinkageReport {
    serde_json::from_str(include_str!("../data/linkage.json")).unwrap()
}

fn page(report: &LinkageReport) -> String {
    render(report, Lang::Ja).unwrap()
}

/// Returns one section of a page.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    page.split(&format!("<section id=\"{id}\"")).nth(1).unwrap().split("</section>").next().unwrap()
}

#[test]
fn the_page_is_as_reviewed() {
    insta::assert_snapshot!("linkage-ja", page(&example()));
}

#[test]
fn the_page_is_well_formed_in_either_order_of_languages() {
    for lang in Lang::ALL {
        let seen = read(&render(&example(), lang).unwrap());
        let ids: BTreeSet<String> = seen.ids.iter().cloned().collect();
        assert_eq!(ids.len(), seen.ids.len(), "an id stands twice");
        assert!(seen.references.is_subset(&ids), "{:?}", seen.references.difference(&ids).collect::<Vec<_>>());
        assert!(seen.tags.contains("svg") && !seen.tags.contains("script") && !seen.tags.contains("img"));
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = page(&example());
    for outside in ["http", "src=", "<script", "<link", "@import", "url(", "javascript:", "xmlns"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn every_message_of_the_page_was_found() {
    let families = ["section-", "lead-", "tile-", "figure-", "desc-", "table-", "column-", "fact-", "why-", "turn-"];
    let seen = read(&page(&example()));
    let bare = |text: &&String| families.iter().any(|family| text.trim().starts_with(family)) && !text.contains(' ');
    assert_eq!(seen.texts.iter().filter(bare).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_figure_has_titles_descriptions_and_a_table() {
    let page = page(&example());
    let figures: Vec<&str> = page.split("<figure>").skip(1).map(|f| f.split("</figure>").next().unwrap()).collect();
    assert!(figures.len() >= 18, "{}", figures.len());
    for figure in figures {
        let count = |what: &str| figure.matches(what).count();
        assert!(count("<svg ") >= 1 && count("<table>") >= 1, "{figure}");
        assert_eq!((count("<title id="), count("<desc id=")), (count("<svg "), count("<svg ")), "{figure}");
    }
}

#[test]
fn a_linkage_with_nothing_to_tell_still_makes_a_page() {
    let mut report = example();
    (report.inputs, report.columns, report.sizes) = (vec![], vec![], vec![]);
    (report.examples, report.clusters, report.fields) = (vec![], vec![], vec![]);
    (report.classes, report.calibration, report.unlinkables) = (vec![], vec![], vec![]);
    (report.blocking, report.steps, report.peak_memory_bytes) = (vec![], vec![], None);
    let page = page(&report);
    read(&page);
    assert!(!page.contains("NaN") && !page.contains("inf") && !page.contains("<figure>"));
    assert_eq!(page.matches("<section ").count(), 1);
}

#[test]
fn a_model_that_could_not_tell_one_person_says_so() {
    let mut report = example();
    let told = |report: &LinkageReport| section(&page(report), "result").contains("見分けられませんでした");
    assert!(!told(&report));
    report.totals.identified = false;
    assert!(told(&report));
}

#[test]
fn the_calibration_curve_needs_the_truth() {
    let mut report = example();
    assert_eq!(section(&page(&report), "calibration").matches("<figure>").count(), 2);
    report.calibration.iter_mut().for_each(|band| band.true_share = None);
    let page = page(&report);
    assert_eq!(section(&page, "calibration").matches("<figure>").count(), 1);
    assert!(!section(&page, "calibration").contains("実際に"));
}

#[test]
fn a_pair_says_what_decided_it_and_what_else_it_may_be() {
    let mut report = example();
    report.examples.truncate(1);
    let example = &mut report.examples[0];
    example.outcome = PairOutcome::Possible;
    example.prior_bits = -2.0;
    (example.fields[0].bits, example.fields[1].bits, example.fields[2].bits) = (4.0, 3.0, -5.5);
    example.fields.truncate(3);
    (example.classes[0].share, example.classes[1].share) = (0.03, 0.97);
    let page = render(&report, Lang::En).unwrap();
    let said = section(&page, "examples");
    let expect =
        "What speaks most against it is birth date (−5.5 bits). Without it the sum would be +5.0 bits instead of −0.5.";
    assert!(said.contains(expect), "{said}");
    assert!(said.contains("What else it may be: another member of the household (97.0%)."));
    report.examples[0].fields.truncate(2);
    assert!(render(&report, Lang::En).unwrap().contains("No field speaks clearly against it"));
}

#[test]
fn the_most_frequent_levels_are_shown_and_the_rest_is_counted() {
    let mut report = example();
    let family = |report: &LinkageReport| {
        let page = render(report, Lang::En).unwrap();
        section(&page, "weights").split("<figure>").nth(1).unwrap().to_owned()
    };
    assert!(family(&report).contains("3 further levels are not shown"));
    assert_eq!(family(&report).matches("<rect ").count(), 12);
    assert!(!family(&report).contains("swapped/equal/rare"), "the rarest level is left out");
    report.fields[0].levels.truncate(12);
    assert!(!family(&report).contains("further levels"));
}

#[test]
fn levels_say_which_part_is_meant_and_unknown_words_stay() {
    let check = |field: &str, level: &str, expect: &str| {
        let mut report = example();
        report.fields.truncate(1);
        report.fields[0].levels.truncate(1);
        report.fields[0].field = field.to_owned();
        report.fields[0].levels[0].level = level.to_owned();
        let page = page(&report);
        let seen = read(&format!("<section id=\"weights\"{}</section>", section(&page, "weights")));
        assert!(seen.texts.iter().any(|text| text == expect), "{field} {level}: {:?}", seen.texts);
    };
    check("given", "folded/equal/rare", "字は異体字・読みは同じ・まれな値");
    check("family", "-/romaji/common", "字はなし・読みはローマ字で同じ・ありふれた値");
    check("home", "different/city", "郵便番号は違う・市区町村が同じ");
    check("home", "postal/-/crowded", "郵便番号が同じ・住所はなし・大勢が住む所");
    check("given_name", "exact/scarce", "同じ・ごくまれな値");
    check("sex", "different", "違う");
    check("column-3", "within-a-week/rare", "within-a-week・まれな値");
}

#[test]
fn the_weak_bridge_is_marked_and_a_crowd_is_cut() {
    let mut report = example();
    assert_eq!(section(&page(&report), "clusters").matches(">!</text>").count(), 2);
    report.clusters[0].weakest = None;
    assert_eq!(section(&page(&report), "clusters").matches(">!</text>").count(), 1);
    report.clusters.truncate(1);
    report.clusters[0].members = (0..100).map(|n| format!("r{n}")).collect();
    report.clusters[0].edges[0].right = 99;
    let page = page(&report);
    let clusters = section(&page, "clusters");
    assert_eq!(clusters.matches("<circle ").count(), 28);
    assert_eq!(clusters.matches("<line ").count(), report.clusters[0].edges.len() - 1);
    assert!(clusters.contains("ほかに72件の記録"));
}

/// The example as it is, to compare with.
static EXAMPLE: LazyLock<Read> = LazyLock::new(|| read(&page(&example())));

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_comes_out_as_text(text in hostile()) {
        let mut report = example();
        report.name.clone_from(&text);
        report.inputs[0].name.clone_from(&text);
        (report.columns[0].name, report.columns[0].kind) = (text.clone(), text.clone());
        report.examples[0].left.clone_from(&text);
        report.examples[0].basis.clone_from(&text);
        report.examples[0].fields[1].field.clone_from(&text);
        report.clusters[0].members[0].clone_from(&text);
        report.clusters[0].person.clone_from(&text);
        report.fields[5].field.clone_from(&text);
        report.blocking[0].rule.clone_from(&text);
        report.steps[0].step.clone_from(&text);
        let seen = read(&page(&report));
        prop_assert_eq!(&seen.tags, &EXAMPLE.tags);
        prop_assert_eq!(&seen.ids, &EXAMPLE.ids);
        prop_assert!(seen.texts.iter().filter(|t| **t == text).count() >= 6, "the text is there, letter for letter");
    }

    #[test]
    fn no_number_breaks_the_page(bits in prop::array::uniform4(any::<f64>()), n in any::<[u64; 3]>(), share in any::<f64>()) {
        let mut report = example();
        let example = &mut report.examples[0];
        (example.prior_bits, example.fields[0].bits, example.probability) = (bits[0], bits[1], share);
        example.classes[0].share = share;
        let level = &mut report.fields[0].levels[0];
        (level.bits, level.one_person, level.strangers) = (bits[2], share, bits[3]);
        (report.calibration[0].pairs, report.calibration[0].expected) = (n[0], bits[3]);
        report.calibration[1].true_share = Some(share);
        (report.unlinkables[0].probability, report.unlinkables[1].share) = (share, bits[2]);
        (report.blocking[0].pairs, report.sizes[0].persons) = (n[1], n[2]);
        report.classes[0].share = share;
        report.clusters[0].edges[0].probability = share;
        report.steps[0].seconds = bits[0].abs();
        let page = page(&report).replace("tabindex=\"-1\"", "");
        read(&page);
        let wrong = ["NaN", "=\"-", "=\"inf", "inf%"].into_iter().find(|wrong| page.contains(wrong));
        prop_assert_eq!(wrong, None);
    }
}
