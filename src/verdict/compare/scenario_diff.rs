//! What differs between the scenarios of two runs: changed lines of their texts, each with the key that it stands under, and
//! options of the command line.
//!
//! Whether two runs are comparable is decided by the digests of their workloads; this only says why they are not.

use similar::{DiffOp, TextDiff};

use crate::tally::shard::SourceSettings;

/// What a run was made from.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioSource<'a> {
    /// The scenario, word by word.
    pub text: &'a str,
    /// What the command line overrode.
    pub settings: &'a SourceSettings,
}

/// A line is shown in this many letters.
const MAX_LETTERS: usize = 80;

/// What differs, options first, then lines in the order of the base.
pub(super) fn differences(base: ScenarioSource<'_>, candidate: ScenarioSource<'_>) -> Vec<String> {
    let mut found = options(base.settings, candidate.settings);
    found.extend(lines(base.text, candidate.text));
    if found.is_empty() {
        found.push(
            "the scenarios and options are the same, but a data file or the version of tillrush is not"
                .to_owned(),
        );
    }
    found
}

fn options(base: &SourceSettings, candidate: &SourceSettings) -> Vec<String> {
    let (base, candidate) = (option_values(base), option_values(candidate));
    let mut names: Vec<&String> = base.iter().chain(&candidate).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let value = |options: &[(String, String)], name: &str| {
        options.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    names
        .into_iter()
        .filter_map(|name| in_both(name, value(&base, name), value(&candidate, name)))
        .collect()
}

/// The options that shape a run, as they were typed. The target is not one of them: it is what is compared.
fn option_values(settings: &SourceSettings) -> Vec<(String, String)> {
    let SourceSettings { target: _, rate, duration, users, stages, variables, data_headers } =
        settings;
    let option = |name: &str, value: &Option<String>| {
        value.clone().map(|value| (format!("--{name}"), value))
    };
    let stages = (!stages.is_empty()).then(|| stages.join(" "));
    let users = users.map(|users| users.to_string());
    let mut values: Vec<(String, String)> = [
        option("rate", rate),
        option("duration", duration),
        option("users", &users),
        option("stage", &stages),
    ]
    .into_iter()
    .flatten()
    .collect();
    values.extend(variables.iter().map(|(name, value)| (format!("-e {name}"), value.clone())));
    values.extend(
        data_headers.iter().map(|(file, columns)| (format!("columns of {file}"), columns.clone())),
    );
    values
}

fn lines(base: &str, candidate: &str) -> Vec<String> {
    let (b, c): (Vec<&str>, Vec<&str>) = (base.lines().collect(), candidate.lines().collect());
    let changed = |op: &DiffOp| {
        let (old, new) = (op.old_range(), op.new_range());
        let pairs = (0..old.len().max(new.len())).map(move |i| {
            let old = old.clone().nth(i);
            (old, new.clone().nth(i))
        });
        pairs.filter_map(|(old, new)| line(&b, &c, old, new)).collect::<Vec<_>>()
    };
    let diff = TextDiff::from_lines(base, candidate);
    diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).flat_map(changed).collect()
}

/// A line of the base that has become one of the candidate, or has none there. Comments and blank lines say nothing of a run.
fn line(
    base: &[&str],
    candidate: &[&str],
    old: Option<usize>,
    new: Option<usize>,
) -> Option<String> {
    let content = |lines: &[&str], at: Option<usize>| {
        let content = without_comment(lines.get(at?)?).trim();
        (!content.is_empty()).then(|| content.to_owned())
    };
    let place = match (old, new) {
        (Some(old), _) => format!("line {}, {}", old + 1, key_path(base, old)),
        (None, Some(new)) => {
            format!("line {} of the candidate, {}", new + 1, key_path(candidate, new))
        }
        (None, None) => return None,
    };
    in_both(&place, content(base, old), content(candidate, new))
}

fn in_both(name: &str, base: Option<String>, candidate: Option<String>) -> Option<String> {
    let alike = match (&base, &candidate) {
        (Some(base), Some(candidate)) => {
            base.chars().zip(candidate.chars()).take_while(|(a, b)| a == b).count()
        }
        (None, _) | (_, None) => 0,
    };
    let shown = |value: &Option<String>| {
        value.as_deref().map_or_else(|| "nothing".to_owned(), |value| shorten(value, alike))
    };
    (base != candidate).then(|| {
        format!("{name}: {} in the base, {} in the candidate", shown(&base), shown(&candidate))
    })
}

/// The keys that a line of YAML stands under, and its own: `journeys.buy.steps.pay.think`. An item of a list is called by its name,
/// if it begins with one.
fn key_path(lines: &[&str], at: usize) -> String {
    let mut path: Vec<String> = Vec::new();
    // An item may be as far to the right as its list's key.
    let (mut within, mut is_item) = (usize::MAX, false);
    for line in lines[..=at].iter().rev() {
        let content = without_comment(line);
        let indent = content.len() - content.trim_start().len();
        let (text, item) = match content.trim().strip_prefix("- ") {
            Some(text) => (text.trim(), true),
            None => (content.trim(), false),
        };
        let is_parent = indent < within || (indent == within && is_item && !item);
        if text.is_empty() || !is_parent {
            continue;
        }
        path.extend(key_of(text, item && !path.is_empty()));
        (within, is_item) = (indent, item);
    }
    path.reverse();
    path.join(".")
}

/// The key of a line, or the name of the item that begins with it.
fn key_of(text: &str, is_parent_item: bool) -> Option<String> {
    let (key, value) = text.split_once(':')?;
    let key = key.trim().trim_matches(['"', '\'', '{', ' ']);
    match (is_parent_item, key) {
        (true, "name") => Some(value.trim().trim_matches(['"', '\'']).to_owned()),
        (true, _) => None,
        (false, _) => Some(key.to_owned()),
    }
}

fn without_comment(line: &str) -> &str {
    match line.find('#') {
        Some(0) => "",
        Some(at) if line[..at].ends_with(' ') => &line[..at],
        _ => line,
    }
}

/// A part of a long text that has the first letter in which it differs from another, after so many that are alike.
fn shorten(text: &str, alike: usize) -> String {
    let letters = text.chars().count();
    if letters <= MAX_LETTERS {
        return text.to_owned();
    }
    // A little of what is alike, to find the place by.
    let from = alike.saturating_sub(MAX_LETTERS / 2).min(letters - MAX_LETTERS);
    let shown: String = text.chars().skip(from).take(MAX_LETTERS).collect();
    let (before, after) =
        (if from > 0 { "…" } else { "" }, if from + MAX_LETTERS < letters { "…" } else { "" });
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"# A shop.
name: Shop
load:
  arrivals: poisson
  stages:
  - { hold: 10/s, for: 1m }
shoppers:
  attributes: { payment: { card: 50, wallet: 50 } }
journeys:
  - name: buy
    steps:
      - name: home
        get: /
      - name: pay
        post: /pay
        expect:
          status: 2xx
"#;

    #[test]
    fn long_values_are_cut_to_where_they_differ() {
        let list = |last: &str| {
            let values: Vec<String> = (0..40).map(|i| format!("bank-{i}: 1")).collect();
            format!("{}, {last}: 1", values.join(", "))
        };
        let found = in_both("banks", Some(list("old")), Some(list("new"))).unwrap();
        assert!(found.contains("old: 1 in the base") && found.ends_with("new: 1 in the candidate"));
        assert!(found.chars().count() < 3 * MAX_LETTERS, "{found}");
        let first = in_both("banks", Some(list("a").replacen("bank", "b", 1)), Some(list("a")));
        assert!(first.unwrap().starts_with("banks: b-0: 1, bank-1"));
    }

    fn changed(base: &str, candidate: &str) -> Vec<String> {
        let settings = SourceSettings::default();
        let source = |text| ScenarioSource { text, settings: &settings };
        differences(source(base), source(candidate))
    }

    #[test]
    fn a_changed_line_is_named_by_its_number_and_keys() {
        for (from, to, expected) in [
            (
                "arrivals: poisson",
                "arrivals: paced",
                "line 4, load.arrivals: arrivals: poisson in the base, arrivals: paced in the candidate",
            ),
            (
                "for: 1m",
                "for: 2m",
                "line 6, load.stages.hold: - { hold: 10/s, for: 1m } in the base, - { hold: 10/s, for: 2m } in the candidate",
            ),
            (
                "2xx",
                "201",
                "line 17, journeys.buy.steps.pay.expect.status: status: 2xx in the base, status: 201 in the candidate",
            ),
            (
                "        get: /\n",
                "",
                "line 13, journeys.buy.steps.home.get: get: / in the base, nothing in the candidate",
            ),
            (
                "        get: /\n",
                "        get: /\n        think: 2s\n",
                "line 14 of the candidate, journeys.buy.steps.home.think: nothing in the base, think: 2s in the candidate",
            ),
        ] {
            assert_eq!(changed(BASE, &BASE.replace(from, to)), [expected], "{from}");
        }
    }

    #[test]
    fn comments_and_blank_lines_are_no_difference() {
        let other = BASE
            .replace("# A shop.\n", "\n# My shop.\n")
            .replace("get: /\n", "get: / # the door\n");
        let found = changed(BASE, &other);
        assert!(found.len() == 1 && found[0].contains("a data file or the version"), "{found:?}");
    }

    #[test]
    fn options_of_the_command_line_come_first() {
        let base = SourceSettings { rate: Some("80/s".into()), ..SourceSettings::default() };
        let candidate = SourceSettings {
            rate: Some("40/s".into()),
            variables: [("coupon".to_owned(), "X".to_owned())].into(),
            target: Some("http://elsewhere/".into()),
            ..SourceSettings::default()
        };
        let source = |settings| ScenarioSource { text: BASE, settings };
        assert_eq!(
            differences(source(&base), source(&candidate)),
            [
                "--rate: 80/s in the base, 40/s in the candidate",
                "-e coupon: nothing in the base, X in the candidate",
            ]
        );
    }
}
