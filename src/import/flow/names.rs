//! Names of steps, from their paths.

use super::path_part::PathPart;
use crate::import::collect::VisitMethod;

/// A step's name: the last fixed part of its path, in the singular where one of many follows, behind what the method does.
pub fn name_of(method: VisitMethod, parts: &[PathPart]) -> String {
    let fixed = parts.iter().rposition(|part| matches!(part, PathPart::Fixed(_)));
    let noun = match fixed.map(|place| (&parts[place], place + 1 < parts.len())) {
        Some((PathPart::Fixed(word), one_of_many)) => {
            let word = readable(word);
            if one_of_many { singular(&word) } else { word }
        }
        Some((PathPart::Values(_), _)) | None if parts.is_empty() => "home".to_owned(),
        Some((PathPart::Values(_), _)) | None => "page".to_owned(),
    };
    name_for(method, noun)
}

/// A step's name: what the method does, and to what.
pub fn name_for(method: VisitMethod, noun: String) -> String {
    match method {
        VisitMethod::Get | VisitMethod::Head => noun,
        VisitMethod::Post => format!("submit {noun}"),
        VisitMethod::Put => format!("put {noun}"),
        VisitMethod::Patch => format!("change {noun}"),
        VisitMethod::Delete => format!("delete {noun}"),
    }
}

/// Words without the signs between them and without an ending such as `.html`.
fn readable(segment: &str) -> String {
    let stem = match segment.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 5 => stem,
        Some(_) | None => segment,
    };
    let text: String = stem.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words.join(" ");
    if name.is_empty() { "page".to_owned() } else { name.chars().take(60).collect() }
}

fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        format!("{stem}y")
    } else if word.ends_with("ss") {
        word.to_owned()
    } else {
        word.strip_suffix('s').unwrap_or(word).to_owned()
    }
}
