//! Looking around: the front page, lists, products, reviews.

use std::fmt::Write;

use serde::Serialize;
use serde_json::json;

use crate::demo_shop::answer::{Answer, Rejection};
use crate::demo_shop::catalog::{CATEGORIES, Product, Summary, review_of};
use crate::demo_shop::pages::{self, HtmlText, PriceText};
use crate::demo_shop::request::ShopRequest;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:auto;padding:0 1rem}header{display:flex;gap:1rem;flex-wrap:wrap}\
.products{display:grid;grid-template-columns:repeat(auto-fill,minmax(10rem,1fr));list-style:none;padding:0}.products img{width:100%}\
.price{font-weight:bold}.alert{padding:.5rem 1rem;border-radius:4px}.alert-danger{background:#fdd}label{display:block}";

#[derive(Serialize)]
struct Home<'a> {
    categories: Vec<Category>,
    featured: Vec<&'a Summary>,
}

#[derive(Serialize)]
struct Category {
    id: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct List<'a> {
    count: usize,
    products: Vec<&'a Summary>,
}

#[derive(Serialize)]
struct ProductView<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    description: &'a str,
    in_stock: bool,
    stock: u32,
}

pub(in crate::demo_shop) fn home(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let featured: Vec<&Summary> =
        request.shop.catalogue.list(None).into_iter().step_by(3).collect();
    let page = pages::product_list(&featured);
    let data = Home { categories: all_categories(), featured };
    request.show(&data, "Gifts that arrive", |_| {
        format!("<p>Order until noon, and it leaves today.</p>\n{page}")
    })
}

pub(in crate::demo_shop) fn categories(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    request.show(&json!({ "categories": all_categories() }), "Categories", |_| {
        let link = |(id, name): &(&str, &str)| {
            format!("<li><a href=\"/categories/{id}\">{name}</a></li>\n")
        };
        format!("<ul>{}</ul>", CATEGORIES.iter().map(link).collect::<String>())
    })
}

pub(in crate::demo_shop) fn products(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let category = request.fields.get("category");
    let title = match category {
        None => "All products",
        Some(wanted) => {
            CATEGORIES
                .iter()
                .find(|(id, _)| *id == wanted)
                .ok_or_else(|| Rejection::not_found("such category"))?
                .1
        }
    };
    let products = request.shop.catalogue.list(category);
    list(request, title, products)
}

pub(in crate::demo_shop) fn search(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let query = request.fields.get("q").unwrap_or_default();
    let products = request.shop.catalogue.search(query);
    list(request, &format!("Results for '{query}'"), products)
}

pub(in crate::demo_shop) fn product(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let product = find(request)?;
    let Product { summary, description, .. } = product;
    let stock = product.units_left();
    let view = ProductView { summary, description, in_stock: stock > 0, stock };
    request.show(&view, summary.name, |request| {
        let Summary { sku, price, .. } = summary;
        let buy = if stock == 0 {
            "<p id=\"sold-out\">Sold out. Leave us your address, and we write to you when it is back.</p>\n".to_owned()
        } else {
            let fields = format!("<input type=\"hidden\" name=\"sku\" value=\"{sku}\">\n<input name=\"quantity\" value=\"1\" size=\"2\">");
            pages::form(&request.session.csrf, "add-to-cart", "/cart", &fields, "Add to cart")
        };
        format!(
            "<img src=\"/assets/{sku}.svg\" alt=\"\">\n<p>{description}</p>\n<p class=\"price\" data-cents=\"{price}\">{}</p>\n{buy}\
             <p><a href=\"/products/{sku}/reviews\">What customers say</a></p>\n",
            PriceText(*price)
        )
    })
}

pub(in crate::demo_shop) fn reviews(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let product = find(request)?;
    let reviews: Vec<_> = (0..3).map(|i| review_of(product, i)).collect();
    let data: Vec<_> = reviews
        .iter()
        .map(|(author, stars, text)| json!({ "author": author, "stars": stars, "text": text }))
        .collect();
    request.show(
        &json!({ "sku": product.summary.sku, "reviews": data }),
        "What customers say",
        |_| {
            let mut page = String::from("<ul class=\"reviews\">\n");
            for (author, stars, text) in reviews {
                let _ = writeln!(
                    page,
                    "<li><strong>{author}</strong>, {stars} of 5: {}</li>",
                    HtmlText(text)
                );
            }
            page.push_str("</ul>\n");
            page
        },
    )
}

/// The style sheet, and a picture for every product.
pub(in crate::demo_shop) fn asset(request: &mut ShopRequest<'_>) -> Result<Answer, Rejection> {
    let file = request.fields.get("file").unwrap_or_default();
    if file == "shop.css" {
        return Ok(Answer::File { kind: "text/css", body: STYLE.into() });
    }
    let product = file
        .strip_suffix(".svg")
        .and_then(|sku| request.shop.catalogue.find(sku))
        .ok_or_else(|| Rejection::not_found("such file"))?;
    let hue = product.summary.price / 10 % 360;
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 160 120\"><rect width=\"160\" height=\"120\" fill=\"hsl({hue} 45% 80%)\"/>\
         <text x=\"80\" y=\"64\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"12\">{}</text></svg>",
        HtmlText(product.summary.name)
    );
    Ok(Answer::File { kind: "image/svg+xml", body: picture.into() })
}

/// The product that the request names.
pub(super) fn find<'s>(request: &ShopRequest<'s>) -> Result<&'s Product, Rejection> {
    request
        .fields
        .get("sku")
        .and_then(|sku| request.shop.catalogue.find(sku))
        .ok_or_else(|| Rejection::not_found("such product"))
}

fn list(
    request: &mut ShopRequest<'_>,
    title: &str,
    products: Vec<&Summary>,
) -> Result<Answer, Rejection> {
    let data = List { count: products.len(), products };
    request.show(&data, title, |_| match data.count {
        0 => "<p>Nothing found.</p>\n".to_owned(),
        _ => pages::product_list(&data.products),
    })
}

fn all_categories() -> Vec<Category> {
    CATEGORIES.iter().map(|&(id, name)| Category { id, name }).collect()
}
