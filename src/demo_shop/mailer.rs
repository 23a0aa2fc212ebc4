//! Receipts by SMTP (RFC 5321), one after the other, to a sink on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long the sink may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends mail, if there is somewhere to send it.
#[derive(Debug, Default)]
pub(super) struct Mailer(Option<Sender<Receipt>>);

#[derive(Debug)]
struct Receipt {
    order: String,
    email: String,
}

// === impl Mailer ===

impl Mailer {
    /// Sends to this address, from a thread that ends with the mailer.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn to(sink: Option<SocketAddr>) -> std::io::Result<Mailer> {
        let Some(sink) = sink else { return Ok(Mailer::default()) };
        let (sender, receipts) = channel();
        std::thread::Builder::new()
            .name("mailer".into())
            .spawn(move || send_all(sink, receipts))?;
        Ok(Mailer(Some(sender)))
    }

    /// Sends the receipt of an order.
    pub(super) fn receipt(&self, order: &str, email: &str) {
        if let Some(sender) = &self.0 {
            let _ = sender.send(Receipt { order: order.to_owned(), email: email.to_owned() });
        }
    }
}

fn send_all(sink: SocketAddr, receipts: Receiver<Receipt>) {
    for receipt in receipts {
        if let Err(error) = send(sink, &receipt) {
            // As a shop's log would have it: nobody who buys is told.
            eprintln!("practice shop: the receipt of {} was not sent: {error}", receipt.order);
        }
    }
}

fn send(sink: SocketAddr, Receipt { order, email }: &Receipt) -> std::io::Result<()> {
    let stream = TcpStream::connect_timeout(&sink, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    expect(&mut answers, "220")?;
    let body = format!(
        "From: shop@example.com\r\nTo: {email}\r\nSubject: Your order {order}\r\n\r\nThank you for your order {order}.\r\n.\r\n"
    );
    for (line, code) in [
        ("EHLO shop.example\r\n".to_owned(), "250"),
        ("MAIL FROM:<shop@example.com>\r\n".to_owned(), "250"),
        (format!("RCPT TO:<{email}>\r\n"), "250"),
        ("DATA\r\n".to_owned(), "354"),
        (body, "250"),
        ("QUIT\r\n".to_owned(), "221"),
    ] {
        stream.write_all(line.as_bytes())?;
        expect(&mut answers, code)?;
    }
    Ok(())
}

fn expect(answers: &mut impl BufRead, code: &str) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        answers.read_line(&mut line)?;
        if !line.starts_with(code) {
            return Err(std::io::Error::other(format!("'{}' instead of {code}", line.trim())));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
