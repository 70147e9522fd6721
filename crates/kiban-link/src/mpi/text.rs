//! Why, in words: why a pair is not one person, how a person was built, where it would fall apart.
//!
//! The texts are a function of stored numbers (levels, bits, probabilities, events), so they stay the same for a stored
//! model version. Registrations are named by their references; no value of a patient is in them.

use kiban_core::{PatientRef, PersonKey, day_in_japan};

use super::{
    event::{Act, Decided, Event, EventId, KeyChange, ModelVersion, Must, Pair, ReasonCode, What},
    index::{Index, Weakest},
};
use crate::{Basis, Decision, Outcome, Refusal, Weight};

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Lang {
    fn pick<'t>(self, ja: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// What was stored of a decided pair: all that its explanation needs.
#[derive(Debug, Clone)]
pub struct Account<'d> {
    /// The decision.
    pub decision: &'d Decision,
    /// What each field weighs against the rival explanation.
    pub weights: &'d [Weight],
    /// The probability from which pairs are joined.
    pub threshold: f64,
    /// The model that spoke.
    pub model: ModelVersion,
}

/// Says why a pair was not joined, what spoke against it most, and what would have joined it.
pub fn why_not(account: &Account<'_>, lang: Lang) -> Vec<String> {
    let decision = account.decision;
    let (left, right) = (decision.left, decision.right);
    let mut lines = vec![match decision.outcome {
        Outcome::Joined => return vec![joined(account, lang)],
        Outcome::Possible => match lang {
            Lang::Ja => format!(
                "{left} と {right} は結合していません。同一人の確率 {} は基準 {} に届きません。",
                shown(decision.probability),
                shown(account.threshold)
            ),
            Lang::En => format!(
                "{left} and {right} were not joined: the probability of one person, {}, is below {}.",
                shown(decision.probability),
                shown(account.threshold)
            ),
        },
        Outcome::Refused(why) => refused(left, right, why, lang),
    }];
    let rival = rival_word(&decision.rival.to_string(), lang);
    lines.push(match lang {
        Lang::Ja => format!("別の説明で最も有力なもの: {rival}（{}）。", shown(decision.rival_probability)),
        Lang::En => format!("The likeliest other explanation: {rival} ({}).", shown(decision.rival_probability)),
    });
    let mut against: Vec<&Weight> = account.weights.iter().filter(|weight| weight.bits < -0.05).collect();
    against.sort_by(|a, b| a.bits.total_cmp(&b.bits));
    lines.extend(against.iter().take(3).map(|weight| speaks(weight, lang)));
    lines.extend(without(account, &against, lang));
    lines.push(by_model(account.model, lang));
    lines
}

fn joined(account: &Account<'_>, lang: Lang) -> String {
    let decision = account.decision;
    let (left, right, probability) = (decision.left, decision.right, shown(decision.probability));
    let by = match (decision.basis, lang) {
        (Basis::Human, Lang::Ja) => "担当者の判断".to_owned(),
        (Basis::Human, Lang::En) => "a decision of people".to_owned(),
        (Basis::Rule(rule), Lang::Ja) => format!("規則 {rule}"),
        (Basis::Rule(rule), Lang::En) => format!("rule {rule}"),
        (Basis::Model, Lang::Ja) => format!("モデル {}", account.model.0),
        (Basis::Model, Lang::En) => format!("model {}", account.model.0),
    };
    match lang {
        Lang::Ja => format!("{left} と {right} は同一人です（確率 {probability}、根拠: {by}）。"),
        Lang::En => format!("{left} and {right} are one person (probability {probability}, by {by})."),
    }
}

fn refused(left: PatientRef, right: PatientRef, why: Refusal, lang: Lang) -> String {
    let why = match why {
        Refusal::Human => lang.pick("担当者が別人と判断しています", "people decided that they are two persons"),
        Refusal::Conflict => {
            lang.pick("両立しない事実があります", "their groups hold facts that one person cannot have")
        }
        Refusal::Chain => lang.pick(
            "この一組だけでつながり、ほかの組合せは別人を示しています",
            "their groups hang together by this pair only, and the other pairs speak against it",
        ),
    };
    match lang {
        Lang::Ja => format!("{left} と {right} は結合していません。{why}。"),
        Lang::En => format!("{left} and {right} were not joined: {why}."),
    }
}

fn speaks(weight: &Weight, lang: Lang) -> String {
    let (field, level) = (field_word(&weight.field.to_string(), lang), &weight.level);
    match lang {
        Lang::Ja => format!("反対の根拠: {field}（{level}）{:+.1} ビット。", weight.bits),
        Lang::En => format!("Against it: {field} ({level}), {:+.1} bits.", weight.bits),
    }
}

/// The one field without which the pair would have been joined, if there is one: the weakest such.
fn without(account: &Account<'_>, against: &[&Weight], lang: Lang) -> Option<String> {
    if account.decision.outcome != Outcome::Possible {
        return None;
    }
    let log_odds = |p: f64| (p.clamp(1e-12, 1.0 - 1e-12) / (1.0 - p.clamp(1e-12, 1.0 - 1e-12))).log2();
    let missing = log_odds(account.threshold) - log_odds(account.decision.probability);
    let enough = against.iter().rev().find(|weight| -weight.bits >= missing)?;
    let field = field_word(&enough.field.to_string(), lang);
    Some(match lang {
        Lang::Ja => format!("{field}が不明であれば結合していました（不足 {missing:.1} ビット）。"),
        Lang::En => format!("It would have been joined were the {field} not known ({missing:.1} bits were missing)."),
    })
}

fn by_model(model: ModelVersion, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("モデル {} による説明です。", model.0),
        Lang::En => format!("As model {} sees it.", model.0),
    }
}

/// Says how a person came to be, event by event, as of the index's moment.
pub fn how_built(events: &[Event], index: &Index, person: PersonKey, lang: Lang) -> Vec<String> {
    let moment = index.moment();
    let members = index.members(person);
    let within = |event: &&&Event| {
        let of = event.patients();
        !of.is_empty() && of.iter().any(|one| members.contains(one))
    };
    let mut shown: Vec<&Event> = events.iter().filter(|event| event.recorded_at <= moment.known_at).collect();
    shown.sort_by_key(|event| (event.recorded_at, event.id));
    shown.dedup_by_key(|event| event.id);
    let revoked = |id: EventId| {
        shown.iter().copied().find(|event| matches!(event.what, What::Revoked { decision } if decision == id))
    };
    let lines = shown.iter().filter(within).filter_map(|event| {
        let line = happened(event, lang)?;
        let day = day_in_japan(event.recorded_at);
        let back = revoked(event.id).map(|event| {
            let (day, author) = (day_in_japan(event.recorded_at), &event.author);
            match lang {
                Lang::Ja => format!("（{day} に {author} が取消し）"),
                Lang::En => format!(" (taken back on {day} by {author})"),
            }
        });
        Some(format!("{day} {line}{}", back.unwrap_or_default()))
    });
    lines.collect()
}

fn happened(event: &Event, lang: Lang) -> Option<String> {
    Some(match (&event.what, lang) {
        (What::Registered { patient, facility, version }, Lang::Ja) => {
            format!("施設 {facility} の登録 {patient}（第 {version} 版）を受け入れ")
        }
        (What::Registered { patient, facility, version }, Lang::En) => {
            format!("registration {patient} of facility {facility} came in, version {version}")
        }
        (What::Erased { patient }, Lang::Ja) => format!("登録 {patient} を消去"),
        (What::Erased { patient }, Lang::En) => format!("registration {patient} was erased"),
        (What::Linked { pair, probability }, Lang::Ja) => {
            format!("{} を同一人と判定（確率 {}）", ends(*pair, lang), shown(*probability))
        }
        (What::Linked { pair, probability }, Lang::En) => {
            format!("{} were linked, probability {}", ends(*pair, lang), shown(*probability))
        }
        (What::Unlinked { pair }, Lang::Ja) => format!("{} の判定を解除", ends(*pair, lang)),
        (What::Unlinked { pair }, Lang::En) => format!("{} were unlinked", ends(*pair, lang)),
        (What::Decided(decided), _) => people(event, decided, lang),
        (What::Key(KeyChange::Minted { key, founder }), Lang::Ja) => format!("{founder} に本人番号 {key} を付与"),
        (What::Key(KeyChange::Minted { key, founder }), Lang::En) => format!("{founder} was given person key {key}"),
        (What::Key(_) | What::Revoked { .. } | What::Model { .. }, _) => return None,
    })
}

fn people(event: &Event, decided: &Decided, lang: Lang) -> String {
    let authors = match (&decided.second, lang) {
        (Some(second), Lang::Ja) => format!("{} と {second}", event.author),
        (Some(second), Lang::En) => format!("{} and {second}", event.author),
        (None, _) => event.author.to_string(),
    };
    let what = match (decided.act, decided.must) {
        (Act::Merge, _) => lang.pick("本人を統合", "merged the persons of"),
        (Act::Split, _) => lang.pick("本人を分割", "split the person of"),
        (Act::Pair, Must::Link) => lang.pick("同一人と判断", "decided for one person:"),
        (Act::Pair, Must::NotLink) => lang.pick("別人と判断", "decided for two persons:"),
    };
    let pairs: Vec<String> = decided.pairs.iter().take(3).map(|pair| ends(*pair, lang)).collect();
    let more = if decided.pairs.len() > 3 { " …" } else { "" };
    let reason = reason_word(event.reason, lang);
    match lang {
        Lang::Ja => format!("{authors} が {}{more} について{what}（理由: {reason}）", pairs.join("、")),
        Lang::En => format!("{authors} {what} {}{more} ({reason})", pairs.join(", ")),
    }
}

/// Says where a person would most easily fall apart.
pub fn weakest_bridge(weakest: &Weakest, lang: Lang) -> String {
    let (pair, sure) = (ends(weakest.pair, lang), shown(weakest.probability));
    let [one, other] = weakest.sides;
    match (lang, weakest.by_people) {
        (Lang::Ja, None) => {
            format!("最も弱いつながりは {pair}（確率 {sure}）。切れると登録 {one} 件と {other} 件に分かれます。")
        }
        (Lang::En, None) => format!(
            "The weakest bridge is {pair} (probability {sure}); without it the person falls into {one} and {other} registrations."
        ),
        (Lang::Ja, Some(_)) => {
            format!("{pair} は担当者の判断だけでつながっています。なければ登録 {one} 件と {other} 件に分かれます。")
        }
        (Lang::En, Some(_)) => format!(
            "{pair} hold together by people's decision; without it the person falls into {one} and {other} registrations."
        ),
    }
}

fn ends(pair: Pair, lang: Lang) -> String {
    let [left, right] = pair.both();
    match lang {
        Lang::Ja => format!("{left} と {right}"),
        Lang::En => format!("{left} and {right}"),
    }
}

/// A probability in four digits; what is not quite one never reads as one, nor what is not quite zero as zero.
fn shown(probability: f64) -> String {
    match probability {
        p if p < 1.0 && p > 0.9999 => ">0.9999".to_owned(),
        p if p > 0.0 && p < 0.0001 => "<0.0001".to_owned(),
        p => format!("{p:.4}"),
    }
}

/// The field in words; a field that has none here goes by its own name.
fn field_word(field: &str, lang: Lang) -> String {
    let word = match field {
        "family" => lang.pick("氏", "family name"),
        "given" => lang.pick("名", "given name"),
        "birth" => lang.pick("生年月日", "birth date"),
        "sex" => lang.pick("性別", "sex"),
        "home" => lang.pick("住所", "address"),
        "phone" => lang.pick("電話番号", "phone"),
        "card" => lang.pick("被保険者証", "insured card"),
        "chart" => lang.pick("診療録番号", "chart"),
        "medical-id" => lang.pick("医療等ID", "medical ID"),
        other => other,
    };
    word.to_owned()
}

fn rival_word(rival: &str, lang: Lang) -> String {
    let word = match rival {
        "household" => lang.pick("同じ世帯の別人", "another member of this household"),
        "twins" => lang.pick("双子", "twins"),
        "housemates" => lang.pick("同じ住居の別人", "people of one home"),
        "namesakes" => lang.pick("同姓同名", "namesakes"),
        "namesakes-by-day" => lang.pick("同じ誕生日の同姓同名", "namesakes of one birthday"),
        "shared-birthday" => lang.pick("同じ生年月日で名も同じ別人", "a shared birth date and given name"),
        "postal-birthday" => lang.pick("同じ郵便番号・生年月日の別人", "a shared postal code and birth date"),
        "reused-phone" => lang.pick("電話番号の再利用", "a reused phone number"),
        "neighbours" => lang.pick("同じ場所で名が同じ別人", "one given name at one place"),
        "namesakes-of-any-age" => lang.pick("年齢を問わない同姓同名", "namesakes of any age"),
        "strangers" => lang.pick("無関係の別人", "strangers"),
        other => other,
    };
    word.to_owned()
}

fn reason_word(reason: ReasonCode, lang: Lang) -> &'static str {
    match reason {
        ReasonCode::Linkage => lang.pick("名寄せ処理", "linkage"),
        ReasonCode::Documents => lang.pick("本人確認書類", "papers of the person"),
        ReasonCode::FacilityConfirmed => lang.pick("施設に確認", "confirmed by the facility"),
        ReasonCode::OfficialId => lang.pick("公的な番号", "official id"),
        ReasonCode::NameChange => lang.pick("改姓・改名", "change of name"),
        ReasonCode::TypingError => lang.pick("入力誤り", "typing error"),
        ReasonCode::Newborn => lang.pick("新生児の仮登録", "newborn under a placeholder"),
        ReasonCode::Twins => lang.pick("双子", "twins"),
        ReasonCode::Household => lang.pick("同じ世帯", "one household"),
        ReasonCode::Namesakes => lang.pick("同姓同名", "namesakes"),
        ReasonCode::ChartReused => lang.pick("番号の使い回し", "a chart or number used again"),
        ReasonCode::CorrectionRequest => lang.pick("訂正の求め", "request for correction"),
        ReasonCode::LegalProtection => lang.pick("法令による保護", "protection by law"),
        ReasonCode::Mistake => lang.pick("以前の判断の誤り", "an earlier decision was wrong"),
        ReasonCode::Unstated => lang.pick("理由の記録なし", "no reason recorded"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use kiban_core::Phi;

    use super::*;
    use crate::{Constraints, Linkage, Registration, Settings, link};

    /// Two of one household with other given names and birth dates, and one more of the first.
    fn linkage() -> Linkage {
        let register = |id: i64, name: &str, birth: &str| {
            let mut one = Registration::new(PatientRef::new(id).unwrap(), format!("131000000{id}"));
            let text = |text: &str| Some(Phi::new(text.to_owned()));
            (one.name_kanji, one.birth_text, one.phone) = (text(name), text(birth), text("03-1234-5678"));
            one
        };
        let all = [
            register(1, "髙橋 一郎", "1980-03-12"),
            register(2, "高橋 一郎", "1980-03-12"),
            register(3, "高橋 花子", "1982-07-30"),
        ];
        link(&all, Settings::default(), &Constraints::default()).unwrap()
    }

    fn check(outcome: Outcome, probability: f64, lang: Lang, expect: &[&str]) {
        let linkage = linkage();
        let joined = linkage.decisions.iter().find(|one| one.outcome == Outcome::Joined).unwrap();
        let decision = Decision { outcome, probability, rival_probability: 0.61, ..*joined };
        let mut weights = linkage.explain(joined);
        weights
            .iter_mut()
            .for_each(|weight| weight.bits = if weight.field.to_string() == "birth" { -4.0 } else { 0.0 });
        let account = Account { decision: &decision, weights: &weights, threshold: 0.9, model: ModelVersion(3) };
        let lines = why_not(&account, lang);
        assert_eq!(lines.len(), expect.len(), "{lines:#?}");
        for (line, expect) in lines.iter().zip(expect) {
            assert!(line.contains(expect), "{line} has no {expect}");
        }
        assert_eq!(lines, why_not(&account, lang), "the same numbers, the same words");
    }

    #[test]
    fn why_not_names_the_rival_the_evidence_and_what_would_have_joined() {
        let open =
            ["0.5000, is below 0.9000", "likeliest other", "birth date", "were the birth date not known", "model 3"];
        check(Outcome::Possible, 0.5, Lang::En, &open);
        let open = ["0.5000 は基準 0.9000", "別の説明", "生年月日", "生年月日が不明であれば", "モデル 3"];
        check(Outcome::Possible, 0.5, Lang::Ja, &open);
        // Four bits do not make up for what is missing here.
        check(Outcome::Possible, 0.01, Lang::En, &["0.0100", "likeliest other", "birth date", "model 3"]);
        let refused = ["people decided", "likeliest other", "birth date", "model 3"];
        check(Outcome::Refused(Refusal::Human), 0.97, Lang::En, &refused);
        check(Outcome::Joined, 0.999_99, Lang::En, &["are one person (probability >0.9999"]);
    }

    #[test]
    fn every_reason_and_class_has_words_in_both_languages() {
        for reason in ReasonCode::ALL {
            assert!(!reason_word(*reason, Lang::Ja).is_ascii() && reason_word(*reason, Lang::En).is_ascii());
        }
        for class in crate::Class::ALL.into_iter().skip(1) {
            assert!(!rival_word(&class.to_string(), Lang::Ja).is_ascii(), "{class}");
        }
        for field in crate::Field::OF_REGISTRATION {
            assert!(!field_word(&field.to_string(), Lang::Ja).is_ascii(), "{field}");
        }
    }
}
