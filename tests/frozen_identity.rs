//! Digests identify stored runs: they must not move while the seed, the plan and `SCHEDULE_VERSION` stay.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use tillrush::plan::{Canonical, Inputs, Plan};
use tillrush::schedule::{plan_digest, workload_digest};

const SEED: u64 = 42;

/// A scenario's file, its `workload_digest`, and its `plan_digest` with [`SEED`].
///
/// Edit a row when its scenario was edited. If nothing but code changed, the change orphans every
/// stored baseline: undo it, or raise `SCHEDULE_VERSION`.
const FROZEN: [(&str, &str, &str); 13] = [
    (
        "scenarios/black-friday.yaml",
        "b28e129259904783e97412762ff694126bd7752f185ba2a9e02a7d646992fda9",
        "267d9be1cff72a1ec09521738ea617ed6ea2cfd5ec97ba7c2ee11249e5a12c35",
    ),
    (
        "scenarios/click-and-collect.yaml",
        "b6af90d3efcc637a4cd9d65e9761a997a73fafd41ab77225165f0380e67919c5",
        "697467cab07a3405c8c3023e3d266d334c7886590fafe7778d24dd09cb49d68b",
    ),
    (
        "scenarios/cyber-monday-mobile.yaml",
        "a7cd9c74be7b56ff87443958c353c329802cacdfa91cad374927fab4d08b1030",
        "2fa79bd8494f391ac2993c0c04939d8519078dcc86bbb182f09f6036bd54a785",
    ),
    (
        "scenarios/demo.yaml",
        "acfb8ff8fe294c9ae32a8bd83974b63154fb93d4c012b6066fe781b8afe435bf",
        "24cbbae98340b3d84ff09ab502c8015c319df5f3af0ffb2c21af84077c1cd854",
    ),
    (
        "scenarios/flash-sale.yaml",
        "c624867eb10a3f5e748ecaacf0570985cec9f4248f8788779750557237611ab8",
        "dd561fbe5f3d9b637e353fe96ed76fa8252076d633d9bf2520f2460471dd06ca",
    ),
    (
        "scenarios/gift-returns.yaml",
        "dd8e7f20404242a66cd65e071120088a4ea6ef59080f817796a9d91d485e7c01",
        "478b1f5ba05655a1f4852fae6a60ca71a6cb04850707dee7983a8066e29901d1",
    ),
    (
        "scenarios/help-desk.yaml",
        "38484b7f76c04ff98a921fdcac0c55d3875056cda32995e21fa391b647ba0ade",
        "9c5a481dd9ef189e95da493be6b3bef3248d3a565f19347c2f8fa1e0399e7968",
    ),
    (
        "scenarios/login-storm.yaml",
        "6a6a7c8f8167d84147a94cb94b31c51fc0e8f46bbdc3436d9870f087e485a644",
        "78b5d07e1c853312b00c76628c0ccdcb7cae09923a8bc2819479cb5a69d57219",
    ),
    (
        "scenarios/release-gate.yaml",
        "26bf0ff43c7c8ed385a2499acc8bc2ab6c523cd9a6918dd380a071106a3554c4",
        "c12e2f6522727e43a908cffc4f088d68e60040608dd4a47a1748a540d34f9c98",
    ),
    (
        "scenarios/retry-experiment.yaml",
        "438825e2c57802758b057beb18dacba7c1d1a69eddc6931bc4f01e48604a61dc",
        "ba974a8a65e8a5e16cb25a34064e198aac4de7f7f6c8e584ae356208c437c617",
    ),
    (
        "scenarios/shops/oscar.yaml",
        "76ab61336c4167c2576d30d136a3fe23912b7414f6afc4e76a9aa50d72babb07",
        "658edc5dc52ce3ed0e347aee4adaa5954b0ad6c4c1a435fe1737794e47e09a93",
    ),
    (
        "scenarios/shops/vendure.yaml",
        "8a117d2c5876da9f3177fae79ba3b4694ac34ac32877daa29484c3eaae0d0e0a",
        "472a0ef2045cca405851c8ae88cd2e2d01c31620990863e1e3de311cad1c88fa",
    ),
    (
        "tests/data/every_kind.yaml",
        "706c1227ceccd5b00a5bd10484f5b1954598a8cc49894d232a3d2be7f771b637",
        "eb852862de8d44b76c648e2124fbc1a48356d98dfebed8ecf1d00e45b7711016",
    ),
];

fn plan(file: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let folder = path.parent().unwrap();
    let read_file = |name: &str| match name {
        "note.txt" => Ok(b"a note".to_vec()),
        name => std::fs::read(folder.join(name))
            .or_else(|_| std::fs::read(folder.join("../../scenarios/data").join(name))),
    };
    let variables = [("PASSWORD".to_owned(), "secret".to_owned())].into();
    let inputs = Inputs { read_file: &read_file, variables, ..Inputs::default() };
    Plan::from_text(file, &std::fs::read_to_string(&path).unwrap(), &inputs)
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

#[test]
fn digests_of_the_bundled_scenarios_do_not_move() {
    let files = FROZEN.map(|(file, ..)| file);
    let digests = files.map(|file| {
        let plan = plan(file);
        (file, workload_digest(&plan), plan_digest(&plan, SEED))
    });
    let frozen = FROZEN.map(|(file, workload, plan)| (file, workload.to_owned(), plan.to_owned()));
    assert_eq!(digests, frozen);
}

#[test]
fn the_canonical_form_has_the_keys_that_it_always_had() {
    insta::assert_snapshot!(format!("{:#}", plan("tests/data/every_kind.yaml").canonical()));
}
