//! Signs a request as AWS gateways ask for (Signature Version 4).

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::{digest, hmac};
use url::Url;

use super::build::FillError;
use crate::plan::{AwsKeys, TemplateScope, Templates};
use crate::shopper::browser::fetch::PageRequest;

/// What is left as it is (RFC 3986, unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same in a path.
const IN_PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// Adds the signature, and the headers that it needs, to a request to `url` that is made now.
///
/// # Errors
/// When a key has no value.
pub fn sign(
    request: &mut PageRequest<'_>,
    url: &Url,
    keys: &AwsKeys,
    templates: &Templates,
    scope: &dyn TemplateScope,
) -> Result<(), FillError> {
    let (access_key, secret_key) =
        (keys.access_key.render(templates, scope)?, keys.secret_key.render(templates, scope)?);
    let (region, service) =
        (keys.region.render(templates, scope)?, keys.service.render(templates, scope)?);
    let time = timestamp(scope.unix_seconds());
    let day = &time[..8];
    if let Some(token) = &keys.session_token {
        set(&mut request.headers, "x-amz-security-token", &token.render(templates, scope)?)?;
    }
    set(&mut request.headers, "x-amz-date", &time)?;
    let hash = sha256(&request.body);
    if service == "s3" {
        set(&mut request.headers, "x-amz-content-sha256", &hash)?;
    }
    let (names, canonical) =
        canonical_request(&request.method, url, &request.headers, &hash, &service);
    let scope_of_key = format!("{day}/{region}/{service}/aws4_request");
    let text =
        format!("AWS4-HMAC-SHA256\n{time}\n{scope_of_key}\n{}", sha256(canonical.as_bytes()));
    let first = format!("AWS4{secret_key}");
    let key = [day, &*region, &*service, "aws4_request"]
        .into_iter()
        .fold(first.into_bytes(), |key, part| by_hmac(&key, part.as_bytes()));
    let signature = hex::encode(by_hmac(&key, text.as_bytes()));
    set(
        &mut request.headers,
        "authorization",
        &format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope_of_key}, SignedHeaders={names}, Signature={signature}"
        ),
    )
}

/// The names of the signed headers, and the text of the request that is signed.
fn canonical_request(
    method: &Method,
    url: &Url,
    headers: &HeaderMap,
    hash: &str,
    service: &str,
) -> (String, String) {
    let host = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let signed = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];
    let mut lines = vec![("host", host)];
    lines.extend(signed.into_iter().filter_map(|name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name, value.trim().to_owned()))
    }));
    let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = lines.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    // A path is encoded once more than it is sent, except of S3.
    let path = match service {
        "s3" => url.path().to_owned(),
        _ => utf8_percent_encode(url.path(), IN_PATH).to_string(),
    };
    let canonical = format!("{method}\n{path}\n{}\n{lines}\n{names}\n{hash}", query(url));
    (names, canonical)
}

fn query(url: &Url) -> String {
    let again = |text: &str| {
        let plain = text.replace('+', " ");
        let decoded = percent_decode_str(&plain).decode_utf8_lossy();
        utf8_percent_encode(&decoded, UNRESERVED).to_string()
    };
    let pairs = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (again(name), again(value))
        })
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// As `20150830T123600Z`.
fn timestamp(unix_seconds: f64) -> String {
    let time = Timestamp::from_second(unix_seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn by_hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), FillError> {
    // What it would be may be a secret.
    let wrong = || FillError::Header { name: name.to_owned(), value: "***".to_owned() };
    let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
    value.set_sensitive(name != "x-amz-date");
    headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VarId;
    use crate::plan::{Template, Value};
    use crate::shopper::browser::request_headers::RequestKind;
    use bytes::Bytes;

    /// 30 August 2015, 12:36 UTC, the time of AWS's own examples.
    struct Then;

    impl TemplateScope for Then {
        fn value(&self, _: VarId) -> Option<&Value> {
            None
        }
        fn next_bits(&self) -> u64 {
            0
        }
        fn unix_seconds(&self) -> f64 {
            1_440_938_160.0
        }
    }

    fn signature(address: &str) -> String {
        let text = |text: &str| Template::Literal(text.to_owned());
        let keys = AwsKeys {
            access_key: text("AKIDEXAMPLE"),
            secret_key: text("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: None,
            region: text("us-east-1"),
            service: text("service"),
        };
        let mut request = PageRequest {
            method: Method::GET,
            url: address.to_owned().into(),
            is_link: false,
            kind: RequestKind::App,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        sign(&mut request, &Url::parse(address).unwrap(), &keys, &Templates::default(), &Then)
            .unwrap();
        assert_eq!(request.headers["x-amz-date"], "20150830T123600Z");
        let header = request.headers["authorization"].to_str().unwrap().to_owned();
        let begin = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=";
        header.strip_prefix(begin).unwrap().to_owned()
    }

    #[test]
    fn signatures_are_those_of_the_test_suite() {
        // AWS's Signature Version 4 test suite: get-vanilla, get-vanilla-query-order-key-case.
        assert_eq!(
            signature("https://example.amazonaws.com/"),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_eq!(
            signature("https://example.amazonaws.com/?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
    }
}
