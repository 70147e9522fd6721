//! The shipped profiles: what they propose, that risk never weakens them, and that no weaker choice goes without a reason.

use std::collections::BTreeSet;

use jiff::civil::date;
use kiban_anon::profile::{
    Choice, Data, DateUnit, Environment, Parameter, Profile, ProfileSet, Profiles, Proposal, Purpose, Recipient, Value,
};
use proptest::{prelude::*, sample::subsequence};

const RECIPIENTS: [Recipient; 7] = [
    Recipient::Academic,
    Recipient::PublicBody,
    Recipient::Pharmaceutical,
    Recipient::DeviceMaker,
    Recipient::Insurer,
    Recipient::OtherCompany,
    Recipient::Foreign,
];

const PURPOSES: [Purpose; 5] =
    [Purpose::Research, Purpose::Development, Purpose::DrugSafety, Purpose::PublicHealth, Purpose::MachineLearning];

const DATA: [Data; 8] = [
    Data::Demographics,
    Data::Claims,
    Data::HospitalRecords,
    Data::RareDisease,
    Data::Paediatrics,
    Data::Psychiatry,
    Data::Hiv,
    Data::GeneticDisease,
];

fn japan() -> Profiles {
    Profiles::japan().unwrap()
}

fn in_force(profiles: &Profiles) -> &ProfileSet {
    profiles.at(date(2026, 11, 25)).unwrap()
}

fn uses() -> impl Strategy<Value = Profile> {
    let places = proptest::sample::select(Environment::ALL.to_vec());
    let sets = (subsequence(&RECIPIENTS[..], 1..=3), subsequence(&PURPOSES[..], 1..=3), subsequence(&DATA[..], 1..=4));
    (sets, places).prop_map(|((recipient, purpose, data), environment)| {
        let (recipient, purpose): (BTreeSet<_>, BTreeSet<_>) =
            (recipient.into_iter().collect(), purpose.into_iter().collect());
        Profile { recipient, environment, purpose, data: data.into_iter().collect() }
    })
}

fn nowhere_weaker(one: &Proposal, other: &Proposal) -> bool {
    Parameter::ALL.iter().all(|p| !p.weaker(one.settings[p].value, other.settings[p].value))
}

proptest! {
    #[test]
    fn a_riskier_environment_never_proposes_weaker_parameters(of in uses(), riskier in 0_usize..5) {
        let profiles = japan();
        let set = in_force(&profiles);
        let environment = of.environment.max(Environment::ALL[riskier]);
        let there = set.propose(&Profile { environment, ..of.clone() });
        prop_assert!(nowhere_weaker(&there, &set.propose(&of)));
    }

    #[test]
    fn more_data_or_more_recipients_never_propose_weaker_parameters(of in uses(), more in uses()) {
        let profiles = japan();
        let set = in_force(&profiles);
        let both = Profile {
            recipient: &of.recipient | &more.recipient,
            purpose: &of.purpose | &more.purpose,
            data: &of.data | &more.data,
            environment: of.environment,
        };
        prop_assert!(nowhere_weaker(&set.propose(&both), &set.propose(&of)));
    }

    #[test]
    fn every_parameter_comes_with_its_reason(of in uses()) {
        let profiles = japan();
        let proposal = in_force(&profiles).propose(&of);
        prop_assert!(Parameter::ALL.iter().all(|p| proposal.settings.contains_key(p)));
        for setting in proposal.settings.values() {
            prop_assert!(!setting.rule.is_empty() && !setting.ja.is_ascii() && setting.en.is_ascii() && !setting.source.is_empty());
        }
        let decided = proposal.decide(&[]).unwrap();
        prop_assert!(decided.deviations.is_empty() && decided.values.len() == Parameter::ALL.len());
    }
}

/// Checks what a use proposes: k, known events, unit of dates, floor of codes, l.
fn check(recipient: Recipient, environment: Environment, data: Data, expect: (u32, u32, DateUnit, u32, u32)) {
    let profiles = japan();
    let of = Profile {
        recipient: [recipient].into(),
        environment,
        purpose: [Purpose::Research].into(),
        data: [data].into(),
    };
    let decided = in_force(&profiles).propose(&of).decide(&[]).unwrap();
    let count = |p| decided.count(p).unwrap();
    let found = (
        count(Parameter::K),
        count(Parameter::KnownEvents),
        decided.date_unit().unwrap(),
        count(Parameter::CodeFloor),
        count(Parameter::LDiversity),
    );
    assert_eq!(found, expect, "{of:?}");
}

#[test]
fn uses_of_every_kind_get_what_the_rules_say() {
    use DateUnit::{Day, Month, Quarter, Week};
    use Environment::{CertifiedPremises, Premises, Public, RemoteDesktop, SecureRoom};
    check(Recipient::Academic, SecureRoom, Data::Demographics, (5, 1, Day, 10, 1));
    check(Recipient::Academic, RemoteDesktop, Data::Claims, (5, 2, Day, 10, 1));
    check(Recipient::Pharmaceutical, CertifiedPremises, Data::Claims, (5, 2, Week, 10, 1));
    check(Recipient::OtherCompany, CertifiedPremises, Data::Claims, (11, 2, Month, 10, 1));
    check(Recipient::Insurer, SecureRoom, Data::Claims, (5, 3, Day, 10, 2));
    check(Recipient::Pharmaceutical, Premises, Data::HospitalRecords, (11, 2, Month, 20, 1));
    check(Recipient::Academic, SecureRoom, Data::Psychiatry, (11, 2, Day, 20, 3));
    check(Recipient::Academic, Public, Data::Demographics, (20, 3, Quarter, 20, 2));
}

#[test]
fn a_weaker_choice_needs_a_reason_and_every_deviation_is_kept() {
    let profiles = japan();
    let of = Profile {
        recipient: [Recipient::Academic].into(),
        environment: Environment::Premises,
        purpose: [Purpose::Research].into(),
        data: [Data::Claims].into(),
    };
    let proposal = in_force(&profiles).propose(&of);
    let choice = |parameter, value, reason: &str| Choice { parameter, value, reason: reason.to_owned() };
    let weaker = [
        (Parameter::K, Value::Count(10)),
        (Parameter::SuppressionLimit, Value::Share(0.1)),
        (Parameter::DateUnit, Value::Unit(DateUnit::Week)),
        (Parameter::TopAge, Value::Count(95)),
    ];
    for (parameter, value) in weaker {
        let refused = proposal.decide(&[choice(parameter, value, " ")]).unwrap_err().to_string();
        assert!(refused.contains("weaker") && refused.starts_with(&parameter.to_string()), "{refused}");
        let decided = proposal.decide(&[choice(parameter, value, "seen by the committee")]).unwrap();
        assert_eq!((decided.values[&parameter], decided.deviations[0].chosen), (value, value));
        assert_eq!(decided.deviations[0].proposed, proposal.settings[&parameter].value);
    }
    let stricter = proposal.decide(&[choice(Parameter::K, Value::Count(30), "")]).unwrap();
    assert_eq!((stricter.count(Parameter::K), stricter.deviations.len()), (Some(30), 1));
    let same = proposal.decide(&[choice(Parameter::K, Value::Count(11), "")]).unwrap();
    assert_eq!(same, proposal.decide(&[]).unwrap());
    let wrong =
        [choice(Parameter::K, Value::Share(0.5), "x"), choice(Parameter::SuppressionLimit, Value::Share(1.5), "x")];
    assert!(wrong.iter().all(|c| proposal.decide(std::slice::from_ref(c)).is_err()));
    let twice = [choice(Parameter::K, Value::Count(12), ""), choice(Parameter::K, Value::Count(13), "")];
    assert!(proposal.decide(&twice).is_err());
}

#[test]
fn a_bad_file_is_refused_in_a_sentence() {
    let shipped = include_str!("../../src/profile/jp.toml");
    let refused = |from: &str, to: &str| {
        let changed = shipped.replacen(from, to, 1);
        assert_ne!(changed, shipped, "{from}");
        Profiles::parse(&changed).unwrap_err().to_string()
    };
    assert!(
        refused("k = 5, suppression_limit", "suppression_limit").contains("jp-2024-04, k: no rule without conditions")
    );
    assert!(refused("id = \"data.rare\"", "id = \"base\"").contains("another rule has this id"));
    assert!(refused("k = 20", "k = 0.2").contains("environment.public: it proposes a value"));
    assert!(refused("source = \"house\"", "source = \"\"").contains("a source"));
    assert!(refused("\"insurer\", ", "\"uncle\", ").starts_with("profiles, line "));
    let two = shipped
        .replace("effective_from = \"2024-04-01\"", "effective_from = \"2024-04-01\"\neffective_to = \"2026-03-31\"");
    let later = shipped.replace("2024-04-01", "2026-04-01");
    let both = Profiles::parse(&format!("{two}\n{later}")).unwrap();
    assert!(both.at(date(2026, 3, 31)).is_some() && both.at(date(2024, 3, 31)).is_none());
    assert!(Profiles::parse(&format!("{two}\n{shipped}")).is_err(), "a gap or an overlap");
}
