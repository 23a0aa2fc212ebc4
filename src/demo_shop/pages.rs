//! Pages: plain HTML with forms, as a shop without scripts would send.

use std::fmt;
use std::sync::LazyLock;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};

use super::catalog::{CATEGORIES, Summary};
use super::session::{CartLine, Totals};

/// HtmlText made safe inside HTML, in elements and attributes.
pub(super) struct HtmlText<'a>(pub(super) &'a str);

/// Cents as people read them.
pub(super) struct PriceText(pub(super) u64);

/// What every page shows around its body.
pub(super) struct Frame<'a> {
    /// Units in the cart.
    pub(super) units: u32,
    /// The account that is logged in.
    pub(super) account: Option<&'a str>,
    pub(super) alert: Option<&'a str>,
}

/// The templates of pages. What is put into them is escaped, but for what is HTML already.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.add_filter("price", |cents: u64| PriceText(cents).to_string());
    for (name, source) in [
        ("page.html", include_str!("templates/page.html")),
        ("form.html", include_str!("templates/form.html")),
        ("products.html", include_str!("templates/products.html")),
        ("lines.html", include_str!("templates/lines.html")),
    ] {
        environment.add_template(name, source).expect("the templates can be read");
    }
    environment
});

/// Templates are part of the program and tested, so they can't fail but by a bug.
fn render(name: &str, data: Value) -> String {
    let mut text = TEMPLATES
        .get_template(name)
        .and_then(|template| template.render(data))
        .unwrap_or_else(|error| panic!("{name}: {error:#}"));
    // A template's last line end is no part of it.
    text.push('\n');
    text
}

/// A whole page around a body.
pub(super) fn page(frame: &Frame<'_>, title: &str, body: &str) -> String {
    let Frame { units, account, alert } = *frame;
    let body = Value::from_safe_string(body.to_owned());
    render(
        "page.html",
        context! { title, body, units, account, alert, categories => Value::from(Serde(CATEGORIES)) },
    )
}

/// A form that posts, with the hidden token of the session.
pub(super) fn form(csrf: &str, id: &str, action: &str, inside: &str, button: &str) -> String {
    let inside = Value::from_safe_string(inside.to_owned());
    render("form.html", context! { csrf, id, action, inside, button })
}

/// A labelled input.
pub(super) fn input(name: &str, label: &str, value: &str) -> String {
    format!("<label>{label} <input name=\"{name}\" value=\"{}\"></label>\n", HtmlText(value))
}

/// Products, one a line, each with a link.
pub(super) fn product_list(products: &[&Summary]) -> String {
    let products: Vec<Value> = products
        .iter()
        .map(|Summary { sku, name, price, .. }| context! { sku, name => *name, price })
        .collect();
    render("products.html", context! { products })
}

/// The lines of a cart or an order, and what they come to.
pub(super) fn lines(lines: &[CartLine], totals: &Totals) -> String {
    let lines: Vec<Value> = lines
        .iter()
        .map(|CartLine { sku, name, quantity, price }| context! { sku, name => *name, quantity, price })
        .collect();
    let Totals { discount, shipping, total, .. } = *totals;
    render("lines.html", context! { lines, totals => context! { discount, shipping, total } })
}

impl fmt::Display for HtmlText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#x27;",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

impl fmt::Display for PriceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} €", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_visitors_write_stays_text() {
        assert_eq!(
            HtmlText("<b title=\"x\">Tom's & co</b>").to_string(),
            "&lt;b title=&quot;x&quot;&gt;Tom&#x27;s &amp; co&lt;/b&gt;"
        );
    }

    #[test]
    fn a_page_escapes_what_is_text_and_keeps_what_is_html() {
        let frame = Frame { units: 2, account: Some("<tom>"), alert: Some("a & b") };
        let page = page(&frame, "A \"title\"", "<p>body</p>");
        for part in [
            "<title>A &quot;title&quot; - The Practice Shop</title>",
            "Cart (<span id=\"cart-count\">2</span>)",
            "<span id=\"account\">&lt;tom&gt;</span>",
            "role=\"alert\">a &amp; b</div>",
            "<p>body</p>\n</main>",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(page.ends_with("</html>\n"));
        let nobody = Frame { units: 0, account: None, alert: None };
        let page = self::page(&nobody, "t", "");
        assert!(page.contains(">Log in</a>") && !page.contains("alert"));
    }

    #[test]
    fn what_a_cart_comes_to_is_in_its_lines() {
        let line = CartLine { sku: "s-1".into(), name: "Tea & milk", quantity: 3, price: 250 };
        let totals =
            Totals { subtotal: 750, discount: 50, shipping: 490, total: 1_190, currency: "EUR" };
        let table = lines(&[line], &totals);
        assert!(table.contains("Tea &amp; milk</a></td><td>3</td><td>7.50 €</td></tr>\n"));
        assert!(table.contains("id=\"total\" data-cents=\"1190\">11.90 €</td></tr>\n</table>\n"));
    }

    #[test]
    fn cents_are_written_with_two_digits() {
        assert_eq!(
            [PriceText(0), PriceText(5), PriceText(12_900)].map(|money| money.to_string()),
            ["0.00 €", "0.05 €", "129.00 €"]
        );
    }
}
