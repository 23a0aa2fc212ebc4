//! What two runs must have in common, as one line of text.

use sha2::{Digest, Sha256};

use crate::plan::{Canonical, Plan, SCHEDULE_VERSION};

/// The identity of a run's plan: SHA-256 over its canonical form, the hashes of its data files, the version
/// of the schedule and the seed, in hexadecimal. Shards of one run have the same. The target and
/// the objectives are no part of it: the same shoppers can be sent to another shop and judged otherwise.
pub fn plan_digest(plan: &Plan, seed: u64) -> String {
    let mut hash = canonical(plan);
    hash.update(seed.to_le_bytes());
    hex::encode(hash.finalize())
}

/// The same without the seed: runs with the same one are comparable.
pub fn workload_digest(plan: &Plan) -> String {
    hex::encode(canonical(plan).finalize())
}

fn canonical(plan: &Plan) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(SCHEDULE_VERSION.to_le_bytes());
    // Without white space; numbers as the shortest text that reads back the same.
    hash.update(plan.canonical().to_string());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::example::{attribute, journey, plan};
    use crate::plan::{DataSet, Measure, Metric, Objective, Operator, RowAssignment};

    fn example() -> Plan {
        plan(vec![journey("buy", 1.0)], vec![attribute("device", &[72.0, 28.0])])
    }

    #[test]
    fn equal_plans_have_equal_digests() {
        assert_eq!(plan_digest(&example(), 42), plan_digest(&example(), 42));
        assert_eq!(workload_digest(&example()), workload_digest(&example()));
        assert_eq!(plan_digest(&example(), 42).len(), 64);
    }

    #[test]
    fn target_and_objectives_are_no_part_of_the_plan_s_identity() {
        let mut other = example();
        other.target = Some("http://127.0.0.1:8080".parse().unwrap());
        let text = "lost_shoppers < 1%".to_owned();
        other.objectives.push(Objective {
            text,
            line: 3,
            metric: Metric::new(Measure::LostShoppers),
            operator: Operator::Below,
            limit: 0.01,
            window: None,
            after: None,
            only: vec![],
            abort: false,
        });
        assert_eq!(plan_digest(&example(), 1), plan_digest(&other, 1));
    }

    #[test]
    fn seed_weights_and_data_are_part_of_it() {
        let base = example();
        assert_ne!(plan_digest(&base, 1), plan_digest(&base, 2));
        let mut weights = example();
        weights.shoppers.attributes[0].values[0].1 = 71.0;
        let mut data = example();
        data.shoppers.data.push(DataSet {
            name: "accounts".into(),
            columns: vec![],
            assignment: RowAssignment::Once,
            sha256: "00".into(),
            rows: vec![],
        });
        let mut other_data = example();
        other_data.shoppers.data.push(DataSet {
            name: "accounts".into(),
            columns: vec![],
            assignment: RowAssignment::Once,
            sha256: "01".into(),
            rows: vec![],
        });
        let digests = [&base, &weights, &data, &other_data].map(workload_digest);
        for (i, digest) in digests.iter().enumerate() {
            assert!(!digests[..i].contains(digest), "plan {i} has the digest of an earlier one");
        }
    }
}
