//! Pages as shops write them, well and badly.

use std::cell::Cell;

use bytes::Bytes;
use http::HeaderValue;
use url::Url;

use super::error::SubmitError;
use super::form_page::FormPage;
use super::submit::*;
use crate::base::VarId;
use crate::plan::{Body, FieldMatch, Request, Submit, Template, TemplateScope, Templates, Value};
use crate::shopper::browser::session::Document;

struct NoScope(Cell<u64>);
impl TemplateScope for NoScope {
    fn value(&self, _: VarId) -> Option<&Value> {
        None
    }
    fn next_bits(&self) -> u64 {
        self.0.get()
    }
}

fn literal(text: &str) -> Template {
    Template::Literal(text.to_owned())
}

fn by_id(id: &str, fields: &[(&str, &[&str])]) -> Submit {
    let fields = fields
        .iter()
        .map(|(name, values)| (literal(name), values.iter().map(|value| literal(value)).collect()))
        .collect();
    Submit { id: Some(literal(id)), fields, ..Submit::default() }
}

fn page(html: &str) -> Document {
    Document {
        url: Url::parse("http://shop.example/checkout/pay?step=2#card").unwrap(),
        content_type: HeaderValue::from_static("text/html; charset=utf-8"),
        body: Bytes::from(html.to_owned()),
    }
}

fn submitted(html: &str, wanted: &Submit) -> Result<Submission, SubmitError> {
    let step = Request {
        method: crate::plan::Method::Post,
        url: literal("/"),
        headers: Vec::new(),
        auth: None,
        body: Body::Empty,
    };
    let page = FormPage::read(&page(html), wanted.css.as_deref());
    submit(&step, wanted, Some(&page), &Templates::default(), &NoScope(Cell::new(0)))
}

fn sent(html: &str, wanted: &Submit) -> String {
    let request = submitted(html, wanted).unwrap().request;
    format!("{} {} {}", request.method, request.url, String::from_utf8_lossy(&request.body))
}

fn refused(html: &str, wanted: &Submit) -> String {
    let error = submitted(html, wanted).unwrap_err();
    format!("{error} [missing content: {}]", error.is_missing_content())
}

const CARD: &str = r#"<form id="search" action="/search"><input name="q"><button>Go</button></form>
    <form id="card" method="POST" action="/pay?a=1&amp;b=2">
      <input type="hidden" name="csrf" value="x&amp;y=z"><input name="number"><input type="Text" name="name" value="A &quot;B&quot;">
      <input type="checkbox" name="terms"><input type="checkbox" name="news" value="yes" checked>
      <input type="radio" name="ship" value="slow" checked><input type="radio" name="ship" value="fast">
      <select name="country"><option value="GB">Britain<option value="DE" selected>Germany</select>
      <select name="gift"><option disabled>Choose</option><option>  Red &amp;
        Blue </option><option>Green</option></select>
      <select name="extras" multiple><option value="a"><option value="b"></select>
      <textarea name="notes">
one
two</textarea>
      <input name="off" value="1" disabled><fieldset disabled><input name="off2" value="1"></fieldset>
      <input value="nameless"><input type="reset" name="reset" value="r"><button type="button" name="b0">x</button>
      <button name="do" value="preview">Preview</button><button name="do" value="pay" formaction="/now">Pay</button>
    </form><input name="late" form="card" value="3">"#;

#[test]
fn all_that_a_form_holds_is_sent_and_what_is_filled_in_takes_its_place() {
    insta::assert_snapshot!(
        sent(CARD, &by_id("card", &[])),
        @"POST http://shop.example/pay?a=1&b=2 csrf=x%26y%3Dz&number=&name=A+%22B%22&news=yes&ship=slow&country=DE&gift=Red+%26+Blue&notes=one%0D%0Atwo&do=preview&late=3"
    );
    let filled = by_id(
        "card",
        &[
            ("number", &["4242"]),
            ("terms", &["true"]),
            ("news", &["false"]),
            ("ship", &["fast"]),
            ("country", &["GB"]),
            ("extras", &["a", "b"]),
            ("gift", &["Green"]),
            ("notes", &[""]),
        ],
    );
    let pay = FieldMatch { name: "do".into(), value: Some(literal("pay")) };
    let filled =
        Submit { button: Some(pay), extra: vec![(literal("token"), literal("t 1"))], ..filled };
    insta::assert_snapshot!(
        sent(CARD, &filled),
        @"POST http://shop.example/now csrf=x%26y%3Dz&number=4242&name=A+%22B%22&terms=on&ship=fast&country=GB&gift=Green&extras=a&extras=b&notes=&do=pay&late=3&token=t+1"
    );
    let meant = submitted(CARD, &filled).unwrap().meant;
    assert!(
        meant.starts_with(b"number=4242&terms=true") && !meant.windows(4).any(|w| w == b"csrf"),
        "the page's own token is no wish"
    );
}

#[test]
fn a_form_without_action_goes_to_its_page_and_get_fields_replace_the_query() {
    let html = r#"<form id=a method=post><input name=x value=1></form><form id=b action="find?old=1"><input name=q value="a b"></form>
        <form id=c action="" method=get></form><form id=d method=post enctype=multipart/form-data action=/up><input name=x value=1></form>"#;
    assert_eq!(sent(html, &by_id("a", &[])), "POST http://shop.example/checkout/pay?step=2 x=1");
    assert_eq!(sent(html, &by_id("b", &[])), "GET http://shop.example/checkout/find?q=a+b ");
    assert_eq!(sent(html, &by_id("c", &[])), "GET http://shop.example/checkout/pay? ");
    let parts = submitted(html, &by_id("d", &[])).unwrap().request;
    let kind = parts.headers["content-type"].to_str().unwrap().to_owned();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let part = "Content-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n";
    assert_eq!(parts.body, format!("--{boundary}\r\n{part}--{boundary}--\r\n"));
    let based = r#"<base href="/de/"><form id=a action=pay method=post></form>"#;
    assert_eq!(sent(based, &by_id("a", &[])), "POST http://shop.example/de/pay ");
}

#[test]
fn forms_of_one_action_are_told_apart_by_what_they_contain() {
    let html = r#"<form class=m action=/ship/ method=post><input type=hidden name=code value=slow></form>
        <form class="m n" action=/ship/ method=post><input type=hidden name=code value=fast><input name=token></form>"#;
    let containing = |name: &str, value: Option<&str>| Submit {
        action: Some(literal("/ship/")),
        containing: vec![FieldMatch { name: name.into(), value: value.map(literal) }],
        ..Submit::default()
    };
    assert!(sent(html, &containing("code", None)).ends_with("code=slow"));
    assert!(sent(html, &containing("code", Some("fast"))).ends_with("code=fast&token="));
    assert!(sent(html, &containing("token", None)).ends_with("code=fast&token="));
    let css = Submit { css: Some("form.m.n".into()), ..Submit::default() };
    assert!(sent(html, &css).ends_with("code=fast&token="));
    let last = Submit {
        action: Some(literal("/ship/")),
        pick: crate::plan::Pick::Last,
        ..Submit::default()
    };
    assert!(sent(html, &last).ends_with("code=fast&token="));
    let wild = Submit { action: Some(literal("/sh*")), ..Submit::default() };
    assert!(sent(html, &wild).ends_with("code=slow"));
}

#[test]
fn what_the_page_lacks_is_missing_content_and_what_can_not_be_done_is_not() {
    insta::assert_snapshot!(refused(CARD, &by_id("pay", &[])),
        @"no form with the id 'pay' on /checkout/pay, which has #search (q), #card (csrf number name terms news) [missing content: true]");
    insta::assert_snapshot!(refused("<p>sold out", &by_id("pay", &[])),
        @"no form with the id 'pay' on /checkout/pay, which has no form at all [missing content: true]");
    insta::assert_snapshot!(refused(CARD, &by_id("search", &[("query", &["x"])])),
        @"the form on /checkout/pay has no field 'query'; it has q [missing content: true]");
    insta::assert_snapshot!(refused(CARD, &by_id("card", &[("country", &["FR"])])),
        @"the field 'country' on /checkout/pay does not offer 'FR' [missing content: true]");
    insta::assert_snapshot!(refused("<form id=a method=dialog></form>", &by_id("a", &[])),
        @"the form on /checkout/pay has the method dialog: it sends nothing [missing content: false]");
}

/// What the form `f` of the page sends in its body.
fn body_of(html: &str) -> String {
    let request = submitted(html, &by_id("f", &[])).unwrap().request;
    String::from_utf8_lossy(&request.body).into_owned()
}

/// The body of a posted form with this content.
fn posted(content: &str) -> String {
    body_of(&format!("<form id=f method=post action=/add>{content}</form>"))
}

/// Chromium sends each of these so: the runs in tests/likeness hold it against many more.
#[test]
fn controls_that_nobody_touched_send_what_chromium_sends() {
    for (content, expected) in [
        ("<select name=s><option disabled selected>Choose<option>S</select>", ""),
        ("<select name=s><option disabled>Choose<option>S<option>M</select>", "s=S"),
        ("<select name=s size=4><option>9<option>10</select>", ""),
        (
            "<select name=s size=x><option>9</select><select name=t size=' 2x'><option>9</select>",
            "s=9",
        ),
        ("<select name=s><option selected>1<option selected>2<option>3</select>", "s=2"),
        ("<select name=s multiple><option selected>1<option selected>2</select>", "s=1&s=2"),
        ("<select name=s><optgroup disabled><option>a</optgroup><option>b</select>", "s=b"),
        ("<select name=s><div><option>a<option selected> b \n c</div></select>", "s=b+c"),
        ("<select name=s><option disabled>a</select>", ""),
        (
            "<input type=radio name=r value=1 checked><input type=radio name=r value=2 checked>",
            "r=2",
        ),
        (
            "<input type=radio name=r value=1 checked><input type=radio name=R value=2 checked>",
            "r=1&R=2",
        ),
        (
            "<table><tr><td><input type=radio name=r value=1 checked></td></tr><input type=radio name=r value=2 checked></table>",
            "r=2",
        ),
        ("<input type=checkbox name=c checked><input type=checkbox name=d>", "c=on"),
        ("<input type=image name=i value=v>", "i.x=0&i.y=0"),
        ("<input type=image>", "x=0&y=0"),
        ("<input type=submit name=go>", "go=Submit"),
        ("<button name=a disabled>1</button><button name=b value=2>x</button>", "b=2"),
        ("<select name=s><button name=b>face</button><option>x</select>", "s=x"),
        (
            "<input type=hidden name=_CHARSET_ value=x><input name=_charset_ value=y>",
            "_CHARSET_=UTF-8&_charset_=y",
        ),
        ("<input type=file name=f>", "f="),
        (
            "<input type=button name=a value=1><input type=reset name=b><output name=o>1</output>",
            "",
        ),
        ("<datalist><input name=a value=1></datalist><template><input name=b></template>", "a=1"),
        (
            "<fieldset disabled><input name=a><legend><input name=b></legend><legend><input name=c></legend></fieldset>",
            "b=",
        ),
        (
            "<fieldset disabled><legend><fieldset disabled><input name=a></fieldset></legend></fieldset>",
            "",
        ),
        (
            "<textarea name=a>\n\nx\r\ny</textarea><textarea name=b>&#10;q</textarea>",
            "a=%0D%0Ax%0D%0Ay&b=q",
        ),
        (
            "<div dir=rtl><input name=a value=1 dirname=d><input type=tel name=b dirname=e></div>",
            "a=1&d=rtl&b=&e=ltr",
        ),
        ("<input name=a dir=auto value=שלום dirname=d>", "a=%D7%A9%D7%9C%D7%95%D7%9D&d=rtl"),
        ("<input name=a value=\"*-._~!'()+%20\">", "a=*-._%7E%21%27%28%29%2B%2520"),
    ] {
        assert_eq!(posted(content), expected, "{content}");
    }
}

#[test]
fn a_field_makes_of_a_value_what_its_type_allows() {
    let field = |attributes: &str, value: &str| {
        let sent = posted(&format!("<input name=v {attributes} value='{value}'>"));
        percent_encoding::percent_decode_str(&sent[2..].replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    for (attributes, value, expected) in [
        ("type=text", " a\nb ", " ab "),
        ("type=DATETIME", "x", "x"),
        ("type=email", " a@b.c ", "a@b.c"),
        ("type=email multiple", " a@b.c , d@e.f,", "a@b.c,d@e.f,"),
        ("type=url", " http://x y\n", "http://x y"),
        ("type=hidden", "a\nb", "a\r\nb"),
        ("type=number", "-.5", "-.5"),
        ("type=number", "1.e3", "1.e3"),
        ("type=number", "1.", ""),
        ("type=number", "+1", ""),
        ("type=number", "1e400", ""),
        ("type=range", "", "50"),
        ("type=range min=10 max=5", "", "10"),
        ("type=range min=1 max=4 step=2", "", "3"),
        ("type=range step=0.1", "0.15", "0.15"),
        ("type=range min=0 step=0.1", "0.15", "0.2"),
        ("type=range min=-5 max=0.5 step=0.25", "-0.1", "0"),
        ("type=range step=any", "3.14159", "3.14159"),
        ("type=color", "x", "#000000"),
        ("type=color", "#FFF", "#ffffff"),
        ("type=color", "Red", "#ff0000"),
        ("type=date", "2024-02-29", "2024-02-29"),
        ("type=date", "2026-02-29", ""),
        ("type=date", "275760-09-13", "275760-09-13"),
        ("type=date", "275760-09-14", ""),
        ("type=month", "2026-13", ""),
        ("type=week", "2026-W53", "2026-W53"),
        ("type=week", "2027-W53", ""),
        ("type=week", "2026-w01", ""),
        ("type=time", "10:00:00.5", "10:00:00.5"),
        ("type=time", "24:00", ""),
        ("type=datetime-local", "2026-01-01 10:00:00", "2026-01-01T10:00"),
        ("type=datetime-local", "2026-01-01T10:00:00.500", "2026-01-01T10:00:00.5"),
        ("type=datetime-local", "2026-01-01T10:00Z", ""),
    ] {
        assert_eq!(field(attributes, value), expected, "{attributes} {value}");
        let typed = by_id("f", &[("v", &[value])]);
        let html =
            format!("<form id=f method=post enctype=text/plain><input name=v {attributes}></form>");
        // Without a value of the page, a slider counts its steps from its lowest place.
        if !attributes.contains("range") {
            // What the scenario writes over several lines stays so.
            let expected = if attributes == "type=text" { " a\r\nb " } else { expected };
            let sent = submitted(&html, &typed).unwrap().request.body;
            assert_eq!(sent, format!("v={expected}\r\n"), "typed: {attributes} {value}");
        }
    }
}

#[test]
fn a_control_belongs_to_the_form_that_the_parser_gives_it_to() {
    for (html, expected) in [
        (
            "<table><form id=f method=post><tr><td><input name=a></td></tr><tr><td><input name=b></td></tr></form></table>",
            "a=&b=",
        ),
        (
            "<div><form id=f method=post><input name=a></div><input name=b></form><form id=g><input name=c></form>",
            "a=&b=",
        ),
        (
            "<form id=f method=post><form id=g><input name=a></form><input name=b></form><input name=c>",
            "a=",
        ),
        (
            "<input form=f name=a><form id=f method=post><input form=g name=b><input form='' name=c></form><input form=f name=d>",
            "a=&d=",
        ),
        (
            "<p id=f><form id=g></form><form id=f method=post><input name=a><input form=f name=b></form>",
            "a=",
        ),
        (
            "<form id=f method=post><noscript><input name=a></noscript><!-- <input name=b> --><input name=c></form>",
            "c=",
        ),
        ("<form id=f method=post><b><p><input name=a></b><input name=b></p></form>", "a=&b="),
        (
            "<form id=f method=post><select></form><input name=a><form id=g><select><option>x<b></select></form><input name=b>",
            "a=",
        ),
        // Chromium ends the outer form with the inner one that stands right in it.
        (
            "<form id=f method=post><table></form></table><input name=a><form id=g></form><input name=b>",
            "a=",
        ),
        (
            "<form id=f method=post><table></form></table><form id=g><div></form></div><input name=b>",
            "b=",
        ),
    ] {
        assert_eq!(body_of(html), expected, "{html}");
    }
}

#[test]
fn a_form_is_sent_in_its_encoding() {
    let page = |content_type: &str, html: &[u8], wanted: &Submit| {
        let step = Request {
            method: crate::plan::Method::Post,
            url: literal("/"),
            headers: Vec::new(),
            auth: None,
            body: Body::Empty,
        };
        let page = Document {
            url: Url::parse("http://shop.example/").unwrap(),
            content_type: HeaderValue::from_str(content_type).unwrap(),
            body: Bytes::copy_from_slice(html),
        };
        let page = FormPage::read(&page, wanted.css.as_deref());
        let scope = NoScope(Cell::new(0));
        let request =
            submit(&step, wanted, Some(&page), &Templates::default(), &scope).unwrap().request;
        format!("{} {}", request.url, String::from_utf8_lossy(&request.body))
    };
    let latin = b"<form id=f method=post action='/\xfc?q=\xfc&#1046;'><input name=\xfc value=M\xfcller><input name=city></form>";
    assert_eq!(
        page("text/html; charset=iso-8859-1", latin, &by_id("f", &[("city", &["Köln Ж"])])),
        "http://shop.example/%C3%BC?q=%FC%26%231046%3B %FC=M%FCller&city=K%F6ln+%26%231046%3B"
    );
    for (accepted, expected) in [
        ("latin1", "_charset_=windows-1252&a=%FC%80%26%2326085%3B"),
        ("x koi8-r,utf-8", "_charset_=KOI8-R&a=%26%23252%3B%26%238364%3B%26%2326085%3B"),
        ("iso-2022-jp", "_charset_=ISO-2022-JP&a=%26%23252%3B%26%238364%3B%1B%24BF%7C%1B%28B"),
        ("utf-16", "_charset_=UTF-8&a=%C3%BC%E2%82%AC%E6%97%A5"),
        ("x", "_charset_=UTF-8&a=%C3%BC%E2%82%AC%E6%97%A5"),
    ] {
        let html = format!(
            "<form id=f method=post accept-charset='{accepted}'><input type=hidden name=_charset_><input name=a value=ü€日></form>"
        );
        assert_eq!(body_of(&html), expected, "{accepted}");
    }
}

#[test]
fn a_button_overrides_its_form_as_in_chromium() {
    for (form, button, expected) in [
        ("method=post", "formaction=/b formmethod=get", "GET http://shop.example/b?a=1+2 "),
        ("method=post", "formmethod=put", "GET http://shop.example/checkout/pay?a=1+2 "),
        ("action=/x#top", "formmethod=POST", "POST http://shop.example/x a=1+2"),
        (
            "method=post enctype=text/plain",
            "",
            "POST http://shop.example/checkout/pay?step=2 a=1 2\r\n",
        ),
        ("method=post enctype=x", "", "POST http://shop.example/checkout/pay?step=2 a=1+2"),
        // Whether lines are written hangs on the form's own method.
        (
            "method=get enctype=text/plain",
            "formmethod=post",
            "POST http://shop.example/checkout/pay?step=2 a=1+2",
        ),
        (
            "method=post",
            "formmethod=get formenctype=text/plain",
            "GET http://shop.example/checkout/pay?a=1%202 ",
        ),
    ] {
        let html = format!(
            "<form id=f {form}><input name=a value='1 2'><button {button}>x</button></form>"
        );
        assert_eq!(sent(&html, &by_id("f", &[])), expected, "{form} {button}");
    }
}

#[test]
fn lines_in_a_query_are_read_as_windows_1252() {
    let html = "<form id=f method=post enctype=text/plain accept-charset=iso-8859-1><input name=a value='&euro;\u{fc}'><button formmethod=get>x</button></form>";
    let expected = "GET http://shop.example/checkout/pay?a=%E2%82%AC%C3%BC ";
    assert_eq!(sent(html, &by_id("f", &[])), expected);
}

#[test]
fn parts_carry_names_and_files_as_browsers_write_them() {
    let html = "<form id=f method=post enctype=multipart/form-data accept-charset=latin1><input name='a\"&#10;ü' value='&#1046;'><input type=file name=p></form>";
    let body = submitted(html, &by_id("f", &[])).unwrap().request.body;
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(body.contains("; name=\"a%22%0D%0A\u{fffd}\"\r\n\r\n&#1046;\r\n"), "{body}");
    assert!(
        body.contains(
            "; name=\"p\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--"
        ),
        "{body}"
    );
}

#[test]
fn what_is_filled_in_is_what_a_shopper_could_do() {
    let filled = |content: &str, fields: &[(&str, &[&str])]| {
        let html = format!("<form id=f method=post>{content}</form>");
        match submitted(&html, &by_id("f", fields)) {
            Ok(submission) => String::from_utf8_lossy(&submission.request.body).into_owned(),
            Err(error) => error.to_string(),
        }
    };
    let rails = "<input type=hidden name=t value=0><input type=checkbox name=t value=1>";
    let boxes = "<input type=checkbox name=e[] value=a checked><input type=checkbox name=e[] value=b><input type=checkbox name=e[] value=c>";
    let country = "<select name=c><option value=GB>Great  Britain<option value=DE disabled>Germany<option value=FR>France</select>";
    let slots = "<select name=s multiple><option>9<option>10<option>11</select>";
    for (content, fields, expected) in [
        (rails, &[("t", &["true"][..])][..], "t=0&t=1"),
        (rails, &[("t", &["1"])], "t=0&t=1"),
        (rails, &[("t", &["false"])], "t=0"),
        (rails, &[("t", &["0"])], "t=0"),
        (boxes, &[("e[]", &["c", "b"])], "e%5B%5D=b&e%5B%5D=c"),
        (boxes, &[("e[]", &[])], ""),
        (country, &[("c", &["FR"])], "c=FR"),
        (country, &[("c", &["Great Britain"])], "c=GB"),
        (country, &[("c", &["DE"])], "the field 'c' on /checkout/pay does not offer 'DE'"),
        (country, &[("c", &["FR", "GB"])], "the field 'c' on /checkout/pay does not offer 'GB'"),
        (slots, &[("s", &["11", "9"])], "s=9&s=11"),
        ("<input type=hidden name=token>", &[("token", &["t"])], "token=t"),
        ("<textarea name=n></textarea>", &[("n", &["a\nb"])], "n=a%0D%0Ab"),
        ("<input name=n><input name=n value=2>", &[("n", &["1"])], "n=1&n=2"),
        (
            "<input type=file name=p>",
            &[("p", &["x"])],
            "the form on /checkout/pay has the file field 'p', which a shopper can't fill: send the request with post and multipart",
        ),
    ] {
        assert_eq!(filled(content, fields), expected, "{content} {fields:?}");
    }
    let nowhere = "<form id=f action='http://[::1'></form>";
    assert_eq!(
        refused(nowhere, &by_id("f", &[])),
        "the form on /checkout/pay has the action 'http://[::1', which is not an http or https address [missing content: false]"
    );
}
