//! What a shopper's browser keeps of files from page to page: those it has, and the connections to fetch more.

use std::rc::Rc;

use url::Url;

use super::cache::AssetCache;
use crate::shopper::transport::Origin;

/// What a shopper's browser has for files: those it keeps, and the connections that it fetches them over.
pub(crate) struct AssetLoader<L> {
    pub(super) cache: AssetCache,
    pub(super) lanes: Vec<(Rc<Origin>, Vec<L>)>,
}

// === impl AssetLoader ===

impl<L> Default for AssetLoader<L> {
    fn default() -> AssetLoader<L> {
        AssetLoader::new(AssetCache::default())
    }
}

impl<L> AssetLoader<L> {
    /// A browser that keeps these files, and has no connection open.
    pub(crate) fn new(cache: AssetCache) -> AssetLoader<L> {
        AssetLoader { cache, lanes: Vec::new() }
    }

    /// Closes its connections, and keeps its files.
    pub(crate) fn disconnect(&mut self) {
        self.lanes.clear();
    }

    /// Forgets the files of the origin of `url`.
    pub(crate) fn forget(&mut self, url: &Url) {
        self.cache.forget(url);
    }

    /// The files that it keeps.
    pub(crate) fn into_cache(self) -> AssetCache {
        self.cache
    }
}
