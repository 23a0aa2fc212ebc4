//! Addresses as a browser sees them: what a link means on the page it is on, and where a redirect leads.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, Encoding, UTF_8};
use http::header::{self, HeaderValue};
use percent_encoding::{AsciiSet, percent_encode};
use url::Url;

use crate::shopper::transport::{WireResponse, is_redirect};

/// Why an address is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text can't be read as an address.
    #[error("'{text}' is not an address: {why}")]
    Malformed {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: url::ParseError,
    },
    /// Several addresses at once.
    #[error("both '{0}' and '{1}'")]
    Several(String, String),
    /// The scheme is not one that shoppers speak.
    #[error("'{0}' is not an http or https address")]
    Scheme(String),
}

/// The name to look up for a host: names below `localhost` are this machine to browsers, whatever the resolver says of them
/// (RFC 6761, 6.3).
pub fn looked_up(host: &str) -> &str {
    let bare = host.strip_suffix('.').unwrap_or(host);
    if bare.ends_with(".localhost") { "localhost" } else { host }
}

/// What a step's address means: absolute; a path below the target, where it begins with a slash; or a
/// reference as on a page, resolved against the page that the shopper is on.
///
/// A target with a path of its own (`https://host/shop`) comes before a path that does not begin with it
/// already, so that both `/cart` of a scenario and `/shop/cart` captured from a page mean the same. Its query is in the
/// page's encoding where it was found there.
///
/// # Errors
/// When the text is no `http` or `https` address.
pub fn resolve(
    target: &Url,
    page: Option<&Url>,
    text: &str,
    encoding: &'static Encoding,
) -> Result<Url, AddressError> {
    // As browsers do with links: white space around them is no part of them.
    let text = text.trim_matches(|c: char| c <= ' ');
    let prefix = target.path().trim_end_matches('/');
    let below_target = text.starts_with('/') && !text.starts_with("//");
    let joined = if below_target && !prefix.is_empty() && !is_below(prefix, text) {
        join(target, &format!("{prefix}{text}"), encoding)
    } else if below_target {
        join(target, text, encoding)
    } else {
        join(page.unwrap_or(target), text, encoding)
    };
    of_web(joined.map_err(|why| AddressError::Malformed { text: text.to_owned(), why })?)
}

fn is_below(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Where a link on a page leads, of which the links are relative to `base`.
///
/// # Errors
/// When it is no `http` or `https` address.
pub fn link(base: &Url, text: &str, encoding: &'static Encoding) -> Result<Url, AddressError> {
    let joined = join(base, text, encoding);
    of_web(joined.map_err(|why| AddressError::Malformed { text: text.to_owned(), why })?)
}

fn of_web(url: Url) -> Result<Url, AddressError> {
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(AddressError::Scheme(url.into()))
    }
}

/// An address on a page in this encoding, which its query is in as well.
///
/// # Errors
/// When it is none.
pub(crate) fn join(
    base: &Url,
    address: &str,
    encoding: &'static Encoding,
) -> Result<Url, url::ParseError> {
    if encoding == UTF_8 || address.is_ascii() {
        return base.join(address);
    }
    let encoded: &dyn Fn(&str) -> Cow<'_, [u8]> = &|query| Cow::Owned(query_bytes(query, encoding));
    Url::options().base_url(Some(base)).encoding_override(Some(encoded)).parse(address)
}

/// Characters that the encoding lacks are written as forms write them, and already escaped for a query.
fn query_bytes(query: &str, encoding: &'static Encoding) -> Vec<u8> {
    let mut encoder = encoding.output_encoding().new_encoder();
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query;
    loop {
        bytes.reserve(4 * rest.len() + 16);
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return bytes,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(lacking) => {
                bytes.extend(format!("%26%23{}%3B", u32::from(lacking)).bytes());
            }
        }
    }
}

/// Where a redirect from `from` leads. A fragment is handed on, as browsers do.
///
/// # Errors
/// When the `location` is no `http` or `https` address.
pub fn redirect_target(from: &Url, location: &str) -> Result<Url, AddressError> {
    let mut url = link(from, location, UTF_8)?;
    if url.fragment().is_none() && from.fragment().is_some() {
        url.set_fragment(from.fragment());
    }
    Ok(url)
}

/// What a request line says of an address.
pub fn path_and_query(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

/// Where an answer redirects to, if it does. 300 and 304 are answers, and so is a redirect to nowhere. Bytes that are no
/// ASCII are escaped, whatever they mean.
///
/// # Errors
/// When it names several places.
pub(crate) fn location_of(answer: &WireResponse) -> Result<Option<String>, AddressError> {
    if !is_redirect(answer.status) {
        return Ok(None);
    }
    let mut all = answer.headers.get_all(header::LOCATION).iter().map(HeaderValue::as_bytes);
    let Some(location) = all.next() else { return Ok(None) };
    let escaped = percent_encode(location, &AsciiSet::EMPTY);
    if let Some(other) = all.find(|other| *other != location) {
        return Err(AddressError::Several(
            escaped.to_string(),
            String::from_utf8_lossy(other).into_owned(),
        ));
    }
    let is_empty = location.trim_ascii().is_empty();
    Ok((!is_empty).then(|| escaped.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_below_the_target_and_a_reference_is_on_the_page() {
        let target = url("http://shop.example:8080");
        let page = url("http://shop.example:8080/catalogue/things?page=1");
        let resolved = |text| resolve(&target, Some(&page), text, UTF_8).unwrap().to_string();
        assert_eq!(resolved("/cart?a=b c"), "http://shop.example:8080/cart?a=b%20c");
        assert_eq!(resolved("?page=2"), "http://shop.example:8080/catalogue/things?page=2");
        assert_eq!(resolved("../basket"), "http://shop.example:8080/basket");
        assert_eq!(resolved("https://pay.example/x"), "https://pay.example/x");
        assert_eq!(resolved("//cdn.example/x"), "http://cdn.example/x");
        assert_eq!(
            resolve(&target, None, "cart", UTF_8).unwrap().as_str(),
            "http://shop.example:8080/cart"
        );
    }

    #[test]
    fn a_target_with_a_path_comes_before_paths_that_lack_it() {
        for target in ["https://host/shop", "https://host/shop/"] {
            let resolved = |text| resolve(&url(target), None, text, UTF_8).unwrap().to_string();
            assert_eq!(resolved("/cart"), "https://host/shop/cart");
            assert_eq!(resolved("/shop/cart"), "https://host/shop/cart");
            assert_eq!(resolved("/shopping"), "https://host/shop/shopping");
            assert_eq!(resolved("/shop?x=1"), "https://host/shop?x=1");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        let target = url("http://shop.example");
        assert_eq!(
            resolve(&target, None, "mailto:a@b.c", UTF_8),
            Err(AddressError::Scheme("mailto:a@b.c".into()))
        );
        assert!(matches!(
            resolve(&target, None, "http://[::1", UTF_8),
            Err(AddressError::Malformed { .. })
        ));
    }

    #[test]
    fn a_redirect_is_relative_to_where_it_comes_from_and_keeps_the_fragment() {
        let from = url("https://shop.example/cart/pay?x=1#card");
        let to = |location| redirect_target(&from, location).unwrap().to_string();
        assert_eq!(to("/done"), "https://shop.example/done#card");
        assert_eq!(to("done?y=2#now"), "https://shop.example/cart/done?y=2#now");
        assert_eq!(path_and_query(&from), "/cart/pay?x=1");
    }
}
