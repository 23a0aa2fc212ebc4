//! The steps of the shop by name.

use serde::Deserialize;

macro_rules! operations {
    ($($name:literal $variant:ident: $doc:literal,)*) => {
        /// A step as the shop names it: in fault files, and in the ledger's counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $(#[doc = $doc] $variant,)*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &[Operation] = &[$(Operation::$variant,)*];

            /// The name in fault files and in the ledger.
            pub const fn name(self) -> &'static str {
                match self { $(Operation::$variant => $name,)* }
            }
        }
    };
}

operations! {
    "home" Home: "The shop's front page.",
    "categories" Categories: "The list of categories.",
    "products" Products: "A list of products: all, or a category's.",
    "search" Search: "A search.",
    "product" Product: "A product.",
    "reviews" Reviews: "What customers say of a product.",
    "cart" Cart: "The cart, looked at.",
    "add" Add: "Something put into the cart.",
    "remove" Remove: "Something taken out of the cart.",
    "voucher" Voucher: "A voucher redeemed.",
    "login-page" LoginPage: "The form to log in with.",
    "login" Login: "A login.",
    "checkout" Checkout: "The pages of the checkout, looked at.",
    "guest" Guest: "A checkout without an account.",
    "address" Address: "Where to send it.",
    "shipping-methods" ShippingMethods: "The ways to send it.",
    "shipping" Shipping: "How to send it, or where to collect it.",
    "pay" Pay: "The payment, which places the order.",
    "come-back" ComeBack: "Coming back from the payment provider, which places the order.",
    "order" Order: "An order and its state: the confirmation.",
    "receipt" Receipt: "An order's receipt.",
    "return" Return: "Something sent back.",
    "refund" Refund: "The state of a refund.",
    "faq" Faq: "Answers to common questions.",
    "stores" Stores: "The list of stores.",
    "availability" Availability: "Whether a store has a product.",
    "help" Help: "The help page.",
    "ask" Ask: "A question to the help desk.",
    "answer" HelpAnswer: "The help desk's answer, if it is there.",
    "asset" Asset: "A style sheet or picture.",
}

// === impl Operation ===

impl Operation {
    /// The place in `ALL`.
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// The step of this name.
    ///
    /// # Errors
    /// Where there is none: the text names the nearest.
    pub fn from_name(name: &str) -> Result<Operation, String> {
        Operation::ALL.iter().copied().find(|step| step.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Operation::ALL.iter().map(|step| step.name()).collect();
            match names.iter().max_by(|a, b| {
                strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name))
            }) {
                Some(near) if strsim::jaro_winkler(near, name) > 0.75 => {
                    format!("the shop has no step '{name}': did you mean '{near}'?")
                }
                _ => format!(
                    "the shop has no step '{name}': write '*' or one of {}",
                    names.join(", ")
                ),
            }
        })
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Operation, D::Error> {
        Operation::from_name(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
