//! The catalogue: a few shelves of a gift shop, and one scarce article for launches.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;

/// The currency of every price.
pub(in crate::demo_shop) const CURRENCY: &str = "EUR";

/// The categories: the name in addresses, and the name on pages.
pub(in crate::demo_shop) const CATEGORIES: &[(&str, &str)] = &[
    ("audio", "Audio"),
    ("home", "Home"),
    ("kitchen", "Kitchen"),
    ("toys", "Toys"),
    ("outdoor", "Outdoor"),
    ("gaming", "Gaming"),
];

/// Units of an ordinary product: enough for a long test, yet counted.
const PLENTY: u32 = 1_000_000;
/// Units of the launch article.
const SCARCE: u32 = 250;

/// A product on the shelf.
pub(in crate::demo_shop) struct Product {
    pub(in crate::demo_shop) summary: Summary,
    pub(in crate::demo_shop) description: &'static str,
    /// What a search looks through, in lower case.
    words: String,
    opening_stock: u32,
    stock: AtomicU32,
}

/// What a list shows of a product.
#[derive(Clone, Debug, Serialize)]
pub(in crate::demo_shop) struct Summary {
    pub(in crate::demo_shop) sku: String,
    pub(in crate::demo_shop) name: &'static str,
    pub(in crate::demo_shop) category: &'static str,
    /// In cents.
    pub(in crate::demo_shop) price: u64,
    pub(in crate::demo_shop) currency: &'static str,
}

/// All products.
pub(in crate::demo_shop) struct Catalogue {
    products: Vec<Product>,
    by_sku: std::collections::HashMap<String, usize>,
}

/// Name, category, cents, description. The place in the list, from 1, makes the article number `sku-1`, ...
const GOODS: &[(&str, &str, u64, &str)] = &[
    ("Wireless headphones", "audio", 12_900, "Over the ear, thirty hours on one charge."),
    ("Pocket speaker", "audio", 4_990, "Rain does not stop it; nor do neighbours."),
    ("Turntable", "audio", 24_900, "Belt drive, two speeds, no app."),
    ("Kitchen radio", "audio", 5_990, "One knob for the station, one for the volume."),
    ("Wool blanket", "home", 7_950, "Woven in a mill that is older than the railway."),
    ("Desk lamp", "home", 6_450, "Warm in the evening, cool in the morning."),
    ("Scented candle", "home", 2_400, "Fir and orange, burns for forty hours."),
    ("Wall clock", "home", 3_990, "Silent, thirty centimetres, oak rim."),
    ("Chef's knife", "kitchen", 8_900, "Twenty centimetres of carbon steel."),
    ("Espresso pot", "kitchen", 3_450, "For three small cups, on any hob."),
    ("Cast-iron pan", "kitchen", 5_450, "Heavy, seasoned, everlasting."),
    ("Tea set", "kitchen", 6_900, "A pot and four cups, glazed by hand."),
    ("Wooden railway", "toys", 4_490, "Thirty pieces of beech, one bridge."),
    ("Jigsaw, 1000 pieces", "toys", 1_890, "A harbour in winter."),
    ("Plush bear", "toys", 2_990, "Machine washable, and will need it."),
    ("Chess set", "toys", 3_690, "Folding board, felted pieces."),
    ("Down jacket", "outdoor", 18_900, "Packs down to the size of a loaf."),
    ("Trekking poles", "outdoor", 7_490, "A pair, carbon, adjustable."),
    ("Vacuum flask", "outdoor", 3_290, "Hot for a day, cold for two."),
    ("Head torch", "outdoor", 4_290, "Four hundred lumens and a red light."),
    ("Game controller", "gaming", 6_490, "Wireless, with a clicking thumb stick."),
    ("Racing wheel", "gaming", 29_900, "Two pedals, force feedback."),
    ("Board game", "gaming", 3_990, "Two to five players, an hour."),
    ("Gift card", "gaming", 5_000, "For those who have everything."),
];

/// What customers say, under their first names. Reviews are dealt out by article number.
const REVIEWS: &[(&str, u8, &str)] = &[
    ("Amelie", 5, "Bought one for myself after giving one away."),
    ("Bruno", 4, "As described. The box was larger than needed."),
    ("Chidi", 5, "Arrived the day before Christmas. Saved me."),
    ("Dana", 2, "Good, but the colour is not that of the picture."),
    ("Emil", 4, "Does what it should, and quietly."),
    ("Farah", 3, "Fine for the price."),
    ("Greta", 5, "My father uses it every day."),
];

// === impl Catalogue ===

impl Catalogue {
    /// The shelves as they are at opening; `stock` replaces the units of the products it names.
    ///
    /// # Errors
    /// The first article number in `stock` that the shop doesn't have.
    pub(in crate::demo_shop) fn open(stock: &BTreeMap<String, u32>) -> Result<Catalogue, String> {
        let ordinary =
            GOODS.iter().enumerate().map(|(i, goods)| (format!("sku-{}", i + 1), goods, PLENTY));
        let scarce = (
            "flash-console".to_owned(),
            &("Console, launch edition", "gaming", 49_900, "One per shelf, while there are any."),
            SCARCE,
        );
        let products: Vec<Product> = ordinary
            .chain([scarce])
            .map(|(sku, &(name, category, price, description), units)| {
                let units = stock.get(&sku).copied().unwrap_or(units);
                let words = format!("{name} {category} {description}").to_lowercase();
                let summary = Summary { sku, name, category, price, currency: CURRENCY };
                Product {
                    summary,
                    description,
                    words,
                    opening_stock: units,
                    stock: AtomicU32::new(units),
                }
            })
            .collect();
        let by_sku: std::collections::HashMap<_, _> = products
            .iter()
            .enumerate()
            .map(|(i, product)| (product.summary.sku.clone(), i))
            .collect();
        match stock.keys().find(|sku| !by_sku.contains_key(*sku)) {
            Some(unknown) => Err(unknown.clone()),
            None => Ok(Catalogue { products, by_sku }),
        }
    }

    pub(in crate::demo_shop) fn find(&self, sku: &str) -> Option<&Product> {
        self.by_sku.get(sku).map(|&i| &self.products[i])
    }

    /// All products, or those of a category.
    pub(in crate::demo_shop) fn list(&self, category: Option<&str>) -> Vec<&Summary> {
        self.products
            .iter()
            .map(|product| &product.summary)
            .filter(|summary| category.is_none_or(|wanted| summary.category == wanted))
            .collect()
    }

    /// The products that have every word of the query.
    pub(in crate::demo_shop) fn search(&self, query: &str) -> Vec<&Summary> {
        let query = query.to_lowercase();
        let found =
            |product: &&Product| query.split_whitespace().all(|word| product.words.contains(word));
        self.products.iter().filter(found).map(|product| &product.summary).collect()
    }

    /// Takes the units of every line, or of none.
    ///
    /// # Errors
    /// The first product of which there are too few.
    pub(in crate::demo_shop) fn take<'l>(
        &self,
        lines: impl Iterator<Item = (&'l str, u32)> + Clone,
    ) -> Result<(), &Product> {
        for (i, (sku, units)) in lines.clone().enumerate() {
            let Some(product) = self.find(sku) else { continue };
            let taken = product.stock.fetch_update(Ordering::AcqRel, Ordering::Acquire, |stock| {
                stock.checked_sub(units)
            });
            if taken.is_err() {
                self.put_back(lines.take(i));
                return Err(product);
            }
        }
        Ok(())
    }

    /// Puts units back on the shelf.
    pub(in crate::demo_shop) fn put_back<'l>(&self, lines: impl Iterator<Item = (&'l str, u32)>) {
        for (sku, units) in lines {
            if let Some(product) = self.find(sku) {
                product.stock.fetch_add(units, Ordering::AcqRel);
            }
        }
    }

    /// Fills the shelves as they were at opening.
    pub(in crate::demo_shop) fn restock(&self) {
        self.products
            .iter()
            .for_each(|product| product.stock.store(product.opening_stock, Ordering::Release));
    }

    /// Units left, by article number.
    pub(in crate::demo_shop) fn stock(&self) -> BTreeMap<String, u32> {
        self.products
            .iter()
            .map(|product| (product.summary.sku.clone(), product.units_left()))
            .collect()
    }
}

// === impl Product ===

impl Product {
    pub(in crate::demo_shop) fn units_left(&self) -> u32 {
        self.stock.load(Ordering::Acquire)
    }
}

/// The `i`-th review of a product: name, stars, text.
pub(in crate::demo_shop) fn review_of(
    product: &Product,
    i: usize,
) -> (&'static str, u8, &'static str) {
    REVIEWS[(product.words.len() + 3 * i) % REVIEWS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(stock: &[(&str, u32)]) -> Catalogue {
        Catalogue::open(&stock.iter().map(|(sku, units)| ((*sku).to_owned(), *units)).collect())
            .unwrap()
    }

    #[test]
    fn a_basket_is_taken_whole_or_not_at_all() {
        let catalogue = catalogue(&[("sku-1", 5), ("sku-2", 1)]);
        assert!(catalogue.take([("sku-1", 2), ("sku-2", 1)].into_iter()).is_ok());
        let missing = catalogue.take([("sku-1", 2), ("sku-2", 1)].into_iter()).err().unwrap();
        assert_eq!(missing.summary.sku, "sku-2");
        assert_eq!((catalogue.stock()["sku-1"], catalogue.stock()["sku-2"]), (3, 0));
        catalogue.restock();
        assert_eq!(catalogue.stock()["sku-1"], 5);
    }

    #[test]
    fn a_search_finds_the_products_with_all_words() {
        let catalogue = catalogue(&[]);
        let found: Vec<&str> =
            catalogue.search("BOARD pieces").iter().map(|product| product.name).collect();
        assert_eq!(found, ["Chess set"]);
        assert!(catalogue.search("zeppelin").is_empty());
        assert_eq!(catalogue.list(Some("audio")).len(), 4);
    }

    #[test]
    fn stock_can_only_be_set_for_products_that_exist() {
        assert_eq!(
            Catalogue::open(&BTreeMap::from([("sku-99".to_owned(), 1)])).err(),
            Some("sku-99".to_owned())
        );
    }
}
