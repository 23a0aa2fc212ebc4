//! Hashes, signatures and encodings that shops' APIs ask for, as functions of templates.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value as Jinja};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding,
    RsaKeyPair,
};
use ring::{digest, hmac};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

/// Their names.
pub(super) const SIGNATURES: [&str; 7] =
    ["sha256", "hmac", "base64", "base64url", "base64_decode", "url_encode", "jwt"];

/// Adds them.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_function("sha256", |text: String, options: Kwargs| {
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        encode(hash.as_ref(), &options)
    });
    environment.add_function("hmac", sign_by_hmac);
    environment.add_function("base64", |text: String| BASE64_STANDARD.encode(text));
    environment.add_function("base64url", |text: String| BASE64_URL_SAFE_NO_PAD.encode(text));
    environment.add_function("base64_decode", decode_base64);
    environment.add_function("url_encode", |text: String| {
        percent_encoding::utf8_percent_encode(&text, UNRESERVED).to_string()
    });
    environment.add_function("jwt", jwt);
}

/// What RFC 3986 leaves as it is.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn wrong(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, text.into())
}

/// Bytes as `encoding=` says: hex (the default), base64 or base64url.
fn encode(bytes: &[u8], options: &Kwargs) -> Result<String, Error> {
    let encoding: Option<String> = options.get("encoding")?;
    options.assert_all_used()?;
    match encoding.as_deref() {
        None | Some("hex") => Ok(hex::encode(bytes)),
        Some("base64") => Ok(BASE64_STANDARD.encode(bytes)),
        Some("base64url") => Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes)),
        Some(other) => Err(wrong(format!(
            "encoding=\"{other}\" is unknown: write \"hex\", \"base64\" or \"base64url\""
        ))),
    }
}

/// `hmac(key, text)`: HMAC-SHA-256 (RFC 2104); `algorithm=` sha1, sha256, sha384 or sha512.
fn sign_by_hmac(key: String, text: String, options: Kwargs) -> Result<String, Error> {
    let name: Option<String> = options.get("algorithm")?;
    let algorithm = match name.as_deref() {
        None | Some("sha256") => hmac::HMAC_SHA256,
        Some("sha1") => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Some("sha384") => hmac::HMAC_SHA384,
        Some("sha512") => hmac::HMAC_SHA512,
        Some(other) => {
            return Err(wrong(format!(
                "algorithm=\"{other}\" is unknown: write \"sha1\", \"sha256\", \"sha384\" or \"sha512\""
            )));
        }
    };
    let tag = hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), text.as_bytes());
    encode(tag.as_ref(), &options)
}

/// Base64 of either alphabet, padded or not.
fn decode_base64(text: String) -> Result<String, Error> {
    let plain = text.trim().trim_end_matches('=').replace('-', "+").replace('_', "/");
    let bytes = base64::prelude::BASE64_STANDARD_NO_PAD
        .decode(plain)
        .map_err(|error| wrong(format!("base64_decode: {error}")))?;
    String::from_utf8(bytes).map_err(|_| wrong("base64_decode: what is encoded is no text"))
}

/// `jwt(claims, key)`: a signed token (RFC 7519); `algorithm=` HS256 (the default), HS384, HS512, RS256, RS384, RS512,
/// ES256 or ES384; `header=` more of its header. The key is a text, or of RS and ES a private key in PEM.
fn jwt(claims: Jinja, key: String, options: Kwargs) -> Result<String, Error> {
    let algorithm: Option<String> = options.get("algorithm")?;
    let algorithm = algorithm.as_deref().unwrap_or("HS256");
    let more: Option<Jinja> = options.get("header")?;
    options.assert_all_used()?;
    let mut header = serde_json::Map::new();
    header.insert("alg".to_owned(), algorithm.into());
    header.insert("typ".to_owned(), "JWT".into());
    if let Some(more) = more {
        let serde_json::Value::Object(more) = to_json(&more)? else {
            return Err(wrong("jwt: header is a mapping, such as header={\"kid\": \"1\"}"));
        };
        header.extend(more);
    }
    let claims = to_json(&claims)?;
    if !claims.is_object() {
        return Err(wrong("jwt: claims are a mapping, such as jwt({\"sub\": \"1\"}, key)"));
    }
    let part = |json: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(&serde_json::Value::Object(header)), part(&claims));
    let signature = sign(algorithm, &key, signed.as_bytes())?;
    Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

fn to_json(value: &Jinja) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|error| wrong(format!("jwt: {error}")))
}

fn sign(algorithm: &str, key: &str, text: &[u8]) -> Result<Vec<u8>, Error> {
    let by_hmac =
        |algorithm| hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), text).as_ref().to_vec();
    match algorithm {
        "HS256" => Ok(by_hmac(hmac::HMAC_SHA256)),
        "HS384" => Ok(by_hmac(hmac::HMAC_SHA384)),
        "HS512" => Ok(by_hmac(hmac::HMAC_SHA512)),
        "RS256" => sign_by_rsa(&RSA_PKCS1_SHA256, key, text),
        "RS384" => sign_by_rsa(&RSA_PKCS1_SHA384, key, text),
        "RS512" => sign_by_rsa(&RSA_PKCS1_SHA512, key, text),
        "ES256" => sign_by_ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, key, text),
        "ES384" => sign_by_ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, key, text),
        other => Err(wrong(format!(
            "jwt: algorithm=\"{other}\" is unknown: write HS256, HS384, HS512, RS256, RS384, RS512, ES256 or ES384"
        ))),
    }
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        wrong("the key is no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----")
    })
}

fn sign_by_rsa(
    encoding: &'static dyn RsaEncoding,
    pem: &str,
    text: &[u8],
) -> Result<Vec<u8>, Error> {
    let key = private_key(pem)?;
    let pair = if let PrivateKeyDer::Pkcs8(der) = &key {
        RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
    } else if let PrivateKeyDer::Pkcs1(der) = &key {
        RsaKeyPair::from_der(der.secret_pkcs1_der())
    } else {
        return Err(wrong("the key is no RSA key, which RS256 and its like ask for"));
    };
    let pair = pair.map_err(|error| wrong(format!("the RSA key can't be used: {error}")))?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), text, &mut signature)
        .map_err(|_| wrong("signing failed"))?;
    Ok(signature)
}

fn sign_by_ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    pem: &str,
    text: &[u8],
) -> Result<Vec<u8>, Error> {
    let PrivateKeyDer::Pkcs8(der) = private_key(pem)? else {
        return Err(wrong(
            "an EC key must be in PKCS#8: convert it with openssl pkcs8 -topk8 -nocrypt -in KEY.pem",
        ));
    };
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der(), &random)
        .map_err(|error| wrong(format!("the EC key can't be used: {error}")))?;
    let signature = pair.sign(&random, text).map_err(|_| wrong("signing failed"))?;
    Ok(signature.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str) -> String {
        let mut environment = Environment::new();
        add(&mut environment);
        match environment.render_str(source, ()) {
            Ok(text) => text,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn hashes_and_signatures_are_those_of_their_standards() {
        // FIPS 180-4, RFC 4231 test case 2, RFC 2202 test case 2, RFC 4648.
        for (source, expected) in [
            (
                "{{ sha256('abc') }}",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "{{ hmac('Jefe', 'what do ya want for nothing?') }}",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                "{{ hmac('Jefe', 'what do ya want for nothing?', algorithm='sha1') }}",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            ),
            (
                "{{ hmac('Jefe', 'what do ya want for nothing?', encoding='base64') }}",
                "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
            ),
            ("{{ base64('foob?>') }} {{ base64url('foob?>') }}", "Zm9vYj8+ Zm9vYj8-"),
            ("{{ base64_decode('Zm9vYg==') }} {{ base64_decode('Zm9vYj8-') }}", "foob foob?>"),
            ("{{ url_encode('a b&c=d/ü~') }}", "a%20b%26c%3Dd%2F%C3%BC~"),
        ] {
            assert_eq!(render(source), expected, "{source}");
        }
        assert!(render("{{ hmac('k', 't', algorithm='md4') }}").contains("\"sha256\""));
    }

    #[test]
    fn a_token_is_that_of_the_standard() {
        // Claims are sorted by name; the signature is that of Python's hmac and hashlib.
        let claims = "{'sub': '1234567890', 'name': 'John Doe', 'iat': 1516239022}";
        assert_eq!(
            render(&format!("{{{{ jwt({claims}, 'your-256-bit-secret') }}}}")),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE1MTYyMzkwMjIsIm5hbWUiOiJKb2huIERvZSIsInN1YiI6IjEyMzQ1Njc4OTAifQ.fdOPQ05ZfRhkST2-rIWgUpbqUsVhkkNVNcuG7Ki0s-8"
        );
        assert!(render("{{ jwt('x', 'k') }}").contains("claims are a mapping"));
        assert!(render("{{ jwt({}, 'k', algorithm='RS256') }}").contains("BEGIN PRIVATE KEY"));
    }

    #[test]
    fn a_signature_with_a_key_of_a_file_is_good_to_who_has_its_public_key() {
        use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, UnparsedPublicKey};
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            BASE64_STANDARD.encode(der.as_ref())
        );
        let mut environment = Environment::new();
        add(&mut environment);
        let context = minijinja::context! { key => pem };
        let token =
            environment.render_str("{{ jwt({'a': 1}, key, algorithm='ES256') }}", context).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random)
                .unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        public.verify(signed.as_bytes(), &signature).unwrap();
        assert!(public.verify(b"another text", &signature).is_err());
    }
}
