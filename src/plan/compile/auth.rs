//! `auth`: by whom a request is made.

use super::Compiler;
use super::names::Spot;
use crate::plan::{Auth, AwsKeys, Template};
use crate::scenario;

/// The service that API Gateway is.
const API_GATEWAY: &str = "execute-api";

impl Compiler<'_> {
    pub(super) fn auth(&mut self, written: &scenario::Auth, spot: &Spot) -> Option<Auth> {
        match written.keys.among(&["basic", "bearer", "aws"]).as_slice() {
            [] => self.problem(
                written.keys.span,
                "nobody is named",
                "add `basic: { user: ..., password: ... }`, `bearer: TOKEN` or `aws: { access_key: ..., ... }`",
            ),
            [_] => {}
            [(first, _), (second, span), ..] => {
                self.problem(
                    *span,
                    format!("`{second}` and `{first}` contradict each other"),
                    "keep one of them",
                );
            }
        }
        if let Some(basic) = &written.basic {
            let (user, password) = (basic.user.as_ref()?, basic.password.as_ref()?);
            if user.value.contains(':') {
                self.problem(
                    user.span,
                    "a user's name has no colon (RFC 7617)",
                    "remove the colon, or send an authorization header of your own",
                );
            }
            return Some(Auth::Basic {
                user: self.text(user, spot)?,
                password: self.text(password, spot)?,
            });
        }
        if let Some(keys) = &written.aws {
            return self.aws_keys(keys, spot);
        }
        self.text(written.bearer.as_ref()?, spot).map(Auth::Bearer)
    }

    fn aws_keys(&mut self, written: &scenario::AwsKeys, spot: &Spot) -> Option<Auth> {
        let session_token = match &written.session_token {
            Some(token) => Some(self.text(token, spot)?),
            None => None,
        };
        let service = match &written.service {
            Some(service) => self.text(service, spot)?,
            None => Template::Literal(API_GATEWAY.to_owned()),
        };
        Some(Auth::Aws(Box::new(AwsKeys {
            access_key: self.text(written.access_key.as_ref()?, spot)?,
            secret_key: self.text(written.secret_key.as_ref()?, spot)?,
            session_token,
            region: self.text(written.region.as_ref()?, spot)?,
            service,
        })))
    }
}
