//! The canonical form of the steps and of what they send.

use serde_json::{Value, json};

use super::form::{Canonical, add_unless_null, kind};
use crate::plan::{
    AfterDecline, Assets, Auth, AwsKeys, Body, FieldMatch, JsonSegment, Method, MultipartPart,
    Pick, Poll, PollAddress, Rendezvous, Request, Step, Submit,
};

impl Canonical for Step {
    fn canonical(&self) -> Value {
        let Step {
            name,
            journey,
            unit,
            request,
            think,
            gives_up_after,
            expect,
            declined,
            declined_without_form,
            after_decline,
            optional,
            lets,
            captures,
            basket,
            order,
            poll,
            guard,
            rendezvous,
            assets,
            continues,
            client,
            // Where a step stands in the file changes nothing.
            line: _,
            // These follow from the steps.
            keeps_page: _,
            on_pages: _,
            scripted: _,
        } = self;
        let mut form = json!({
            "name": name,
            "journey": journey.canonical(),
            "unit": unit.canonical(),
            "request": request.canonical(),
            "think": think.canonical(),
            "gives_up_after": gives_up_after.canonical(),
            "expect": expect.canonical(),
            "declined": declined.canonical(),
            "captures": captures.canonical(),
            "basket": basket.canonical(),
            "order": order.canonical(),
            "poll": poll.canonical(),
            "together": rendezvous.canonical(), // frozen
        });
        add_unless_null(&mut form, "assets", assets.canonical());
        add_unless_null(&mut form, "client", json!(client.map(|client| client.word())));
        add_unless_null(&mut form, "then", after_decline.canonical());
        add_unless_null(
            &mut form,
            "declined_without_form",
            json!(declined_without_form.then_some(true)),
        );
        add_unless_null(&mut form, "let", json!((!lets.is_empty()).then(|| lets.canonical())));
        add_unless_null(&mut form, "optional", json!(optional.then_some(true)));
        add_unless_null(&mut form, "when", json!(guard.map(|guard| guard.0)));
        form["continues"] = continues.canonical();
        form
    }
}

impl Canonical for AfterDecline {
    /// Null for what every plan did before there was a choice.
    fn canonical(&self) -> Value {
        match self {
            AfterDecline::Retry => Value::Null,
            AfterDecline::Leave => json!("Leave"),
            AfterDecline::Next => json!("Next"),
            AfterDecline::SkipTo(unit) => kind("SkipTo", unit.canonical()),
            AfterDecline::Redraw(attribute) => kind("Redraw", json!(attribute)),
        }
    }
}

impl Canonical for Poll {
    fn canonical(&self) -> Value {
        // Whether an error ends it follows from the conditions.
        let Poll { every, at, until, within, fails_on_error: _ } = self;
        let mut form = json!({
            "every": every.canonical(),
            "until": until.canonical(),
            "within": within.canonical(),
        });
        add_unless_null(&mut form, "at", at.canonical());
        form
    }
}

impl Canonical for PollAddress {
    fn canonical(&self) -> Value {
        match self {
            PollAddress::Address(address) => kind("Address", address.canonical()),
            PollAddress::Found(place) => kind("Found", place.canonical()),
        }
    }
}

impl Canonical for Rendezvous {
    fn canonical(&self) -> Value {
        let Rendezvous { shoppers, within } = self;
        json!({ "shoppers": shoppers, "within": within.canonical() })
    }
}

impl Canonical for Assets {
    fn canonical(&self) -> Value {
        let Assets { expect_all } = self;
        json!({ "expect_all": expect_all })
    }
}

impl Canonical for Request {
    fn canonical(&self) -> Value {
        let Request { method, url, headers, auth, body } = self;
        json!({
            "method": method.canonical(),
            "url": url.canonical(),
            "headers": headers.canonical(),
            "auth": auth.canonical(),
            "body": body.canonical(),
        })
    }
}

impl Canonical for Method {
    fn canonical(&self) -> Value {
        self.as_str().into()
    }
}

impl Canonical for Auth {
    fn canonical(&self) -> Value {
        match self {
            Auth::Basic { user, password } => {
                kind("Basic", json!({ "user": user.canonical(), "password": password.canonical() }))
            }
            Auth::Bearer(token) => kind("Bearer", token.canonical()),
            Auth::Aws(keys) => {
                let AwsKeys { access_key, secret_key, session_token, region, service } = &**keys;
                kind(
                    "Aws",
                    json!({
                        "access_key": access_key.canonical(),
                        "secret_key": secret_key.canonical(),
                        "session_token": session_token.canonical(),
                        "region": region.canonical(),
                        "service": service.canonical(),
                    }),
                )
            }
        }
    }
}

impl Canonical for Body {
    fn canonical(&self) -> Value {
        match self {
            Body::Empty => json!("Empty"),
            Body::Json(segments) => kind("Json", segments.canonical()),
            Body::Form(pairs) => kind("Form", pairs.canonical()),
            Body::Multipart(parts) => kind("Multipart", parts.canonical()),
            Body::Text(text) => kind("Text", text.canonical()),
            Body::Submit(submit) => kind("Submit", submit.canonical()),
        }
    }
}

impl Canonical for JsonSegment {
    fn canonical(&self) -> Value {
        match self {
            JsonSegment::Raw(text) => kind("Raw", text.canonical()),
            JsonSegment::Text(text) => kind("Text", text.canonical()),
            JsonSegment::Value(var) => kind("Value", var.canonical()),
            JsonSegment::Computed(text) => kind("Computed", text.canonical()),
        }
    }
}

impl Canonical for MultipartPart {
    fn canonical(&self) -> Value {
        match self {
            MultipartPart::Text(text) => kind("Text", text.canonical()),
            // The hash stands for the bytes.
            MultipartPart::File { name, content_type, sha256, bytes: _ } => kind(
                "File",
                json!({
                    "name": name.canonical(),
                    "content_type": content_type,
                    "sha256": sha256,
                }),
            ),
        }
    }
}

impl Canonical for Submit {
    fn canonical(&self) -> Value {
        let Submit { id, css, action, containing, fields, extra, button, pick } = self;
        json!({
            "id": id.canonical(),
            "css": css,
            "action": action.canonical(),
            "containing": containing.canonical(),
            "fields": fields.canonical(),
            "extra": extra.canonical(),
            "button": button.canonical(),
            "pick": pick.canonical(),
        })
    }
}

impl Canonical for FieldMatch {
    fn canonical(&self) -> Value {
        let FieldMatch { name, value } = self;
        json!({ "name": name, "value": value.canonical() })
    }
}

impl Canonical for Pick {
    fn canonical(&self) -> Value {
        json!(match self {
            Pick::First => "First",
            Pick::Last => "Last",
            Pick::Random => "Random",
        })
    }
}
