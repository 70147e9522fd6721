//! What a study and the transformations found, for people and for the page.

use kiban_engine::table::{Accuracy, Job, Method, Outcome, Quality, Study as Found, TransformReport, Tried};
use kiban_web::report::{
    Accuracy as Predicted, AttackTried, ColumnQuality, FrontierPoint, Method as Attack, Quality as Kept,
    QualityFigures, Study, Transformation, TransformedColumn,
};

use crate::say::{Say, count};

/// Says what was drawn, transformed and tried.
pub(super) fn tell(say: &Say, k: u32, outcome: &Outcome) {
    if let Some(records) = outcome.sampled_from {
        say.tell("did-anonymise-sampled", &[("records", &count(records))]);
    }
    for one in &outcome.transformations {
        let (changed, emptied, left) = (count(one.changed), count(one.suppressed), count(one.rows_suppressed));
        let (name, column) = (&one.transformation, &one.column);
        say.tell(
            "did-anonymise-transformed",
            &[
                ("transformation", name),
                ("column", column),
                ("changed", &changed),
                ("emptied", &emptied),
                ("left", &left),
            ],
        );
        if one.unprotected > 0 {
            let records = count(one.unprotected);
            say.tell(
                "did-anonymise-unprotected",
                &[("transformation", name), ("column", column), ("records", &records)],
            );
        }
    }
    let Some(study) = &outcome.study else { return };
    let attacks = study.attacks.iter().map(|one| attack(k, one));
    let (all, withstood) = attacks.fold((0, 0), |(n, stood), one| (n + 1, stood + u64::from(one.withstood())));
    say.tell("did-anonymise-attacks", &[("attacks", &all), ("withstood", &withstood)]);
    if !study.not_attacked.is_empty() {
        say.tell("did-anonymise-not-attacked", &[("columns", &study.not_attacked.join(", "))]);
    }
}

/// Puts together what the page shows of it.
pub(super) fn page(job: &Job, outcome: &Outcome) -> Study {
    let transformations = outcome.transformations.iter().filter_map(transformed).collect();
    let Some(found) = &outcome.study else { return Study { transformations, ..Study::default() } };
    Study {
        frontier: frontier(job, outcome, found),
        attacks: found.attacks.iter().map(|one| attack(job.class_size(), one)).collect(),
        population: None,
        accuracy: found.accuracy.iter().map(predicted).collect(),
        quality: Some(quality(&found.quality_before, &outcome.quality)),
        acquaintance: None,
        transformations,
    }
}

fn transformed(one: &TransformReport) -> Option<TransformedColumn> {
    let name = one.transformation.replace('_', "-");
    Some(TransformedColumn {
        column: one.column.clone(),
        transformation: *Transformation::ALL.iter().find(|known| known.as_str() == name)?,
        changed: one.changed,
        emptied: one.suppressed,
        records_left: one.rows_suppressed,
        loss: one.loss,
        smallest_group: one.smallest_group,
        unprotected: one.unprotected,
    })
}

/// Sets the job's own point among those tried; what a transformation made of it is no point of generalisation.
fn frontier(job: &Job, outcome: &Outcome, found: &Found) -> Vec<FrontierPoint> {
    let (k, limit) = (job.class_size(), job.suppression_limit);
    let is_own = |point: &FrontierPoint| point.k == u64::from(k) && point.suppression_limit == limit;
    let tried = found.frontier.iter().map(|point| FrontierPoint {
        k: u64::from(point.setting.k),
        suppression_limit: point.setting.suppression_limit,
        risk_max: point.risk_max,
        risk_avg: point.risk_mean,
        kept: point.granularity,
        suppressed: point.suppressed,
        persons: point.persons,
        chosen: false,
    });
    let is_quasi = |name: &str| outcome.quality.columns.iter().any(|column| column.name == name);
    let moved = outcome.transformations.iter().any(|one| one.rows_suppressed > 0 || is_quasi(&one.column));
    let risk = outcome.risk_in_full.as_ref().filter(|_| !moved && k > 1);
    let Some(both) = risk.filter(|_| !found.frontier.is_empty()) else { return tried.collect() };
    let own = FrontierPoint {
        k: u64::from(k),
        suppression_limit: limit,
        risk_max: both.after.prosecutor_max,
        risk_avg: both.after.prosecutor_mean,
        kept: outcome.granularity,
        suppressed: outcome.suppressed_records,
        persons: outcome.records,
        chosen: true,
    };
    let mut points: Vec<FrontierPoint> = tried.filter(|point| !is_own(point)).chain([own]).collect();
    points.sort_by(|a, b| a.k.cmp(&b.k).then(a.suppression_limit.total_cmp(&b.suppression_limit)));
    points
}

/// Sets an attack beside its limit: no record may be named with more than one in k.
fn attack(k: u32, one: &Tried) -> AttackTried {
    let method = match one.method {
        Method::Linkage => Attack::Linkage,
        Method::LinkageErrors => Attack::LinkageErrors,
        Method::Inference => Attack::Inference,
        Method::SinglingOut => Attack::SinglingOut,
    };
    let links = matches!(one.method, Method::Linkage | Method::LinkageErrors);
    AttackTried {
        method,
        knows: one.knows.clone(),
        target: one.target.clone(),
        attempts: one.rate.attempts,
        share: one.rate.share,
        interval: one.rate.interval,
        control: one.rate.control,
        control_interval: one.rate.control_interval,
        worst: one.worst,
        limit: links.then(|| f64::from(k).recip()),
    }
}

fn predicted(one: &Accuracy) -> Predicted {
    Predicted {
        column: one.target.clone(),
        persons: one.persons,
        majority: one.majority,
        before: one.original,
        after: one.released,
        relative: one.relative,
    }
}

fn quality(before: &Quality, after: &Quality) -> Kept {
    let column = |one: &kiban_engine::table::QualityOfColumn| ColumnQuality {
        column: one.name.clone(),
        granularity: one.granularity,
        entropy: one.entropy,
        precision: one.precision,
        missing: one.missing,
        mse: one.mse,
        variance_kept: one.variance_kept,
    };
    let whole = |one: &Quality| QualityFigures {
        granularity: one.granularity,
        weighted_granularity: one.weighted_granularity,
        entropy: one.entropy,
        precision: one.precision,
        discernibility: one.discernibility,
        average_class_size: one.average_class_size,
        average_class_size_per_k: one.average_class_size_per_k,
        ambiguity: one.ambiguity,
        kl_divergence: one.kl_divergence,
    };
    Kept { columns: after.columns.iter().map(column).collect(), before: whole(before), after: whole(after) }
}
