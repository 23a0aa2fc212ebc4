//! The command line that repeats a run: as typed, with the seed that was drawn, and without secrets. It is stored with the
//! run, and its report shows it.

use clap::{Command, CommandFactory};

use super::args::Cli;
use crate::base::{Redactor, redact};

/// The command line that repeats the run of this process, with the seed that it uses.
pub fn command(seed: u64, secrets: &Redactor) -> String {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let set = |name: String| {
        std::env::var(&name).ok().filter(|value| !value.is_empty()).map(|value| (name, value))
    };
    let mut names = variables(&Cli::command());
    names.sort_unstable();
    names.dedup();
    render(&words, &names.into_iter().filter_map(set).collect::<Vec<_>>(), seed, secrets)
}

/// The environment variables of the options of a command and its subcommands.
fn variables(command: &Command) -> Vec<String> {
    let own =
        command.get_arguments().filter_map(|option| Some(option.get_env()?.to_str()?.to_owned()));
    own.chain(command.get_subcommands().flat_map(variables)).collect()
}

fn render(
    words: &[String],
    variables: &[(String, String)],
    seed: u64,
    secrets: &Redactor,
) -> String {
    let redacted = |word: &String| redact_word(&secrets.mask_known(word));
    let seeded = words.iter().any(|word| word == "--seed" || word.starts_with("--seed="))
        || variables.iter().any(|(name, _)| name == "TILLRUSH_SEED");
    let set = variables.iter().map(|(name, value)| format!("{name}={}", quote(&redacted(value))));
    let typed = words.iter().map(|word| quote(&redacted(word)));
    let drawn = (!seeded).then(|| format!("--seed {seed}"));
    set.chain(["tillrush".to_owned()]).chain(typed).chain(drawn).collect::<Vec<_>>().join(" ")
}

/// A word without its secret, if it has one: the value of a `KEY=VALUE` with a secret's name, and the user of an address.
fn redact_word(word: &str) -> String {
    // `--env=KEY=VALUE`, as well as `-e KEY=VALUE` and `-eKEY=VALUE`.
    let (option, rest) = match word.split_once('=') {
        Some((option, rest)) if option.starts_with("--") => (format!("{option}="), rest),
        _ => (String::new(), word),
    };
    let shown = match rest.split_once('=') {
        Some((key, _)) if !key.contains("://") && redact::text(rest) != rest => {
            format!("{key}={}", redact::MASK)
        }
        _ => redact::text(rest).into_owned(),
    };
    let without_password = |(scheme, rest): (&str, &str)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let user = rest[..end].rfind('@')?;
        Some(format!("{scheme}://{}{}", redact::MASK, &rest[user..]))
    };
    option + &shown.split_once("://").and_then(without_password).unwrap_or(shown.clone())
}

/// The word, quoted for a POSIX shell. No word of a command line or of the environment has the NUL byte that can't be quoted.
fn quote(word: &str) -> String {
    shlex::try_quote(word).unwrap_or_default().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(words: &[&str], variables: &[(&str, &str)]) -> String {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        render(&words, &variables, 7, &Redactor::new(["innocent"]))
    }

    #[test]
    fn a_run_is_repeated_as_it_was_typed_with_the_seed_that_was_drawn() {
        assert_eq!(replay(&["demo"], &[]), "tillrush demo --seed 7");
        assert_eq!(
            replay(&["run", "a b.yaml", "--seed", "9"], &[]),
            "tillrush run 'a b.yaml' --seed 9"
        );
        let variables = [("TILLRUSH_RATE", "50/s"), ("TILLRUSH_SEED", "9")];
        assert_eq!(
            replay(&["run", "it's.yaml"], &variables),
            "TILLRUSH_RATE=50/s TILLRUSH_SEED=9 tillrush run \"it's.yaml\""
        );
        assert!(variables_of_the_program().contains(&"TILLRUSH_RATE".to_owned()));
    }

    fn variables_of_the_program() -> Vec<String> {
        super::variables(&Cli::command())
    }

    #[test]
    fn no_secret_is_shown() {
        for words in [
            &["run", "s.yaml", "-e", "API_TOKEN=hush&hush hush"][..],
            &["run", "s.yaml", "-eAPI_TOKEN=hush"],
            &["run", "s.yaml", "-qeCOLOUR=innocent"],
            &["run", "s.yaml", "-e", "COLOUR=Innocent"],
            &["run", "s.yaml", "--env=API_TOKEN=hush=hush"],
            &["run", "s.yaml", "--target", "http://me:hush@localhost:80/x"],
            &["run", "s.yaml", "--target=http://hush@localhost"],
            &["run", "s.yaml", "--target", "http://localhost/?token=hush"],
        ] {
            let shown = replay(words, &[("TILLRUSH_TARGET", "http://me:hush@localhost")]);
            assert!(!shown.contains("nnocent"), "{shown}");
            assert!(!shown.contains("hush") && shown.contains(redact::MASK), "{shown}");
        }
        let open = [
            "run",
            "s.yaml",
            "-e",
            "COLOUR=red",
            "--target",
            "http://127.0.0.1:80/a@b",
            "--tag",
            "commit=1f",
        ];
        let words = shlex::split(&replay(&open, &[])).unwrap();
        assert_eq!(words[1..words.len() - 2], open, "a shell reads what was typed");
    }
}
