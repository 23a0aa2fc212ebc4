//! Pages as shops write them, well and badly.

use std::cell::Cell;
use std::collections::BTreeMap;

use bytes::Bytes;
use scraper::{Html, Selector};
use url::Url;

use super::read;
use super::submit::*;
use crate::base::VarId;
use crate::plan::{Body, Field, Request, Scope, Submit, Template, Templates, Value};
use crate::shopper::browser::session::Document;

struct NoScope(Cell<u64>);
impl Scope for NoScope {
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
    submit(&step, wanted, Some(&page(html)), &Templates::default(), &NoScope(Cell::new(0)))
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
    let pay = Field { name: "do".into(), value: Some(literal("pay")) };
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
    assert_eq!(parts.headers["content-type"], "multipart/form-data; boundary=----tillrush");
    let expected = "------tillrush\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n------tillrush--\r\n";
    assert_eq!(parts.body, expected);
    let based = r#"<base href="/de/"><form id=a action=pay method=post></form>"#;
    assert_eq!(sent(based, &by_id("a", &[])), "POST http://shop.example/de/pay ");
}

#[test]
fn forms_of_one_action_are_told_apart_by_what_they_contain() {
    let html = r#"<form class=m action=/ship/ method=post><input type=hidden name=code value=slow></form>
        <form class="m n" action=/ship/ method=post><input type=hidden name=code value=fast><input name=token></form>"#;
    let containing = |name: &str, value: Option<&str>| Submit {
        action: Some(literal("/ship/")),
        containing: vec![Field { name: name.into(), value: value.map(literal) }],
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
    insta::assert_snapshot!(refused("<form id=a><input type=file name=photo></form>", &by_id("a", &[])),
        @"the form on /checkout/pay has the file field 'photo', which a shopper can't fill: send the request with post and multipart [missing content: false]");
    insta::assert_snapshot!(refused("<form id=a method=dialog></form>", &by_id("a", &[])),
        @"the form on /checkout/pay has the method dialog: it sends nothing [missing content: false]");
}

/// Which form each named control belongs to, and its value, as a full parser of HTML says.
fn oracle(html: &str) -> BTreeMap<String, String> {
    let page = Html::parse_document(html);
    let controls = Selector::parse("form[id] input[name]").unwrap();
    let owned = page.select(&controls).map(|control| {
        let form = control
            .ancestors()
            .filter_map(scraper::ElementRef::wrap)
            .find(|element| element.value().name() == "form");
        let form = form.and_then(|form| form.value().attr("id")).unwrap_or_default();
        (
            control.value().attr("name").unwrap_or_default().to_owned(),
            format!("{form}={}", control.value().attr("value").unwrap_or_default()),
        )
    });
    owned.collect()
}

#[test]
fn careless_pages_are_read_as_a_full_parser_reads_them() {
    for html in [
        "<form id=a><form id=b><input name=x value=1></form></form><form id=c><input name=y></form>",
        "<form id=a><p><input name=x><p><input name=y></form><form id=b><input name=z value='&lt;&#39;&#x27;&nbsp;'></form>",
        "<form id=a><div><input name=x></form></div><form id=b><input name=z></form>",
        "<!-- <form id=no><input name=x> --><script>'<form id=no><input name=y>'</script><form id=a><input name=z></form>",
        "<form id=a><input name=x value=\"a'b\"/><br/><input name=y value='c\"d'></form><FORM ID=b><INPUT NAME=z VALUE=V></FORM>",
    ] {
        let read = read::forms(html.as_bytes(), None);
        let ours: BTreeMap<String, String> = read
            .forms
            .iter()
            .flat_map(|form| {
                form.controls.iter().map(|control| {
                    (
                        control.name.clone(),
                        format!("{}={}", form.id.as_deref().unwrap_or_default(), control.value),
                    )
                })
            })
            .collect();
        assert_eq!(ours, oracle(html), "{html}");
    }
}
