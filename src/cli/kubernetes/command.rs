//! What is read for the manifest, and the manifest printed.

use std::path::Path;

use anyhow::anyhow;

use super::super::args::RunArgs;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input_files::{self, InputFiles};
use super::super::run_folder::slug;
use super::super::screen::{Screen, print};
use super::super::source::Source;
use super::kubernetes_args::KubernetesArgs;
use super::manifest::{Manifest, ManifestFile, MountedPath, render};
use crate::base::Micros;
use crate::join::SliceChoice;

/// What a ConfigMap holds, in bytes.
const CONFIG_MAP: usize = 1 << 20;
/// What of it the names take.
const NAMES: usize = 16 << 10;
/// What pods need besides the run: to be scheduled, to fetch the image, to deliver.
const AROUND: Micros = Micros::from_secs(600);

/// `tillrush kubernetes`.
pub fn kubernetes(args: &KubernetesArgs, screen: Screen) -> Result<Exit, Failure> {
    if args.join.scheme() == "file" {
        let error = anyhow!("pods share no folder: {} is on this machine", args.join);
        return Err(Failure::usage(error).help("give a bucket: s3://BUCKET/RUN, gs: or az:"));
    }
    let run = run_args(args)?;
    let source = Source::read(&run.scenario, screen)?;
    let length = source.plan.load.length();
    let files = files(&args.scenario, &source)?;
    let manifest = Manifest {
        name: format!(
            "tillrush-{}",
            slug(args.join.path().rsplit('/').find(|part| !part.is_empty()).unwrap_or("run"))
        ),
        namespace: args.namespace.clone(),
        slices: args.slices,
        image: args.image.clone(),
        cpus: args.cpus,
        memory: args.memory.clone(),
        files,
        run_options: args.run_options.clone(),
        url: args.join.to_string(),
        takes: run.join.wait + length + run.drain + AROUND,
    };
    print(&render(&manifest)?)?;
    Ok(Exit::Ok)
}

/// The options of the slices, if pods can have them.
fn run_args(args: &KubernetesArgs) -> Result<RunArgs, Failure> {
    let scenario = args.scenario.clone().into_os_string();
    let words = std::iter::once(scenario).chain(args.run_options.iter().map(Into::into));
    let run = RunArgs::from_words(words).map_err(|error| {
        Failure::usage(anyhow!("the options after `--`: {}", error.to_string().trim_end()))
    })?;
    let refused = |what: &str, help: &str| Err(Failure::usage(anyhow!("{what}")).help(help));
    if run.join.url.is_some() || run.slice != SliceChoice::Given(crate::base::Slice::WHOLE) {
        return refused("--join and --slice are set in the manifest", "leave them out after `--`");
    }
    let on_this_machine = [&run.access.ca_file, &run.access.cert, &run.access.key, &run.records]
        .into_iter()
        .any(Option::is_some);
    if on_this_machine
        || !run.scenario.load.allow_file.is_empty()
        || !run.files.outputs().is_empty()
    {
        return refused(
            "an option after `--` names a file of this machine, which pods do not have",
            "add a volume to the printed manifest by hand, and the option to `args`",
        );
    }
    if run
        .scenario
        .load
        .variables
        .iter()
        .any(|word| word.contains('=') && !word.starts_with("public:"))
    {
        return refused(
            "a manifest is no place for the value of an -e variable",
            "write -e NAME and put its value into a Secret named tillrush, or declare it: -e public:NAME=VALUE",
        );
    }
    Ok(run)
}

/// The scenario and the files that it reads.
fn files(scenario: &Path, source: &Source) -> Result<Vec<ManifestFile>, Failure> {
    let folder = scenario.parent().unwrap_or(Path::new("")).to_owned();
    let inputs = InputFiles { folder, allowed: Vec::new() };
    let name = scenario.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "scenario.yaml".to_owned());
    let text = input_files::read_text(scenario).map_err(anyhow::Error::from)?;
    let mut read = vec![(name, text.into_bytes())];
    for name in source.settings.data_headers.keys() {
        read.push((name.clone(), inputs.read(name).map_err(anyhow::Error::from)?));
    }
    let size: usize = read.iter().map(|(_, bytes)| bytes.len()).sum();
    if size + NAMES > CONFIG_MAP {
        let error =
            anyhow!("the scenario and its files have {size} bytes; a ConfigMap holds 1 MiB");
        return Err(Failure::usage(error)
            .help("put them into the image or a volume, and print the manifest of a scenario without them"));
    }
    let file = |(place, (name, bytes)): (usize, (String, Vec<u8>))| {
        let not_text = || Failure::usage(anyhow!("{name} is not UTF-8 text, as a ConfigMap needs"));
        let text = String::from_utf8(bytes).map_err(|_| not_text())?;
        let path = MountedPath::new(&name).ok_or_else(|| {
            Failure::usage(anyhow!(
                "{name} is outside the scenario's folder, and can't be mounted with it"
            ))
        })?;
        Ok(ManifestFile { key: format!("file-{place}"), path, text })
    };
    read.into_iter().enumerate().map(file).collect()
}
