//! One open connection to a shop, in whichever version of HTTP was agreed on.

use std::rc::Rc;

use super::Origin;
use super::http1::Http1;
use super::http2::Http2;

/// An open connection to an origin.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) origin: Rc<Origin>,
    pub(super) speaks: Speaks,
}

/// The version of HTTP that a connection speaks.
#[derive(Debug)]
pub(super) enum Speaks {
    Http1(Http1),
    Http2(Http2),
}

/// A connection that is cut when dropped, unless it was kept: given up on before its answer ends, nobody may use it again.
pub(super) struct AbortOnDrop(Option<Connection>);

// === impl Connection ===

impl Connection {
    /// Whether it takes another request; waits where that is not known yet.
    pub(super) async fn is_usable(&mut self) -> bool {
        match &mut self.speaks {
            Speaks::Http1(http1) => http1.is_usable(),
            Speaks::Http2(http2) => http2.ready().await,
        }
    }

    /// Whether the shop is known to have closed it.
    pub(super) fn is_closed(&mut self) -> bool {
        match &mut self.speaks {
            Speaks::Http1(http1) => !http1.is_usable(),
            Speaks::Http2(http2) => http2.is_closed(),
        }
    }

    /// The same connection, where it carries several requests at once.
    pub(super) fn share(&self) -> Option<Connection> {
        match &self.speaks {
            Speaks::Http1(_) => None,
            Speaks::Http2(http2) => Some(Connection {
                origin: self.origin.clone(),
                speaks: Speaks::Http2(http2.clone()),
            }),
        }
    }

    /// Whether another line has it as well.
    pub(super) fn is_shared(&self) -> bool {
        match &self.speaks {
            Speaks::Http1(_) => false,
            Speaks::Http2(http2) => http2.is_shared(),
        }
    }

    /// Closes it in good order while nothing is under way.
    pub(super) fn close(self) {
        match self.speaks {
            Speaks::Http1(http1) => http1.close(),
            // hyper says goodbye once nobody holds it.
            Speaks::Http2(http2) => drop(http2),
        }
    }

    /// Cuts it, whatever is under way.
    fn abort(self) {
        match self.speaks {
            Speaks::Http1(http1) => drop(http1),
            Speaks::Http2(http2) => http2.abort(),
        }
    }
}

// === impl AbortOnDrop ===

impl AbortOnDrop {
    pub(super) fn new(connection: Connection) -> AbortOnDrop {
        AbortOnDrop(Some(connection))
    }

    pub(super) fn get(&mut self) -> &mut Connection {
        self.0
            .as_mut()
            .expect("the connection is there until it is kept, which ends this guard's use")
    }

    pub(super) fn keep(&mut self) -> Option<Connection> {
        self.0.take()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.abort();
        }
    }
}
