//! What docs/ci.md tells people to do, done: its commands are taken out of it and run.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::{ALONE, text};

/// The addresses that the guide uses; tests use free ones.
const ADDRESSES: [&str; 2] = ["127.0.0.1:8085", "127.0.0.1:8086"];
/// Objectives on a busy machine: the generator is as patient with itself as a hundredth of the tightest one.
const PATIENT: (&str, &str) = ("p95(pay) < 2s", "p95(pay) < 60s");

fn guide() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ci.md")).unwrap()
}

/// The fenced blocks of this kind, in order.
fn blocks(kind: &str) -> Vec<String> {
    let guide = guide();
    let fence = format!("```{kind}\n");
    let fences = guide.split(&fence).skip(1);
    fences.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// A folder like the repository of a reader: the scenario, and programs that the guide calls and that are not there.
struct Repository {
    folder: TempDir,
    addresses: Vec<String>,
}

impl Repository {
    fn new() -> Repository {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::create_dir(folder.path().join("scenarios")).unwrap();
        let scenario = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/scenarios/release-gate.yaml"
        ))
        .unwrap();
        assert!(
            scenario.contains(PATIENT.0) && guide().contains(PATIENT.0),
            "the guide shows the scenario's gate"
        );
        std::fs::write(
            folder.path().join("scenarios/release-gate.yaml"),
            scenario.replace(PATIENT.0, PATIENT.1),
        )
        .unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tillrush"), bin.join("tillrush")).unwrap();
        // What installs tillrush, and what speaks to GitHub: that they are called as they should be is all that can be told here.
        script(&bin.join("cargo"), "[ \"$*\" = \"install --locked --path . --profile dist\" ]");
        script(&bin.join("gh"), "[ \"$1 $2 $4\" = \"pr comment --body-file\" ] && [ -s \"$5\" ]");
        let addresses = ADDRESSES.map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let addresses =
            addresses.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect();
        Repository { folder, addresses }
    }

    /// Runs a script as a runner does, and closes what it left open.
    fn bash(&self, script: &str, duration: &str) -> Output {
        let script = ADDRESSES
            .iter()
            .zip(&self.addresses)
            .fold(script.to_owned(), |script, (shown, free)| script.replace(shown, free));
        let path = format!(
            "{}:{}",
            self.folder.path().join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = Command::new("bash");
        command
            .current_dir(self.folder.path())
            .env("PATH", path)
            .args(["-e", "-o", "pipefail", "-c"]);
        for (name, _) in std::env::vars()
            .filter(|(name, _)| name.starts_with("GITHUB_") || name.starts_with("TILLRUSH_"))
        {
            command.env_remove(name);
        }
        // The same run in less time: so many shoppers are enough for either answer.
        command.env("TILLRUSH_DURATION", duration);
        command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", self.folder.path().join("summary.md"));
        command.arg(format!("trap 'kill $(jobs -p) 2> /dev/null' EXIT\n{script}")).output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

fn script(path: &Path, body: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Waits for the shops that a script has opened.
const WAIT: &str = "for address in 127.0.0.1:8085 127.0.0.1:8086; do
    curl --silent --output /dev/null --retry 30 --retry-delay 1 --retry-connrefused http://$address/
done";
/// Says how the command before it ended.
const CODE: &str = "|| code=$?; echo \"exit code ${code:-0}\"; unset code";

#[test]
fn the_two_commands_of_the_guide_pass_and_fail() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let [shops, passes, fails, ..] = &blocks("sh")[..] else {
        panic!("the guide has lost its commands")
    };
    let repository = Repository::new();
    let both =
        format!("{shops}\n{WAIT}\n{} {CODE}\n{} {CODE}", passes.trim_end(), fails.trim_end());
    let output = repository.bash(&both, "16s");
    let said = text(&output.stdout);
    let codes: Vec<&str> = said.lines().filter(|line| line.starts_with("exit code")).collect();
    assert_eq!(codes, ["exit code 0", "exit code 99"], "{said}{}", text(&output.stderr));
    assert!(said.contains("PASS: ") && said.contains("FAIL: "), "{said}");
    assert!(
        text(&output.stderr).contains("::error file=scenarios/release-gate.yaml,line="),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(repository.read("summary.md").matches("Release gate: ").count(), 2);
}

#[test]
fn the_github_job_of_the_guide_runs() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let workflow = blocks("yaml").into_iter().find(|block| block.contains("runs-on")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&workflow).unwrap();
    let steps = workflow["jobs"]["checkout-under-load"]["steps"].as_array().unwrap();
    let scripts: Vec<String> = steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .map(|run| run.replace("${{ github.event.number }}", "7"))
        .collect();
    assert_eq!(scripts.len(), 4);
    let repository = Repository::new();
    let output = repository.bash(&scripts.join("\n"), "10s");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(crate::schema::violations(&repository.read("tillrush.xml")), [""; 0]);
    assert_eq!(repository.read("tillrush.md"), repository.read("summary.md"));
    let run: Value = serde_json::from_str(&repository.read("tillrush.json")).unwrap();
    assert_eq!((&run["verdict"], &run["tags"]["commit"]), (&"pass".into(), &"none".into()));
    assert!(
        run["budget"]["spent_by_peak_hour"]["ci95"][1].as_f64().unwrap() < 1.0,
        "{}",
        run["budget"]
    );
    // What is kept is there to be kept.
    let kept = steps.iter().find_map(|step| step["with"]["path"].as_str()).unwrap();
    assert!(kept.lines().all(|path| repository.folder.path().join(path.trim()).exists()), "{kept}");
}

#[test]
fn the_gitlab_job_of_the_guide_runs() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let pipeline = blocks("yaml").into_iter().find(|block| block.contains("script:")).unwrap();
    let pipeline: Value = serde_saphyr::from_str(&pipeline).unwrap();
    let job = &pipeline["checkout-under-load"];
    let script: Vec<&str> =
        job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let repository = Repository::new();
    let output = repository.bash(&script.join("\n"), "10s");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(job["allow_failure"]["exit_codes"][0], 100);
    assert_eq!(
        crate::schema::violations(
            &repository.read(job["artifacts"]["reports"]["junit"].as_str().unwrap())
        ),
        [""; 0]
    );
}

#[test]
fn the_guide_names_every_exit_code() {
    let guide = guide();
    for code in [0, 99, 100, 102, 104, 105, 106, 107] {
        assert!(guide.contains(&format!("\n| {code} |")), "{code}");
    }
    assert!(guide.contains("\n| 1, 2 |"));
}
