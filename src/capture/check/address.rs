//! Addresses that are like a path in which `*` stands for anything.

use url::{Position, Url};

use super::condition::{RenderError, Texts};

/// What is wrong with an address that should be like one of the texts, or nothing.
pub(super) fn failure(
    what: &str,
    url: Option<&Url>,
    texts: &dyn Texts,
) -> Result<Option<String>, RenderError> {
    let wanted =
        (0..texts.count()).map(|place| texts.text(place)).collect::<Result<Vec<_>, _>>()?;
    let Some(url) = url else { return Ok(Some(format!("{what} is none"))) };
    let held = wanted.iter().any(|wanted| is_like(wanted, url));
    Ok((!held).then(|| {
        let path_and_query = &url[Position::BeforePath..Position::AfterQuery];
        format!("{what} is {path_and_query}, expected {}", wanted.join(" or "))
    }))
}

/// Whether an address is like `wanted`: a path, to which the query may be added, or a whole address; `*` stands
/// for anything.
pub(crate) fn is_like(wanted: &str, url: &Url) -> bool {
    let begin = if wanted.contains("://") { Position::BeforeScheme } else { Position::BeforePath };
    let end = if wanted.contains('?') { Position::AfterQuery } else { Position::AfterPath };
    like(wanted, &url[begin..end])
}

fn like(wanted: &str, text: &str) -> bool {
    let Some((first, rest)) = wanted.split_once('*') else { return wanted == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        let Some(at) = text.find(piece) else { return false };
        text = &text[at + piece.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn an_address_is_like_a_path_with_anything_for_its_stars() {
        let url = url("https://shop.example/basket/add/9/?next=1#top");
        for (wanted, expected) in [
            ("/basket/add/9/", true),
            ("/basket/add/*", true),
            ("/basket/*/9/", true),
            ("*/9/", true),
            ("/*a*d/*/", true),
            ("/basket/add/9/?next=1", true),
            ("/basket/add/9/?next=*", true),
            ("https://shop.example/basket/*", true),
            ("https://*/basket/*", true),
            ("/basket/add/", false),
            ("/basket/*/8/", false),
            ("/basket/add/9/*/", false),
            ("http://shop.example/*", false),
        ] {
            assert_eq!(is_like(wanted, &url), expected, "{wanted}");
        }
    }
}
