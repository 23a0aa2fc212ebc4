//! The text of the manifest. Every value in it is a quoted YAML string, so that nothing in a scenario can change its structure.

use minijinja::{Environment, context};

use crate::base::Micros;

const TEMPLATE: &str = include_str!("manifest.yaml.jinja");
/// What the gate needs besides the run, in CPUs.
const GATE_CPUS: u32 = 1;

/// What the manifest is made from.
pub(super) struct Manifest {
    /// Of all its objects.
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) slices: u32,
    pub(super) image: String,
    pub(super) cpus: u32,
    pub(super) memory: String,
    /// The scenario first.
    pub(super) files: Vec<ManifestFile>,
    pub(super) run_options: Vec<String>,
    pub(super) url: String,
    /// From the pods' creation to the last tally, at most.
    pub(super) takes: Micros,
}

/// A file of the ConfigMap.
pub(super) struct ManifestFile {
    /// Its key.
    pub(super) key: String,
    /// Where it is mounted, below the scenario's folder.
    pub(super) path: MountedPath,
    pub(super) text: String,
}

/// A path below the scenario's folder.
pub(super) struct MountedPath(String);

impl MountedPath {
    /// None if it leads out of the folder.
    pub(super) fn new(path: &str) -> Option<MountedPath> {
        let parts = || path.split('/').filter(|part| !part.is_empty() && *part != ".");
        let is_inside = !path.starts_with('/') && parts().all(|part| part != "..");
        (is_inside && parts().count() > 0)
            .then(|| MountedPath(parts().collect::<Vec<_>>().join("/")))
    }
}

/// The manifest as YAML.
///
/// # Errors
/// When the template is broken, which a test excludes.
pub(super) fn render(manifest: &Manifest) -> anyhow::Result<String> {
    let name = &manifest.name;
    let takes = u64::from(manifest.takes.second());
    let scenario = manifest.files.first().map_or("", |file| file.path.0.as_str());
    let mut slice =
        ["run", &format!("/scenario/{scenario}"), "--slice", "auto", "--join", &manifest.url]
            .map(str::to_owned)
            .to_vec();
    slice.extend(manifest.run_options.iter().cloned());
    let gate = ["merge", &manifest.url, "--wait", &format!("{takes}s")].map(str::to_owned);
    let job = |name: String, component: &str, args: &[String], deadline: u64, cpus: u32| {
        let args: Vec<String> = args.iter().map(|word| quote(&escape_dollars(word))).collect();
        let is_gate = component == "gate";
        context! { name, component, args, deadline, cpus, is_gate }
    };
    let jobs = [
        job(name.clone(), "slice", &slice, takes, manifest.cpus),
        // It outlives the slices, so as to merge them.
        job(format!("{name}-gate"), "gate", &gate, takes + 300, GATE_CPUS),
    ];
    let files: Vec<_> = manifest
        .files
        .iter()
        .map(|file| {
            context! { key => &file.key, path => quote(&file.path.0), text => block(&file.text) }
        })
        .collect();
    let environment = Environment::new();
    let rendered = environment.render_str(
        TEMPLATE,
        context! {
            tool => concat!("tillrush ", env!("CARGO_PKG_VERSION")),
            name,
            namespace => manifest.namespace.as_deref().map(quote),
            slices => manifest.slices,
            image => quote(&manifest.image),
            memory => quote(&manifest.memory),
            files,
            jobs,
        },
    )?;
    Ok(rendered + "\n")
}

/// `$(NAME)` in an argument would be the variable's value.
fn escape_dollars(word: &str) -> String {
    word.replace("$(", "$$(")
}

/// A YAML string in double quotes: JSON's are.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A YAML string as a block, which people can read; in quotes where a block can't have it.
fn block(text: &str) -> String {
    let is_plain = |c: char| matches!(c, ' '..='~' | '\n' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{10000}'..);
    let separators = ['\u{2028}', '\u{2029}', '\u{85}'];
    if !text.chars().all(|c| is_plain(c) && !separators.contains(&c)) || text.trim().is_empty() {
        return quote(text);
    }
    let chomping = match text.len() - text.trim_end_matches('\n').len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let indented: Vec<String> = lines
        .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
        .collect();
    // The indentation is told: a text may begin with spaces of its own.
    format!("|2{chomping}\n{}", indented.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn manifest(files: &[(&str, &str)], options: &[&str]) -> String {
        let file = |(place, (path, text)): (usize, &(&str, &str))| ManifestFile {
            key: format!("file-{place}"),
            path: MountedPath::new(path).unwrap(),
            text: (*text).to_owned(),
        };
        render(&Manifest {
            name: "tillrush-run-17".into(),
            namespace: None,
            slices: 8,
            image: "tillrush:0.1.0".into(),
            cpus: 4,
            memory: "2Gi".into(),
            files: files.iter().enumerate().map(file).collect(),
            run_options: options.iter().map(|word| (*word).to_owned()).collect(),
            url: "s3://load/run-17".into(),
            takes: Micros::from_secs(900),
        })
        .unwrap()
    }

    fn documents(text: &str) -> Vec<serde_json::Value> {
        text.split("\n---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect()
    }

    #[test]
    fn the_manifest_is_four_objects_that_belong_together() {
        let text = manifest(
            &[("shop.yaml", "a: 1\n"), ("data/users.csv", "x\n")],
            &["--target", "http://shop"],
        );
        let all = documents(&text);
        let kinds: Vec<&str> = all.iter().filter_map(|object| object["kind"].as_str()).collect();
        assert_eq!(kinds, ["ServiceAccount", "ConfigMap", "Job", "Job"]);
        let job = &all[2]["spec"];
        assert_eq!((&job["completions"], &job["parallelism"]), (&8.into(), &8.into()));
        let pod = &job["template"]["spec"];
        let args: Vec<&str> = pod["containers"][0]["args"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|word| word.as_str())
            .collect();
        assert_eq!(
            args.join(" "),
            "run /scenario/shop.yaml --slice auto --join s3://load/run-17 --target http://shop"
        );
        assert_eq!(
            pod["containers"][0]["resources"]["limits"],
            serde_json::json!({ "memory": "2Gi" })
        );
        assert_eq!(pod["volumes"][1]["configMap"]["items"][1]["path"], "data/users.csv");
    }

    #[test]
    fn a_path_out_of_the_folder_is_none() {
        assert!(MountedPath::new("../a").is_none() && MountedPath::new("/a").is_none());
        assert_eq!(MountedPath::new("./a//b.csv").unwrap().0, "a/b.csv");
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_file_or_an_option_arrives_as_it_is(
            text in "[ -~\\n\\t\\r:#{}|äß€\u{85}\u{2028}\u{1}]{0,60}",
            option in "[ -~\\n$()]{0,20}",
        ) {
            let all = documents(&manifest(&[("shop.yaml", &text)], &[&option]));
            prop_assert_eq!(all[1]["data"]["file-0"].as_str(), Some(text.as_str()));
            let args = all[2]["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap().clone();
            let last = args.last().and_then(|word| word.as_str()).unwrap_or_default().replace("$$(", "$(");
            prop_assert_eq!(last, option);
        }
    }
}
