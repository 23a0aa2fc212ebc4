//! Holds the words that users read: the field's terms, in sentences that can be read once.
//!
//! Read are the text literals of the program, `--help`, the page's templates, the schemas, the README, the
//! changelog and the documentation. The sentences of reports on simulated runs are held in `report/plain_words.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Words of private language, each with the term of the field.
const BANNED: [(&str, &str); 34] = [
    (r"told", "reported"),
    (r"tells? [\w ]{0,25}\bapart|which tell what", "separates, shows"),
    (r"beside", "compared with, or in addition to"),
    (r"so many", "a number"),
    (r"this many", "a number of"),
    (r"to be believed", "invalid, or suspect"),
    (r"fared?s?", "outcome"),
    (r"worth", "order value, or revenue at risk"),
    (r"wanting|for want of", "missing"),
    (r"bad times?", "incident, or outage"),
    (r"in minor units", "an amount with its currency"),
    (r"duets?", "paired run"),
    (r"lift", "relative risk"),
    (r"again and again", "repeatedly"),
    (r"anew", "again"),
    (r"95 % range", "95 % CI"),
    (r"(?:is|are|be|was|surely|certainly) broken", "violated"),
    (r"all objectives hold", "met"),
    (r"would decide", "needed"),
    (r"patience presets?", "abandonment model"),
    (r"cures?|cured", "recovers"),
    (r"stretch(?:es)?", "time block, or window"),
    (r"held back", "delayed"),
    (r"dialled", "connected"),
    (r"met a failure|met two failures", "had a failure"),
    (r"by what terms", "comparison options"),
    (r"unhurried", "real time"),
    (r"draws everything", "random seed"),
    (r"not shadows", "not correlated attributes"),
    (r"reads aloud", "is readable"),
    (r"weather of the day", "time of day"),
    (r"own means", "file descriptors, ports, CPU time"),
    (r"what came of", "outcome"),
    (r"over each other", "distributions"),
];

/// Scripts read these of a walk, word by word.
const READ_BY_SCRIPTS: [&str; 1] = ["{money}; worth, in minor units: {}"];

/// A fact of a shop's interface, and no way to print money: its numbers are in cents.
const OF_THE_SHOP: [&str; 1] = ["A price that is a JSON whole number is in minor units (cents)."];

/// The longest sentence, in words. A semicolon ends one.
const LONGEST: usize = 25;

/// Titles of publications are as long as their authors made them.
const CITATIONS: &str = "docs/sources.md";

#[test]
fn texts_use_the_terms_of_the_field() {
    let one = |word: &str| Regex::new(&format!(r"(?i)\b(?:{word})\b")).unwrap();
    let any = one(&BANNED.map(|(word, _)| word).join("|"));
    let mut found = Vec::new();
    for (path, text) in texts() {
        for word in any.find_iter(&text).map(|word| word.as_str()) {
            let (_, instead) = BANNED.iter().find(|(known, _)| one(known).is_match(word)).unwrap();
            found.push(format!("{}: `{word}` in `{text}`: write {instead}", path.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn sentences_are_short() {
    let mut long = Vec::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| path != Path::new(CITATIONS)) {
        long.extend(
            sentences(&text)
                .into_iter()
                .filter(|it| words(it) > LONGEST)
                .map(|it| format!("{}, {} words: {}", path.display(), words(&it), it.trim())),
        );
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn words_and_sentences_are_found_in_prose_and_in_code() {
    let prose = "One line\nand its next. Two (a `b c d`; three.)\n\n```\nnone here\n```\n\n- four\n- [five](six)\n\n| x | seven |\n|---|---|\n";
    let found: Vec<String> = paragraphs(prose).iter().flat_map(|it| sentences(it)).collect();
    let words_of: Vec<usize> = found.iter().map(|it| words(it)).collect();
    assert_eq!(words_of, [5, 2, 1, 1, 1, 1, 1], "{found:?}");
    let code = "// \"not this\"\nfn a() { fail(\"is \\\"that\\\" one\", 'x', \"key\", r#\"raw \"too\"\"#); }\n";
    assert_eq!(literals(code), ["is \\\"that\\\" one", "raw \"too\""]);
    assert_eq!(
        doc_comments("/// Help of `a b`\n/// on two lines\n///\n/// More\nfield: u32,"),
        ["Help of on two lines", "More"].map(str::to_owned)
    );
}

/// Every text that a user may read, with its file.
fn texts() -> Vec<(PathBuf, String)> {
    static TEXTS: LazyLock<Vec<(PathBuf, String)>> = LazyLock::new(read_texts);
    TEXTS.clone()
}

fn read_texts() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for path in files(&root.join("src")) {
        let name = path.strip_prefix(root).unwrap().to_owned();
        let source = fs::read_to_string(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "html") {
            texts.push((name, without_tags(&source)));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&name) {
            texts.extend(literals(&source).into_iter().map(|text| (name.clone(), text)));
            if name.starts_with("src/cli") && source.contains("clap::") {
                texts.extend(doc_comments(&source).into_iter().map(|text| (name.clone(), text)));
            }
        }
    }
    for schema in ["scenario", "run", "comparison"] {
        let name = PathBuf::from(format!("docs/{schema}.schema.json"));
        let source = fs::read_to_string(root.join(&name)).unwrap();
        texts.extend(descriptions(&source).into_iter().map(|text| (name.clone(), text)));
    }
    for path in files(&root.join("docs")).into_iter().chain(files_in(root)) {
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.strip_prefix(root).unwrap().to_owned();
            let prose = fs::read_to_string(&path).unwrap();
            texts.extend(paragraphs(&prose).into_iter().map(|text| (name.clone(), text)));
        }
    }
    texts.retain(|(_, text)| !READ_BY_SCRIPTS.contains(&text.as_str()));
    for (_, text) in &mut texts {
        OF_THE_SHOP.iter().for_each(|fact| *text = text.replace(fact, ""));
    }
    assert!(texts.len() > 3_000, "{} texts are too few to be all", texts.len());
    texts
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        found.extend(files_in(&folder));
        open.extend(
            fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_dir()),
        );
    }
    found
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_file()).collect()
}

fn is_test(path: &Path) -> bool {
    let text = path.to_string_lossy();
    ["tests", "fuzzing", "plain_words", "simulation"].iter().any(|part| text.contains(part))
}

/// Text literals with a space, without those that explain a bug to its finder.
fn literals(source: &str) -> Vec<String> {
    let tests = Regex::new(r"(?m)^#\[cfg\(test\)\]\s*(?:pub(?:\(\w+\))? )?mod \w+ \{").unwrap();
    let program = tests.find(source).map_or(source, |found| &source[..found.start()]);
    let code: String = program
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let inner = Regex::new(
        r#"reason = "[^"]*"|\.expect\(\s*"[^"]*"|(?:debug_assert|assert|unreachable|panic)\w*!\((?s:.*?)\);"#,
    )
    .unwrap();
    let literal =
        Regex::new(r##"(?s)'\\?[^']'|r#"(.*?)"#|r"([^"]*)"|"((?:[^"\\]|\\.)*)""##).unwrap();
    let joined = Regex::new(r"\\\n\s*").unwrap();
    literal
        .captures_iter(&inner.replace_all(&code, ""))
        .filter_map(|found| Some(found.iter().skip(1).flatten().next()?.as_str().to_owned()))
        .filter(|text| text.contains(' '))
        .map(|text| joined.replace_all(&text, "").into_owned())
        .map(|text| without_names(&text.replace("\\n", "\n")))
        .collect()
}

/// The paragraphs of documentation comments, which are the help of options.
fn doc_comments(source: &str) -> Vec<String> {
    let comment = Regex::new(r"(?m)(?:^\s*///.*\n)+").unwrap();
    let mark = Regex::new(r"(?m)^\s*/// ?").unwrap();
    let texts = comment.find_iter(source).map(|it| mark.replace_all(it.as_str(), "").into_owned());
    texts.flat_map(|text| paragraphs(&text)).collect()
}

fn descriptions(schema: &str) -> Vec<String> {
    let description = Regex::new(r#""description": "(.*)""#).unwrap();
    description
        .captures_iter(schema)
        .map(|found| without_names(&found[1].replace("\\n", " ")))
        .collect()
}

/// Keys of documents and of options are names.
fn without_names(text: &str) -> String {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#""[a-z_0-9]+":|`[^`]*`|--[a-z-]+|\b[a-z]+_[a-z_]+\b"#).unwrap()
    });
    NAME.replace_all(text, "").into_owned()
}

fn without_tags(page: &str) -> String {
    let tag =
        Regex::new(r"(?s)<(?:script|style)[^>]*>.*?</(?:script|style)>|\{[%{].*?[%}]\}|<[^>]*>")
            .unwrap();
    tag.replace_all(page, "\n\n").into_owned()
}

/// Paragraphs, items of lists and cells of tables, each on one line; code and addresses are left out.
fn paragraphs(prose: &str) -> Vec<String> {
    let code = Regex::new(r"(?s)```.*?```|<!--.*?-->|`[^`]*`").unwrap();
    let link = Regex::new(r"\]\([^)]*\)|\*\*|^#+ ").unwrap();
    let item = Regex::new(r"^\s*(?:[-*]|\d+\.) |^#+ ").unwrap();
    let text = code.replace_all(
        prose,
        |found: &Captures<'_>| {
            if found[0].starts_with("```") { "\n\n" } else { "" }
        },
    );
    let mut found = Vec::new();
    let mut paragraph = String::new();
    for line in text.lines().chain([""]) {
        let starts = line.trim().is_empty() || line.starts_with('|') || item.is_match(line);
        if starts && !paragraph.trim().is_empty() {
            found.push(std::mem::take(&mut paragraph));
        }
        if line.starts_with('|') {
            found.extend(line.split('|').map(str::to_owned));
        } else if !line.starts_with("    ") || !paragraph.trim().is_empty() {
            paragraph.push_str(line.trim());
            paragraph.push(' ');
        }
    }
    found
        .iter()
        .map(|text| link.replace_all(text, " ").trim().to_owned())
        .filter(|it| !it.is_empty())
        .collect()
}

fn sentences(text: &str) -> Vec<String> {
    static END: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"[.!?;:]?["”)]*\n|[.!?;]["”)]*(?:\s+|$)"#).unwrap());
    let mut sentences = Vec::new();
    let mut start = 0;
    for found in END.find_iter(text) {
        if !text[start..found.start()].ends_with("vs") {
            sentences.push(text[start..found.end()].to_owned());
            start = found.end();
        }
    }
    sentences.push(text[start..].to_owned());
    sentences.retain(|it| words(it) > 0);
    sentences
}

/// Words with letters; figures and signs are none.
fn words(sentence: &str) -> usize {
    sentence.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count()
}
