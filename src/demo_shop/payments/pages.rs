//! The pages of the provider.

/// The code that the customer's bank sends to every customer.
pub(super) const CODE: &str = "123456";

/// The form for a card.
pub(super) fn card(id: u64, total: u64, alert: Option<&str>) -> String {
    let alert = alert.map(|alert| format!("<p class=\"alert\">{alert}</p>\n")).unwrap_or_default();
    let (whole, cents) = (total / 100, total % 100);
    page(&format!(
        "<h1>Pay {whole}.{cents:02} EUR</h1>\n{alert}<form id=\"card\" method=\"post\" action=\"/pay/{id}\">\n\
         <label>Number <input name=\"card_number\" autocomplete=\"cc-number\"></label>\n\
         <button>Pay</button>\n</form>"
    ))
}

/// The form for the code of the customer's bank.
pub(super) fn challenge(id: u64) -> String {
    page(&format!(
        "<h1>Is it you?</h1>\n<form id=\"challenge\" method=\"post\" action=\"/3ds/{id}\">\n\
         <label>Code <input name=\"code\" autocomplete=\"one-time-code\"></label>\n\
         <button>Confirm</button>\n</form>"
    ))
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Payment</title></head>\n<body>\n{body}\n</body></html>\n"
    )
}
