//! Which files a page is made of, as a browser without a window would want them.
//!
//! Images (`src`, else the first of `srcset`; in a `picture` the first source that says nothing of screens), scripts,
//! styles, icon and preloads. Not what a browser leaves for later or never takes: lazy images, scripts for old browsers,
//! what stands in `noscript` and `template`; nor what only styles and scripts know.

use std::cell::RefCell;
use std::rc::Rc;

use lol_html::html_content::Element;

use crate::base::read_html;
use lol_html::{Settings, element, end_tag};
use url::Url;

/// A page has no more files than that, whatever it says.
const MOST: usize = 1_000;

/// What a file is to its page. In the order in which browsers want them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AssetKind {
    Style,
    Script,
    Font,
    Image,
    Other,
}

/// A file that a page names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asset {
    pub(super) kind: AssetKind,
    pub(super) url: Url,
}

#[derive(Default)]
struct AssetReader {
    base: Option<String>,
    found: Vec<(AssetKind, String)>,
    has_icon: bool,
    /// Templates that are open: what stands in them is not on the page.
    inert: usize,
    /// Inside a `picture`: what its image is, where a source says so.
    picture: Option<Option<String>>,
}

/// The files of the page at `url`, each once, those that a browser wants first first.
pub(super) fn assets(html: &[u8], url: &Url) -> Vec<Asset> {
    let reader = Rc::new(RefCell::new(AssetReader::default()));
    let on = |handle: fn(&mut AssetReader, &Element<'_, '_>)| {
        let reader = Rc::clone(&reader);
        move |element: &mut Element<'_, '_>| {
            handle(&mut reader.borrow_mut(), element);
            Ok(())
        }
    };
    let around = |begin: fn(&mut AssetReader), end: fn(&mut AssetReader)| {
        let reader = Rc::clone(&reader);
        move |element: &mut Element<'_, '_>| {
            begin(&mut reader.borrow_mut());
            let reader = Rc::clone(&reader);
            // An element without an end tag has nothing to end.
            let _ = element.on_end_tag(end_tag!(move |_| {
                end(&mut reader.borrow_mut());
                Ok(())
            }));
            Ok(())
        }
    };
    let settings = Settings::new()
        .append_element_content_handler(element!("base[href]", on(AssetReader::base)))
        .append_element_content_handler(element!(
            "template",
            around(|reader| reader.inert += 1, AssetReader::end_of_template)
        ))
        .append_element_content_handler(element!(
            "picture",
            around(|reader| reader.picture = Some(None), |reader| reader.picture = None)
        ))
        .append_element_content_handler(element!(
            "picture > source[srcset]",
            on(AssetReader::source)
        ))
        .append_element_content_handler(element!("link[href]", on(AssetReader::link)))
        .append_element_content_handler(element!("script[src]", on(AssetReader::script)))
        .append_element_content_handler(element!("img", on(AssetReader::image)))
        .append_element_content_handler(element!(
            "input[type=image i][src]",
            on(AssetReader::image)
        ));
    read_html(html, settings);
    reader.take().finish(url)
}

// === impl AssetReader ===

impl AssetReader {
    fn base(&mut self, element: &Element<'_, '_>) {
        let base = attribute(element, "href");
        self.base = self.base.take().or(base);
    }

    fn end_of_template(&mut self) {
        self.inert = self.inert.saturating_sub(1);
    }

    fn add(&mut self, kind: AssetKind, address: Option<String>) {
        let address = address.filter(|address| !address.trim().is_empty());
        if let (0, Some(address)) = (self.inert, address)
            && self.found.len() < MOST
        {
            self.found.push((kind, address));
        }
    }

    fn source(&mut self, element: &Element<'_, '_>) {
        let readable = attribute(element, "type").is_none_or(|kind| {
            let kind = kind.to_ascii_lowercase();
            ["image/avif", "image/webp", "image/png", "image/jpeg", "image/gif", "image/svg+xml"]
                .contains(&kind.trim())
        });
        // Which screens a source is for can't be told without one.
        if let (Some(chosen @ None), true, false) =
            (&mut self.picture, readable, element.has_attribute("media"))
        {
            *chosen = attribute(element, "srcset").as_deref().and_then(first_of);
        }
    }

    fn image(&mut self, element: &Element<'_, '_>) {
        if attribute(element, "loading").is_some_and(|when| when.eq_ignore_ascii_case("lazy")) {
            return;
        }
        let chosen = self.picture.as_mut().and_then(Option::take);
        let own = || {
            attribute(element, "src")
                .or_else(|| attribute(element, "srcset").as_deref().and_then(first_of))
        };
        self.add(AssetKind::Image, chosen.or_else(own));
    }

    fn script(&mut self, element: &Element<'_, '_>) {
        let kind = attribute(element, "type").unwrap_or_default().to_ascii_lowercase();
        let runs = kind.is_empty()
            || kind == "module"
            || kind.ends_with("javascript")
            || kind.ends_with("ecmascript");
        if runs && !element.has_attribute("nomodule") {
            self.add(AssetKind::Script, attribute(element, "src"));
        }
    }

    fn link(&mut self, element: &Element<'_, '_>) {
        let words = attribute(element, "rel").unwrap_or_default().to_ascii_lowercase();
        let is = |word: &str| words.split_ascii_whitespace().any(|known| known == word);
        let kind = if is("stylesheet") && !is("alternate") && !element.has_attribute("disabled") {
            AssetKind::Style
        } else if is("modulepreload") {
            AssetKind::Script
        } else if is("preload") {
            match attribute(element, "as").unwrap_or_default().to_ascii_lowercase().as_str() {
                "style" => AssetKind::Style,
                "script" => AssetKind::Script,
                "font" => AssetKind::Font,
                "image" => AssetKind::Image,
                _ => AssetKind::Other,
            }
        } else if is("icon") && self.inert == 0 && !std::mem::replace(&mut self.has_icon, true) {
            // Of several, a browser shows one.
            AssetKind::Image
        } else {
            return;
        };
        self.add(kind, attribute(element, "href"));
    }

    fn finish(self, page: &Url) -> Vec<Asset> {
        let base = self.base.and_then(|base| page.join(&base).ok());
        let base = base.as_ref().unwrap_or(page);
        let mut assets: Vec<Asset> = Vec::with_capacity(self.found.len());
        let mut known = std::collections::HashSet::new();
        for (kind, address) in self.found {
            let Ok(mut url) = base.join(address.trim()) else { continue };
            url.set_fragment(None);
            // What is written out in the page itself (data:) needs no request.
            if matches!(url.scheme(), "http" | "https") && known.insert(url.clone()) {
                assets.push(Asset { kind, url });
            }
        }
        assets.sort_by_key(|asset| asset.kind);
        assets
    }
}

/// The first address of a `srcset`. A comma ends it only where white space, or nothing, follows.
fn first_of(srcset: &str) -> Option<String> {
    let first =
        srcset.trim_start_matches([',', ' ', '\t', '\n', '\r']).split_ascii_whitespace().next()?;
    let first = first.trim_end_matches(',');
    (!first.is_empty()).then(|| first.to_owned())
}

/// An attribute, decoded.
fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|value| html_escape::decode_html_entities(&value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> String {
        let page = Url::parse("https://shop.example/catalogue/lamp").unwrap();
        let line = |asset: &Asset| format!("{:?} {}", asset.kind, asset.url);
        assets(html.as_bytes(), &page).iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_page_s_files_are_found_in_the_order_a_browser_wants_them() {
        let html = r#"<head><link rel="shortcut icon" href="/icon.svg"><link rel=icon href=/icon-32.png>
            <script src="app.js?a=1&amp;b=2" defer></script><link rel=StyleSheet href=/css/shop.css>
            <link rel=preload as=font href=/f.woff2 crossorigin><link rel=canonical href=/lamp></head>
            <img src=lamp.jpg#top srcset="lamp-2x.jpg 2x"><img srcset="/a.webp 480w, /b.webp 800w"><img src=lamp.jpg>
            <input type=IMAGE src=//cdn.example/go.png>"#;
        insta::assert_snapshot!(found(html), @r"
        Style https://shop.example/css/shop.css
        Script https://shop.example/catalogue/app.js?a=1&b=2
        Font https://shop.example/f.woff2
        Image https://shop.example/icon.svg
        Image https://shop.example/catalogue/lamp.jpg
        Image https://shop.example/a.webp
        Image https://cdn.example/go.png
        ");
    }

    #[test]
    fn what_a_browser_does_not_fetch_is_left_out() {
        let html = r#"<base href="/static/"><template><img src=in-template.png></template><noscript><img src=pixel.gif></noscript>
            <img src=later.jpg loading=lazy><img src="data:image/png;base64,AAAA"><img src=""><img>
            <script nomodule src=old.js></script><script type="application/ld+json" src=x.json></script><script>1</script>
            <link rel="alternate stylesheet" href=dark.css><link rel=prefetch href=/next><!-- <img src=comment.png> -->
            <img src=one.png>"#;
        assert_eq!(found(html), "Image https://shop.example/static/one.png");
    }

    #[test]
    fn a_picture_is_one_file() {
        let html = r#"<picture><source media="(min-width: 900px)" srcset=/wide.avif><source type=image/jxl srcset=/lamp.jxl>
            <source type=image/webp srcset="/lamp.webp 1x, /lamp2.webp 2x"><source srcset=/lamp.gif><img src=/lamp.jpg></picture>
            <picture><source media=print srcset=/print.png><img src=/plain.jpg></picture><img src=/after.jpg>"#;
        assert_eq!(
            found(html),
            "Image https://shop.example/lamp.webp\nImage https://shop.example/plain.jpg\nImage https://shop.example/after.jpg"
        );
    }
}
