//! Pages: plain HTML with forms, as a shop without scripts would send.

use std::fmt::{self, Write};

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

/// A whole page around a body.
pub(super) fn page(frame: &Frame<'_>, title: &str, body: &str) -> String {
    let Frame { units, account, alert } = *frame;
    let mut page = String::with_capacity(body.len() + 2_048);
    // Writing to a string can't fail.
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{} - The Practice Shop</title>\n<link rel=\"stylesheet\" href=\"/assets/shop.css\">\n</head>\n<body>\n<header>\n\
         <a class=\"logo\" href=\"/\">The Practice Shop</a>\n\
         <form class=\"search\" action=\"/search\"><input name=\"q\" placeholder=\"Search\"><button>Search</button></form>\n<nav>",
        HtmlText(title)
    );
    for (slug, name) in CATEGORIES {
        let _ = write!(page, "<a href=\"/categories/{slug}\">{name}</a> ");
    }
    let _ = write!(
        page,
        "</nav>\n<a id=\"cart-link\" href=\"/cart\">Cart (<span id=\"cart-count\">{units}</span>)</a>\n"
    );
    match account {
        Some(account) => {
            let _ = writeln!(page, "<span id=\"account\">{}</span>", HtmlText(account));
        }
        None => page.push_str("<a href=\"/login\">Log in</a>\n"),
    }
    page.push_str("</header>\n<main>\n");
    if let Some(alert) = alert {
        let _ = writeln!(
            page,
            "<div class=\"alert alert-danger\" role=\"alert\">{}</div>",
            HtmlText(alert)
        );
    }
    let _ = write!(page, "<h1>{}</h1>\n{body}\n</main>\n<footer>", HtmlText(title));
    page.push_str(
        "<a href=\"/faq\">Questions</a> <a href=\"/stores\">Stores</a> <a href=\"/help\">Help</a> \
         <small>Nothing here is for sale: this shop exists to rehearse a rush.</small></footer>\n</body>\n</html>\n",
    );
    page
}

/// A form that posts, with the hidden token of the session.
pub(super) fn form(csrf: &str, id: &str, action: &str, inside: &str, button: &str) -> String {
    format!(
        "<form id=\"{id}\" method=\"post\" action=\"{action}\">\n<input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
         {inside}\n<button type=\"submit\">{button}</button>\n</form>\n"
    )
}

/// A labelled input.
pub(super) fn input(name: &str, label: &str, value: &str) -> String {
    format!("<label>{label} <input name=\"{name}\" value=\"{}\"></label>\n", HtmlText(value))
}

/// Products, one a line, each with a link.
pub(super) fn product_list(products: &[&Summary]) -> String {
    let mut list = String::with_capacity(200 * products.len() + 64);
    list.push_str("<ul class=\"products\">\n");
    for Summary { sku, name, price, .. } in products {
        let _ = writeln!(
            list,
            "<li class=\"product\" data-sku=\"{sku}\"><a href=\"/products/{sku}\"><img src=\"/assets/{sku}.svg\" alt=\"\">{name}</a> \
             <span class=\"price\">{}</span></li>",
            PriceText(*price)
        );
    }
    list.push_str("</ul>\n");
    list
}

/// The lines of a cart or an order, and what they come to.
pub(super) fn lines(lines: &[CartLine], totals: &Totals) -> String {
    let mut table = String::from("<table class=\"lines\">\n");
    for CartLine { sku, name, quantity, price } in lines {
        let _ = writeln!(
            table,
            "<tr data-sku=\"{sku}\"><td><a href=\"/products/{sku}\">{name}</a></td><td>{quantity}</td><td>{}</td></tr>",
            PriceText(price * u64::from(*quantity))
        );
    }
    let Totals { discount, shipping, total, .. } = *totals;
    let _ = write!(
        table,
        "<tr><td>Voucher</td><td></td><td>-{}</td></tr>\n<tr><td>Shipping</td><td></td><td>{}</td></tr>\n\
         <tr class=\"total\"><td>Total</td><td></td><td id=\"total\" data-cents=\"{total}\">{}</td></tr>\n</table>\n",
        PriceText(discount),
        PriceText(shipping),
        PriceText(total)
    );
    table
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
    fn cents_are_written_with_two_digits() {
        assert_eq!(
            [PriceText(0), PriceText(5), PriceText(12_900)].map(|money| money.to_string()),
            ["0.00 €", "0.05 €", "129.00 €"]
        );
    }
}
