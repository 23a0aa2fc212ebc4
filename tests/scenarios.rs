//! The scenarios that come with tillrush are good as they are, with their data.

use std::path::Path;

use tillrush::plan::{Inputs, Plan};

#[test]
fn the_flows_of_real_shops_are_plans() {
    for name in ["oscar", "vendure"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/shops/{name}.yaml"));
        let text = std::fs::read_to_string(path).unwrap();
        let inputs = Inputs::default();
        let plan = Plan::from_text(name, &text, &inputs)
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        assert!(
            plan.units.iter().any(|unit| unit.purchase) && !plan.objectives.is_empty(),
            "{name}"
        );
    }
}

#[test]
fn every_scenario_that_comes_along_is_a_plan() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut names = Vec::new();
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml")) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let inputs =
            Inputs { read_file: &|path| std::fs::read(folder.join(path)), ..Inputs::default() };
        let text = std::fs::read_to_string(&file).unwrap();
        let plan = Plan::from_text(&name, &text, &inputs)
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        assert!(!plan.objectives.is_empty(), "{name} has no gate worth the name");
        assert!(!plan.observed.is_empty(), "{name} observes nothing");
        assert_eq!(
            plan.target.as_ref().map(url::Url::as_str),
            Some("http://127.0.0.1:8080/"),
            "{name}"
        );
        names.push(name);
    }
    assert!(names.len() >= 7, "{names:?}");
}
