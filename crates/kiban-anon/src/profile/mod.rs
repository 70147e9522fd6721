//! The degree of anonymity fitted to the use (SEED-59): who receives a release, where, what for and what is in it propose
//! its parameters, each with the rule and the reason.
//!
//! The rules are data (`profile/jp.toml`), by day like the law's. The strictest proposal of each parameter stands. An
//! officer may choose otherwise; going below what is proposed needs a reason, which is kept.
//!
//! ```
//! use kiban_anon::profile::{Choice, Data, Environment, Parameter, Profile, Profiles, Purpose, Recipient, Value};
//!
//! let profiles = Profiles::japan()?;
//! let set = profiles.at(jiff::civil::date(2026, 11, 1)).expect("in force");
//! let proposal = set.propose(&Profile {
//!     recipient: [Recipient::Pharmaceutical].into(),
//!     environment: Environment::Premises,
//!     purpose: [Purpose::DrugSafety].into(),
//!     data: [Data::Claims].into(),
//! });
//! let k = &proposal.settings[&Parameter::K];
//! assert_eq!((k.value, k.rule.as_str()), (Value::Count(11), "environment.premises"));
//!
//! let mut less = Choice { parameter: Parameter::K, value: Value::Count(8), reason: String::new() };
//! assert!(proposal.decide(std::slice::from_ref(&less)).is_err());
//! less.reason = "the review committee saw the site on 2026-10-03".to_owned();
//! assert_eq!(proposal.decide(&[less])?.count(Parameter::K), Some(8));
//! # Ok::<(), kiban_anon::Error>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use crate::date::DateUnit;
pub use decision::{Choice, Decision, Deviation};
pub use parameter::{Parameter, Value};
pub use rules::Profiles;

mod decision;
mod parameter;
mod rules;

/// What kind of house a recipient 利活用者 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// A university or research institute 大学・研究機関.
    Academic,
    /// A ministry, municipality or other public body 公的機関.
    PublicBody,
    /// A maker of drugs 製薬企業.
    Pharmaceutical,
    /// A maker of medical devices 医療機器企業.
    DeviceMaker,
    /// An insurer, public or private 保険者・保険会社.
    Insurer,
    /// Any other company その他の企業.
    OtherCompany,
    /// One outside Japan 外国にある者, beside what else it is.
    Foreign,
}

/// Where a release is used, the safest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// A room of the operator 作成事業者の安全管理室.
    SecureRoom,
    /// The operator's machines, seen from afar リモート接続.
    RemoteDesktop,
    /// The recipient's own place, its controls certified 管理策を確認した利活用者の施設.
    CertifiedPremises,
    /// The recipient's own place 利活用者の施設.
    Premises,
    /// Anywhere 公開.
    Public,
}

impl Environment {
    /// All environments, the safest first.
    pub const ALL: [Self; 5] =
        [Self::SecureRoom, Self::RemoteDesktop, Self::CertifiedPremises, Self::Premises, Self::Public];
}

/// What a release is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Medical research 医学研究.
    Research,
    /// Making a drug or device 開発.
    Development,
    /// Watching drugs and devices in use 安全対策・製造販売後調査.
    DrugSafety,
    /// Public health and policy 公衆衛生・政策.
    PublicHealth,
    /// Training a model 機械学習.
    MachineLearning,
}

/// What is in a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// Persons and nothing of their care 人口統計のみ.
    Demographics,
    /// Claims レセプト.
    Claims,
    /// Records of hospitals 診療記録.
    HospitalRecords,
    /// A cohort of a rare disease 希少疾患.
    RareDisease,
    /// Children 小児.
    Paediatrics,
    /// Psychiatry 精神科.
    Psychiatry,
    /// HIV.
    Hiv,
    /// Diseases that run in families 遺伝性疾患.
    GeneticDisease,
}

/// The use that a release is fitted to; a release can be several things at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Who receives it.
    pub recipient: BTreeSet<Recipient>,
    /// Where it is used: the riskiest place if there are several.
    pub environment: Environment,
    /// What for.
    pub purpose: BTreeSet<Purpose>,
    /// What is in it.
    pub data: BTreeSet<Data>,
}

/// The profiles of a period.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileSet {
    id: String,
    jurisdiction: String,
    effective_from: Date,
    effective_to: Option<Date>,
    #[serde(rename = "rule")]
    rules: Vec<Rule>,
}

/// When a rule applies, what it proposes and why.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    #[serde(default)]
    recipient: BTreeSet<Recipient>,
    environment: Option<Environment>,
    #[serde(default)]
    purpose: BTreeSet<Purpose>,
    #[serde(default)]
    data: BTreeSet<Data>,
    propose: BTreeMap<Parameter, Value>,
    ja: String,
    en: String,
    source: String,
}

/// What is proposed for one parameter, and by which rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// The value.
    pub value: Value,
    /// The id of the rule.
    pub rule: String,
    /// The rule's reason in Japanese.
    pub ja: String,
    /// The rule's reason in English.
    pub en: String,
    /// Where its figures come from.
    pub source: String,
}

/// The parameters proposed for a use, all of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// The id of the profile set.
    pub set: String,
    /// Whose law it follows.
    pub jurisdiction: String,
    /// What is proposed for each parameter.
    pub settings: BTreeMap<Parameter, Setting>,
}

impl ProfileSet {
    /// Returns the set's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Proposes parameters for a use: of each the strictest that an applying rule asks for, of equals the first rule's.
    pub fn propose(&self, profile: &Profile) -> Proposal {
        let mut settings: BTreeMap<Parameter, Setting> = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| rule.applies(profile)) {
            for (parameter, value) in &rule.propose {
                let weaker = |standing: &Setting| parameter.weaker(standing.value, *value);
                if settings.get(parameter).is_none_or(weaker) {
                    settings.insert(*parameter, rule.setting(*value));
                }
            }
        }
        Proposal { set: self.id.clone(), jurisdiction: self.jurisdiction.clone(), settings }
    }
}

impl Rule {
    fn applies(&self, profile: &Profile) -> bool {
        fn any<T: Ord>(named: &BTreeSet<T>, has: &BTreeSet<T>) -> bool {
            named.is_empty() || !named.is_disjoint(has)
        }
        any(&self.recipient, &profile.recipient)
            && any(&self.purpose, &profile.purpose)
            && any(&self.data, &profile.data)
            && self.environment.is_none_or(|least| profile.environment >= least)
    }

    fn setting(&self, value: Value) -> Setting {
        let Self { id, ja, en, source, .. } = self.clone();
        Setting { value, rule: id, ja, en, source }
    }
}
